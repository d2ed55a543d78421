/** The precompiled templates, made by `src/scripts/templates.mjs` when building and testing. */
declare module "virtual:templates" {
  import type { TemplateSpecification } from "handlebars/runtime";
  export const templates: Readonly<Record<string, TemplateSpecification>>;
  export const partials: Readonly<Record<string, TemplateSpecification>>;
}
/** The doctor's bundle as text, made by `src/scripts/doctor.mjs` when building and testing. */
declare module "virtual:doctor" {
  export const text: string;
}
/** The JSON schema of the spec as text, made by `src/scripts/schema.mjs` when building and testing. */
declare module "virtual:spec-schema" {
  export const text: string;
}
declare module "handlebars/runtime" {
  export type TemplateSpecification = object;
  interface Runtime {
    template(specification: TemplateSpecification): (context: unknown) => string;
    registerHelper(name: string, helper: (...values: unknown[]) => string): void;
    registerPartial(name: string, partial: (context: unknown) => string): void;
  }
  const runtime: { create(): Runtime };
  export default runtime;
}
