/**
 * The golden cases on the disk, each thing once. A folder a case, named by what is there before:
 *
 *   args.txt    the command line, an argument a line
 *   before/     the repository as it is found (none: empty)
 *   before.txt  more of it: files that an earlier version wrote, and in which case they lie
 *   stdout.txt  what the run said
 *   tree.txt    the repository as it is left: the mode of each file, its path and where its text is
 *   after/      whole, those of the user's files that were edited
 *
 * Generated texts lie in texts/, each once: that of the plain case whole, and beside it in `*.variants` what other cases have instead of some
 * of its lines, under the name of the first case that has it. See invariants.ts for what the texts do not say.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { lockPath } from "../../src/lock/lock.ts";
import { readTree, writeTree, type GoldenCase, type Tree, type TreeFile } from "./cases.ts";
import { seal, unseal } from "./invariants.ts";
import { applyVariant, describeVariant, formatVariants, readVariants } from "./variants.ts";

const here = import.meta.dirname;

/** The case that the texts of the others are told by. */
const plainCase = "empty-folder";

/** Where a text is, by the word in the manifest: whole in texts/, unchanged in before, or whole in after/. Any other word is a variant's name. */
const places = { plain: "=", before: "before/", after: "after/" } as const;

/** Modes as git writes them. */
const modes = { file: "100644", script: "100755", folder: "040000" } as const;

/** Every case by name, sorted. */
export const caseNames: readonly string[] = readdirSync(here, { withFileTypes: true })
  .filter((each) => each.isDirectory() && existsSync(join(here, each.name, "args.txt")))
  .map((each) => each.name)
  .sort();

/** What a run left and said. */
export interface Left {
  readonly after: Tree;
  readonly stdout: string;
}

/** The part of a case that no run writes. */
export function readGiven(name: string): Omit<GoldenCase, keyof Left> {
  const args = readFileSync(join(here, name, "args.txt"), "utf8").replace(/\r?\n$/, "");
  return { name, args: args.split(/\r?\n/), before: readBefore(name) };
}

/** Reads a case as it lies on the disk now. */
export function readCase(name: string): GoldenCase {
  const given = readGiven(name);
  const sealed = readColumns(join(here, name, "tree.txt"), 3).map(([mode, place, path]): [string, TreeFile] => [
    path!,
    {
      bytes: readText(name, path!, place!, given.before),
      executable: mode === modes.script && process.platform !== "win32",
    },
  ]);
  const stdout = readFileSync(join(here, name, "stdout.txt"), "utf8");
  return { ...given, after: unseal(Object.fromEntries(sealed)), stdout };
}

/** Writes what the runs of all cases gave as what they shall give from now on. What nobody needs any more goes. */
export function acceptCases(runs: ReadonlyMap<string, Left>): void {
  const files = describeStore(runs);
  for (const folder of ["texts", ...[...runs.keys()].map((name) => join(name, "after"))])
    rmSync(join(here, folder), { recursive: true, force: true });
  writeTree(here, files);
}

/** The files of the store that runs give, as the disk has them now: all but the cases' own (`args.txt`, `before/`, `before.txt`). */
export function readStore(): Tree {
  const given = /^[^/]+\.ts$|^[^/]+\/(?:args\.txt|before\.txt|before\/.*)$/;
  return Object.fromEntries(Object.entries(readTree(here)).filter(([path]) => !path.endsWith("/") && !given.test(path)));
}

/** The files of the store that say what these runs gave, and no other. */
export function describeStore(runs: ReadonlyMap<string, Left>): Tree {
  const names = [...runs.keys()].sort();
  const sealed = new Map(names.map((name) => [name, seal(runs.get(name)!.after)]));
  const plain = new Map<string, string>();
  for (const tree of [sealed.get(plainCase)!, ...sealed.values()])
    for (const path of Object.keys(tree).filter((each) => isGenerated(tree, each)))
      if (!plain.has(path)) plain.set(path, tree[path]!.bytes);
  const texts = new Map<string, string>([...plain].map(([path, text]) => [`texts/${path}`, text]));
  const variants = new Map<string, Map<string, { readonly name: string; readonly description: string }>>();
  for (const name of names) {
    const [tree, before] = [sealed.get(name)!, readBefore(name)];
    const place = (path: string): string => {
      const { bytes } = tree[path]!;
      if (bytes === plain.get(path)) return places.plain;
      if (before[path]?.bytes === runs.get(name)!.after[path]!.bytes) return places.before;
      const description = isGenerated(tree, path) ? describeVariant(plain.get(path)!, bytes) : null;
      // What has hardly a line of the plain text is easier to read whole.
      if (description === null || description.length > 2 * bytes.length) {
        texts.set(`${name}/after/${path}`, bytes);
        return places.after;
      }
      const known = variants.get(path) ?? new Map<string, { name: string; description: string }>();
      variants.set(path, known.set(bytes, known.get(bytes) ?? { name, description }));
      return known.get(bytes)!.name;
    };
    const lines = Object.entries(tree).map(([path, { executable }]) =>
      path.endsWith("/") ? [modes.folder, "-", path] : [executable ? modes.script : modes.file, place(path), path],
    );
    texts.set(`${name}/tree.txt`, formatColumns(lines));
    texts.set(`${name}/stdout.txt`, Buffer.from(runs.get(name)!.stdout, "utf8").toString("latin1"));
  }
  for (const [path, known] of variants)
    texts.set(
      `texts/${path}.variants`,
      formatVariants(new Map([...known.values()].map(({ name, description }) => [name, description]))),
    );
  return Object.fromEntries([...texts].map(([path, bytes]) => [path, { bytes, executable: false }]));
}

/** Whether we made the file as a whole: into one of the user's we only write something. */
function isGenerated(tree: Tree, path: string): boolean {
  const lock = tree[lockPath]?.bytes ?? "";
  const strategy = lock.split(`\n    ${JSON.stringify(path)}: {`)[1]?.match(/^\s*"strategy": "(\w+)"/)?.[1];
  return (path === lockPath && lock !== "") || ["own", "lines", "seed"].includes(strategy ?? "");
}

/** The repository as a case finds it. */
function readBefore(name: string): Tree {
  const list = join(here, name, "before.txt");
  const borrowed = existsSync(list) ? readColumns(list, 2) : [];
  const entries = borrowed.map(([from, path]): [string, TreeFile] => {
    const file = readTree(join(here, from!, "before"))[path!];
    if (file === undefined) throw new Error(`${list}: there is no ${path} in ${from}/before`);
    return [path!, file];
  });
  const tree = { ...readTree(join(here, name, "before")), ...Object.fromEntries(entries) };
  return Object.fromEntries(Object.entries(tree).sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** The bytes, one character each, of a line of a manifest. */
function readText(name: string, path: string, place: string, before: Tree): string {
  if (path.endsWith("/")) return "";
  if (place === places.before) return before[path]!.bytes;
  if (place === places.after) return readFileSync(join(here, name, "after", path), "latin1");
  const plain = readFileSync(join(here, "texts", path), "latin1");
  if (place === places.plain) return plain;
  const description = readVariants(readFileSync(join(here, "texts", `${path}.variants`), "latin1")).get(place);
  if (description === undefined) throw new Error(`${name}/tree.txt: ${path} has no variant ${place}`);
  return applyVariant(plain, description);
}

/** Reads lines of so many columns; the last may have spaces in it. */
function readColumns(file: string, count: number): string[][] {
  const lines = readFileSync(file, "latin1").split("\n").slice(0, -1);
  return lines.map((line) => {
    const columns = new RegExp(`^${"(\\S+) +".repeat(count - 1)}(.+)$`).exec(line)?.slice(1);
    if (columns === undefined) throw new Error(`${file}: this is not a line of it: ${line}`);
    return columns;
  });
}

function formatColumns(lines: readonly (readonly string[])[]): string {
  const width = Math.max(...lines.map(([, place]) => place!.length));
  return lines.map(([mode, place, path]) => `${mode} ${place!.padEnd(width)} ${path}\n`).join("");
}
