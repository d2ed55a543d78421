/** How the gateway appears in OpenCode, as data. */
import type { Choice, Style } from "../questions/types.ts";

/** All styles. */
export const styles: readonly (Choice & { readonly value: Style })[] = [
  { value: "separate", label: "separate", hint: "each provider separately, with all models of the catalogue" },
  { value: "compact", label: "compact", hint: "one provider, aperture, with only the named models" },
];
