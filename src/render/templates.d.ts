/** The compiled templates, made by `src/scripts/templates.mjs` when building and testing. */
declare module "virtual:templates" {
  type Programs = Readonly<Record<string, import("./program.ts").Program>>;
  /** Templates by the path of the target, this path among them, and the partials that they use. */
  export const programs: (path: string) => { readonly templates: Programs; readonly partials: Programs };
}
/** The doctor's bundles as texts, made by `src/scripts/doctor.mjs` when building and testing: the whole one, and those of images that start no node. And the sha256 of the whole one. */
declare module "virtual:doctor" {
  export const whole: string;
  export const given: string;
  export const network: string;
  export const wholeSum: string;
}
/** The JSON schema of the spec as text, made by `src/scripts/schema.mjs` when building and testing. */
declare module "virtual:spec-schema" {
  export const text: string;
}
