/** The catalogue's entries of every provider, for what renders environments. */
import { loadCatalogue } from "../../src/catalog/models.ts";
import { providers } from "../../src/catalog/providers.ts";

/** All of it. */
export const catalogue = await loadCatalogue(Object.keys(providers));
