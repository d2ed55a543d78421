/** The compiled templates, made by `src/scripts/templates.mjs` when building and testing. */
declare module "virtual:templates" {
  type Programs = Readonly<Record<string, import("./program.ts").Program>>;
  export const programs: () => { readonly templates: Programs; readonly partials: Programs };
}
/** The doctor's bundles as texts, made by `src/scripts/doctor.mjs` when building and testing: the whole one, and that of an image that is no node. */
declare module "virtual:doctor" {
  export const text: string;
  export const networkText: string;
}
/** The JSON schema of the spec as text, made by `src/scripts/schema.mjs` when building and testing. */
declare module "virtual:spec-schema" {
  export const text: string;
}
