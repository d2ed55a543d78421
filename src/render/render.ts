/** Renders the files of an environment. Pure: the same environment gives the same bytes on every system. */
import { createHash } from "node:crypto";
import { text as specSchema } from "virtual:spec-schema";
import { programs } from "virtual:templates";
import { pinImage, type Pins } from "../catalog/image-reference.ts";
import { doctorPath, specSchemaPath } from "../catalog/files.ts";
import { hashText } from "../lock/lock.ts";
import { demandOf, filesOf, imagesOfOutputs, piecesOf } from "../parts/compose.ts";
import type { Demand, Piece, WantedFile } from "../vocabulary.ts";
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
import { runProgram, type Library } from "./program.ts";

/** A rendered file. */
export interface RenderedFile extends Omit<WantedFile, "context" | "template"> {
  readonly text: string;
}

/** All files of an environment and the revision of what goes into its image. */
export interface Rendered {
  readonly files: readonly RenderedFile[];
  /** These files and what goes into others, each path once. */
  readonly pieces: readonly Piece[];
  /** The text of the spec for these answers, for a repository without one. */
  readonly spec: string;
  readonly revision: string;
}

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
const helpers: Library["helpers"] = Object.fromEntries(
  Object.entries(formats).map(([name, format]) => [
    name,
    (value) => {
      if (typeof value !== "string") throw new Error(`a template gave {{${name}}} ${typeof value} instead of text`);
      return format(value);
    },
  ]),
);

/** Renders everything. Throws only on a defect: answers are validated before they come here. */
export function renderEnvironment(environment: Environment): Rendered {
  const { pins = {} } = environment;
  const demand = pinService(demandOf(environment.answers, environment.shape), pins);
  const images = Object.fromEntries(imagesOfOutputs(demand).map(([name, image]) => [name, pinImage(image, pins)]));
  const context = { ...buildContext(environment, demand.runtime), images };
  const made: Readonly<Record<string, string>> = {
    ...(typeof environment.doctor === "string" && { [doctorPath]: environment.doctor }),
    [specSchemaPath]: specSchema,
  };
  const render = ({ context: own, template, ...file }: WantedFile, values: object): RenderedFile => ({
    ...file,
    text: made[template ?? file.path] ?? renderTemplate(template ?? file.path, { ...values, ...own }),
  });
  const wanted = filesOf(demand);
  const first = wanted.filter((file) => file.image).map((file) => render(file, context));
  const revision = revisionOf(first);
  const rest = wanted.filter((file) => !file.image).map((file) => render(file, { ...context, revision }));
  const files = [...first, ...rest].sort((left, right) => (left.path < right.path ? -1 : 1));
  return {
    files,
    pieces: [...files.map(pieceOf), ...piecesOf(demand, revision)],
    spec: renderTemplate("aperture-env.yaml", context),
    revision,
  };
}

/** The same runtime; the sidecar's image has its digest if one is pinned. */
function pinService(demand: Demand, pins: Pins): Demand {
  const { service } = demand.runtime;
  if (service === null) return demand;
  return { ...demand, runtime: { ...demand.runtime, service: { ...service, image: pinImage(service.image, pins) } } };
}

/** A file as a part of the plan. */
export function pieceOf({ path, strategy, text, executable, edited, decidedBy, judgedAs }: RenderedFile): Piece {
  return strategy === "own"
    ? { strategy, path, text, executable, edited, decidedBy, ...(judgedAs && { judgedAs }) }
    : { strategy, path, lines: text.split("\n").filter((line) => line !== "") };
}

function renderTemplate(path: string, context: object): string {
  const { templates, partials } = programs(path);
  const program = templates[path];
  if (program === undefined) throw new Error(`there is no template for ${path}`);
  return runProgram(program, context, { helpers, partials });
}

interface Revised {
  readonly files: readonly RenderedFile[];
  readonly revision: string;
}

/** The revisions computed last: most repositories of one run share a few. */
const recent: Revised[] = [];
const mostRecent = 4;

/** The revision of what goes into the image. */
function revisionOf(files: readonly RenderedFile[]): string {
  const known = recent.find((revised) => isSame(revised.files, files));
  if (known !== undefined) return known.revision;
  const revision = hashRevision(files);
  recent.unshift({ files, revision });
  if (recent.length > mostRecent) recent.pop();
  return revision;
}

function isSame(left: readonly RenderedFile[], right: readonly RenderedFile[]): boolean {
  return (
    left.length === right.length &&
    left.every(({ path, text }, index) => path === right[index]!.path && text === right[index]!.text)
  );
}

/** Twelve hexadecimal digits over paths and texts of what goes into the image. */
function hashRevision(files: readonly RenderedFile[]): string {
  const hash = createHash("sha256");
  for (const { path, text } of [...files].sort((left, right) => (left.path < right.path ? -1 : 1))) {
    // The large text counts by its hash, which a run over many repositories computes once.
    const content = path.endsWith(doctorPath) ? hashText(text) : text;
    hash.update(`${path}\0${Buffer.byteLength(content)}\0${content}`);
  }
  return hash.digest("hex").slice(0, 12);
}
