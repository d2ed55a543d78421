/** The parts of a devcontainer.json that can install programs: Features, hooks, Dockerfiles and Compose files. */
import { getNodeValue } from "jsonc-parser";
import { mountsOf, type Mount } from "./mounts.ts";
import { entriesOf, readNodes, textsOf, valueAt, type Node } from "./nodes.ts";
import { commandsOf, commandsOfWords, type Word } from "./shell.ts";

/** A Feature, and the position of its name. */
export interface NamedFeature {
  readonly id: string;
  readonly options: unknown;
  readonly offset: number;
}

/** One command of a lifecycle hook, and its position. */
export interface Hook {
  readonly name: string;
  readonly commands: readonly Word[][];
  readonly offset: number;
}

/** The parts of a devcontainer.json that are examined. Paths are unchanged: relative to its own folder. */
export interface Devcontainer {
  readonly features: readonly NamedFeature[];
  readonly hooks: readonly Hook[];
  readonly dockerfiles: readonly string[];
  readonly composeFiles: readonly string[];
  /** The service that is opened, those that start with it (null for all), and the position of its Compose files' names; null without Compose. */
  readonly compose: { readonly service: string; readonly runServices: readonly string[] | null; readonly offset: number } | null;
  /** Its image, and the position of the image's name. */
  readonly image: { readonly name: string; readonly offset: number } | null;
  /** The folder whose files its Dockerfile can copy. */
  readonly context: string;
  readonly mounts: readonly Mount[];
  /** Where tools start in the container; null for the default. */
  readonly workspaceFolder: string | null;
  /** Files with variables that Docker reads. */
  readonly envFiles: readonly string[];
}

const hookNames = [
  "initializeCommand",
  "onCreateCommand",
  "updateContentCommand",
  "postCreateCommand",
  "postStartCommand",
  "postAttachCommand",
] as const;

/** Reads a devcontainer.json; null if it cannot be read, which the plan reports elsewhere. */
export function readDevcontainer(text: string): Devcontainer | null {
  const read = readNodes(text);
  if (!read.ok) return null;
  const root = read.node;
  const image = valueAt(root, "image");
  const args = textsOf(valueAt(root, "runArgs"));
  return {
    features: (valueAt(root, "features")?.children ?? []).flatMap(({ children }) => {
      const [key, value] = children ?? [];
      return key === undefined || value === undefined
        ? []
        : [{ id: String(key.value), options: getNodeValue(value) as unknown, offset: key.offset }];
    }),
    hooks: hookNames.flatMap((name) => readHook(name, valueAt(root, name))),
    dockerfiles: [...textsOf(valueAt(root, "build", "dockerfile")), ...textsOf(valueAt(root, "dockerFile"))],
    composeFiles: textsOf(valueAt(root, "dockerComposeFile")),
    compose: readCompose(root),
    image: image?.type === "string" ? { name: String(image.value), offset: image.offset } : null,
    context: textsOf(valueAt(root, "build", "context"))[0] ?? textsOf(valueAt(root, "context"))[0] ?? ".",
    mounts: mountsOf(root),
    workspaceFolder: textsOf(valueAt(root, "workspaceFolder"))[0] ?? null,
    envFiles: args.flatMap((word, index) =>
      word === "--env-file" ? args.slice(index + 1, index + 2) : (/^--env-file=(.+)/.exec(word)?.slice(1) ?? []),
    ),
  };
}

function readCompose(root: Node): Devcontainer["compose"] {
  const files = valueAt(root, "dockerComposeFile");
  const [service] = textsOf(valueAt(root, "service"));
  if (files === undefined || textsOf(files).length === 0 || service === undefined) return null;
  const runServices = textsOf(valueAt(root, "runServices"));
  return { service, runServices: runServices.length === 0 ? null : runServices, offset: files.offset };
}

/** A text is for a shell, a list is the words of one command, and an object contains several of these, which run in parallel. */
function readHook(name: string, value: Node | undefined): Hook[] {
  if (value?.type === "object")
    return entriesOf(value).flatMap(([, inner]) => (inner.type === "object" ? [] : readHook(name, inner)));
  if (value?.type === "string") return [{ name, commands: commandsOf(String(value.value)), offset: value.offset }];
  return value?.type === "array" ? [{ name, commands: commandsOfWords(textsOf(value)), offset: value.offset }] : [];
}
