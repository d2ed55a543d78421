/** What lies in a repository at the paths of a plan, as values. */

/** What lies at a path: its text, nothing, or something that is not a text file of this repository. */
export type Found =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "nothing" }
  | { readonly kind: "other"; readonly what: string };

/** The state of the repository at the planned paths. */
export type Snapshot = ReadonlyMap<string, Found>;
