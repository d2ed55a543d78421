/** What this version knows without a gateway, in the form that readers of a gateway's list take. */
import type { Known } from "../gateway/listed.ts";
import { loadCatalogue } from "./models.ts";
import { isWithin, proposedUntil, toldFrom } from "./notice.ts";
import { providers, refusalOf } from "./providers.ts";
import { endOf } from "./retirements.ts";

/** All providers with the whole catalogue. Most runs do not need it. `today` is YYYY-MM-DD. */
export async function loadAllProviders(today: string): Promise<Known> {
  return {
    providers,
    catalogue: await loadCatalogue(Object.keys(providers)),
    refuses: (id) => refusalOf(id) !== null,
    endOf: (id, api, model) => {
      const found = endOf({ id, api }, model);
      if (found === null) return null;
      const { ends: on, replacement } = found;
      return { on, replacement, isTold: isWithin(on, today, toldFrom), isNear: isWithin(on, today, proposedUntil) };
    },
  };
}
