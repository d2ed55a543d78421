/**
 * What follows from the other files of a tree is not stored but computed and compared: each hash in the lock is that of the file's bytes, the
 * lines that the lock keeps for a merge are the file's own, and the revision is the same wherever it stands. A change of one file is then no
 * change of those that count on it.
 */
import { createHash } from "node:crypto";
import { doctorPath, featureFolder } from "../../src/catalog/files.ts";
import { lockPath } from "../../src/lock/lock.ts";
import type { Tree, TreeFile } from "./cases.ts";

const marks = { revision: "<the revision>", hash: "<the hash of this file>", lines: "<the lines of this file>" };

/** Files of ours that do not go into an image. */
const besideImage = [
  `${featureFolder}/revision`,
  `${featureFolder}/.gitattributes`,
  `${featureFolder}/.prettierrc.toml`,
  `${featureFolder}/spec.schema.json`,
];

/** The folder of those that a container beside it is made from. */
const besideContainer = `${featureFolder}/sidecar/`;

/** An entry of the lock's `files`: it opens with its path and ends where the next one could. */
const entry = /^ {4}("(?:[^"\\]|\\.)*"): \{(?: .* \}|\n[^]*?^ {4}\})/gm;

/**
 * The revision of a tree: twelve digits of a sha256 over path, length and text of every file of ours that goes into the image, in the order of
 * the paths; of the doctor its hash counts. Written here once more, so that it cannot change unseen.
 */
export function revisionOf(tree: Tree): string {
  const hash = createHash("sha256");
  for (const path of Object.keys(tree).sort()) {
    if (!isInImage(path) || !isOurs(tree, path)) continue;
    const bytes = path === doctorPath ? hashOf(tree[path]!) : tree[path]!.bytes;
    hash.update(`${path}\0${bytes.length}\0${bytes}`, "latin1");
  }
  return hash.digest("hex").slice(0, 12);
}

/** The tree with a mark in place of whatever follows from its other files. What does not follow stays, to be seen in the diff. */
export function seal(tree: Tree): Tree {
  const revision = revisionOf(tree);
  return mapTexts(tree, (bytes, path) => {
    const used = Object.values(marks).find((mark) => bytes.includes(mark));
    if (used !== undefined) throw new Error(`${path} has the words ${used}, which stand for something else here`);
    if (!isOurs(tree, path) || isInImage(path)) return bytes;
    const marked = path === lockPath ? mapEntries(tree, bytes, (text, [real, mark]) => text.replace(real, () => mark)) : bytes;
    return marked.replaceAll(revision, marks.revision);
  });
}

/** The tree that is meant by one with marks. */
export function unseal(tree: Tree): Tree {
  const revision = revisionOf(tree);
  const revised = mapTexts(tree, (bytes) => bytes.replaceAll(marks.revision, revision));
  return mapTexts(revised, (bytes, path) =>
    path === lockPath ? mapEntries(revised, bytes, (text, [real, mark]) => text.replace(mark, () => real)) : bytes,
  );
}

function isInImage(path: string): boolean {
  const inside =
    path.startsWith(`${featureFolder}/`) &&
    !path.endsWith("/") &&
    !besideImage.includes(path) &&
    !path.startsWith(besideContainer);
  return inside || path === ".devcontainer/Dockerfile";
}

/** Whether the lock knows the file, or is it: a Dockerfile beside a dev container of the user's is the user's. */
function isOurs(tree: Tree, path: string): boolean {
  return path === lockPath || (tree[lockPath]?.bytes.includes(`\n    ${latin(JSON.stringify(path))}: {`) ?? false);
}

function mapTexts(tree: Tree, change: (bytes: string, path: string) => string): Tree {
  return Object.fromEntries(Object.entries(tree).map(([path, file]) => [path, { ...file, bytes: change(file.bytes, path) }]));
}

/** Changes each entry of a lock, given what it says of its file and what stands for that. */
function mapEntries(tree: Tree, lock: string, change: (text: string, pair: readonly [string, string]) => string): string {
  return lock.replace(entry, (text, name: string) => {
    const file = tree[JSON.parse(Buffer.from(name, "latin1").toString("utf8")) as string];
    if (file === undefined) return text;
    const pairs = [
      [`"hash": "${hashOf(file)}"`, `"hash": "${marks.hash}"`],
      [`"ancestor": ${linesOf(file)}`, `"ancestor": "${marks.lines}"`],
    ] as const;
    return pairs.reduce(change, text);
  });
}

function hashOf({ bytes }: TreeFile): string {
  return `sha256-${createHash("sha256").update(bytes, "latin1").digest("hex")}`;
}

/** A text's lines as they stand in the lock. */
function linesOf({ bytes }: TreeFile): string {
  const lines = Buffer.from(bytes, "latin1").toString("utf8").split("\n");
  return latin(JSON.stringify(lines, null, 2).replaceAll("\n", `\n${" ".repeat(6)}`));
}

/** The UTF-8 bytes of a text, one character each. */
function latin(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
