/** What this version knows without a gateway, as what reads a gateway's list needs it. */
import type { Known } from "../gateway/listed.ts";
import { loadCatalogue } from "./models.ts";
import { providers, refusalOf } from "./providers.ts";

/** All providers with the whole catalogue, which most runs have no need of. */
export async function loadAllProviders(): Promise<Known> {
  return { providers, catalogue: await loadCatalogue(Object.keys(providers)), refuses: (id) => refusalOf(id) !== null };
}
