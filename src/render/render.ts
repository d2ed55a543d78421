/** Renders the files of an environment. Pure: the same environment gives the same bytes on every system. */
import { createHash } from "node:crypto";
import runtime from "handlebars/runtime";
import { text as specSchema } from "virtual:spec-schema";
import { partials, templates } from "virtual:templates";
import { doctorPath, specSchemaPath, wantedFiles, type WantedFile } from "../catalog/files.ts";
import { hashText } from "../lock/lock.ts";
import { buildContext, type Environment } from "./context.ts";
import {
  formatDocker,
  formatFlow,
  formatJson,
  formatLiteral,
  formatNumber,
  formatShell,
  formatWord,
  formatWords,
  formatYaml,
} from "./escape.ts";

/** A file as it shall be. */
export interface RenderedFile extends WantedFile {
  readonly text: string;
}

/** All files of an environment and the revision of what goes into its image. */
export interface Rendered {
  readonly files: readonly RenderedFile[];
  /** The spec as answers write it down, for a repository that has none. */
  readonly spec: string;
  readonly revision: string;
}

const handlebars = runtime.create();
const formats: Readonly<Record<string, (text: string) => string>> = {
  json: formatJson,
  flow: formatFlow,
  literal: formatLiteral,
  number: formatNumber,
  yaml: formatYaml,
  sh: formatShell,
  docker: formatDocker,
  word: formatWord,
  words: formatWords,
};
for (const [name, format] of Object.entries(formats)) {
  handlebars.registerHelper(name, (value) => {
    if (typeof value !== "string") throw new Error(`a template gave {{${name}}} ${typeof value} instead of text`);
    return format(value);
  });
}
for (const [name, specification] of Object.entries(partials))
  handlebars.registerPartial(name, handlebars.template(specification));

/** Renders everything. Throws only on a defect: answers are validated before they come here. */
export function renderEnvironment(environment: Environment): Rendered {
  const context = buildContext(environment);
  const made: Readonly<Record<string, string>> = { [doctorPath]: environment.doctor, [specSchemaPath]: specSchema };
  const textOf = ({ path }: WantedFile, values: object): string => made[path] ?? renderTemplate(path, values);
  const wanted = wantedFiles(environment.shape);
  const first = wanted.filter((file) => file.image).map((file) => ({ ...file, text: textOf(file, context) }));
  const revision = hashRevision(first);
  const rest = wanted.filter((file) => !file.image).map((file) => ({ ...file, text: textOf(file, { ...context, revision }) }));
  const files = [...first, ...rest].sort((left, right) => (left.path < right.path ? -1 : 1));
  return { files, spec: renderTemplate("aperture-env.yaml", context), revision };
}

function renderTemplate(path: string, context: object): string {
  const specification = templates[path];
  if (specification === undefined) throw new Error(`there is no template for ${path}`);
  return handlebars.template(specification)(context);
}

/** Twelve hexadecimal digits over paths and texts of what goes into the image. */
function hashRevision(files: readonly RenderedFile[]): string {
  const hash = createHash("sha256");
  for (const { path, text } of [...files].sort((left, right) => (left.path < right.path ? -1 : 1))) {
    // Of the large one its hash, which a run over many repositories computes once.
    const content = path === doctorPath ? hashText(text) : text;
    hash.update(`${path}\0${Buffer.byteLength(content)}\0${content}`);
  }
  return hash.digest("hex").slice(0, 12);
}
