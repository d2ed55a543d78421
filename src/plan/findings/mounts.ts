/** Maps paths in a dev container to the repository's files, by its devcontainer.json and Compose files, to find the scripts of hooks. */
import { posix } from "node:path";
import { entriesOf, textsOf, valueAt, type Node } from "./nodes.ts";

/** A folder of the repository (`.` for all of it), and its path in the container. */
export interface Mount {
  readonly source: string;
  readonly target: string;
}

/** The mounts of a devcontainer.json: `workspaceMount`, `mounts`, and those in `runArgs`. */
export function mountsOf(root: Node): Mount[] {
  const objects = (valueAt(root, "mounts")?.children ?? []).map((mount) =>
    entriesOf(mount)
      .map(([key, { value }]) => `${key}=${String(value)}`)
      .join(","),
  );
  const args = textsOf(valueAt(root, "runArgs"));
  const handed = args.map((word, index) =>
    /^(?:-v|--volume|--mount)$/.test(args[index - 1] ?? "") ? word : word.replace(/^--(?:volume|mount)=/, ""),
  );
  return [...textsOf(valueAt(root, "workspaceMount")), ...textsOf(valueAt(root, "mounts")), ...objects, ...handed].flatMap(
    (text) => readMount(text, ""),
  );
}

/** The mounts of a Compose file in that folder: `..:/workspace:cached`, and the long form. The patterns take linear time. */
export function mountsOfCompose(text: string, folder: string): Mount[] {
  const short = [...text.matchAll(/(?:^[ \t]*-|[[,])[ \t]*["']?([^\s"',:[\]]+:\/[^\s"',:\]]*)/gm)].flatMap(({ 1: pair = "" }) =>
    readMount(pair, folder),
  );
  const long = [
    ...text.matchAll(/\bsource["']?:[ \t]*["']?([^\s"',}]{1,500})["']?[\s,]+["']?target["']?:[ \t]*["']?([^\s"',}]{1,500})/g),
  ];
  return [...short, ...long.flatMap(({ 1: source = "", 2: target = "" }) => readMount(`${source}:${target}`, folder))];
}

/** Reads `source=…,target=…` or `source:target` if the source is in the repository. */
function readMount(text: string, folder: string): Mount[] {
  const fields = new Map(text.split(",").map((pair) => [pair.replace(/=.*$/s, ""), pair.replace(/^[^=]*=/, "")] as const));
  const [, first, second] = /^(\$\{\w+\}[^:]*|[^:=,]+):(\/[^:]*)/.exec(text) ?? [];
  const source = first ?? fields.get("source") ?? fields.get("src");
  const target = second ?? fields.get("target") ?? fields.get("destination") ?? fields.get("dst");
  if (source === undefined || target?.startsWith("/") !== true) return [];
  const inside = /^\$\{localWorkspaceFolder\}(?:\/(.*))?$/.exec(source);
  const path =
    inside !== null ? posix.normalize(inside[1] || ".") : /^\.{1,2}(?:\/|$)/.test(source) ? posix.join(folder, source) : null;
  return path === null || path.startsWith("..")
    ? []
    : [{ source: path.replace(/(.)\/$/, "$1"), target: target.replace(/\/$/, "") }];
}

/** The repository's path for a path in the container, or null. Relative paths begin in the workspace folder, which is the repository. */
export function pathInRepository(path: string, mounts: readonly Mount[]): string | null {
  const named = path.replace(/^\$(?:\{(?:container|local)WorkspaceFolder\}|\{?PWD\}?)\//, "");
  if (!named.startsWith("/")) return posix.normalize(named);
  const around = mounts.filter(({ target }) => startsWith(named, target));
  const nearest = around.reduce<Mount | null>(
    (best, each) => (best === null || each.target.length > best.target.length ? each : best),
    null,
  );
  if (nearest !== null) return posix.join(nearest.source, named.split("/").slice(nearest.target.split("/").length).join("/"));
  // The tools' default.
  return /^\/workspaces\/[^/]+\/(.+)$/.exec(named)?.[1] ?? null;
}

/** Compares step by step. A step with a variable matches any name, because the folder's name differs between machines. */
function startsWith(path: string, target: string): boolean {
  const steps = path.split("/");
  return target.split("/").every((step, index) => step === steps[index] || step.includes("${localWorkspaceFolderBasename}"));
}
