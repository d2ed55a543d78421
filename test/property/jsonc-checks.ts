/** What an edit of somebody's JSONC has to keep, as checks for generated files and for real ones. */
import { createScanner, findNodeAtLocation, getNodeValue, parseTree, type Node, type ParseError } from "jsonc-parser";
import { missingDepth } from "../../src/edit/jsonc.ts";
import type { EditRefusal, EditResult } from "../../src/edit/splice.ts";

/** Keys of objects, from the top. */
export type Path = readonly [string, ...string[]];

/** A text in the styles in which editors and checkouts leave it. */
export const styles: Readonly<Record<string, (text: string) => string>> = {
  "as it is": (text) => text,
  "with CRLF": (text) => text.replaceAll(/\r?\n/g, "\r\n"),
  "with a BOM": (text) => `\ufeff${text.replace(/^\ufeff/, "")}`,
  "with tabs": (text) => text.replaceAll(/^ +/gm, (spaces) => "\t".repeat(Math.ceil(spaces.length / 2))),
  "without a final newline": (text) => text.replace(/\s+$/, ""),
};

const withoutBom = (text: string): string => text.replace(/^\ufeff/, " ");

/** The text of an edit that is expected to be made. */
export function textOf(edited: EditResult): string {
  if (!edited.ok) throw new Error(`refused at ${edited.line}:${edited.column}: ${edited.why}`);
  return edited.text;
}

/** How much of a path is there, where that is expected to be known. */
export function depthOf(text: string, path: Path): number {
  const depth: number | EditRefusal = missingDepth(text, path);
  if (typeof depth !== "number") throw new Error(`refused at ${depth.line}:${depth.column}: ${depth.why}`);
  return depth;
}

/** Comments as they stand, sorted. */
export function commentsOf(text: string): string[] {
  const scanner = createScanner(withoutBom(text), false);
  const found: string[] = [];
  for (let kind: number = scanner.scan(); kind !== 17; kind = scanner.scan()) {
    const at = scanner.getTokenOffset();
    if (kind === 12 || kind === 13) found.push(text.slice(at, at + scanner.getTokenLength()));
  }
  return found.sort();
}

/** The tree of a text that has no errors. */
export function treeOf(text: string): Node {
  const errors: ParseError[] = [];
  const tree = parseTree(withoutBom(text), errors, { allowTrailingComma: true });
  if (tree === undefined || errors.length > 0) throw new Error(`not JSONC: ${JSON.stringify(errors[0])}`);
  return tree;
}

/** The value of a text that has no errors, as plain JSON. */
export function valueOf(text: string): Record<string, unknown> {
  return JSON.parse(JSON.stringify(getNodeValue(treeOf(text)))) as Record<string, unknown>;
}

/** The node at a path that is there. */
export function nodeAt(text: string, path: readonly (string | number)[]): Node | undefined {
  const tree = treeOf(text);
  return path.length === 0 ? tree : findNodeAtLocation(tree, [...path]);
}

/** Whether a text comes from another by taking characters out. */
export function isWithin(part: string, whole: string): boolean {
  let at = 0;
  for (let index = 0; index < whole.length && at < part.length; index++) if (whole[index] === part[at]) at++;
  return at === part.length;
}

/** Whether `text` is `edited` without at most two contiguous insertions: what was there is all there, in order. */
export function isSplice(text: string, edited: string): boolean {
  let start = 0;
  while (start < text.length && text[start] === edited[start]) start++;
  let end = 0;
  while (end < text.length - start && text[text.length - 1 - end] === edited[edited.length - 1 - end]) end++;
  const left = text.slice(start, text.length - end);
  return left === "" || edited.slice(start, edited.length - end).includes(left);
}

/**
 * What may come back when something was put into the list at a path and taken out again: the text, and where nothing but white space with a
 * line end was in that list, the text with nothing in it. That is the one thing that removing cannot know.
 */
export function backTo(text: string, list: readonly string[]): string[] {
  const node = nodeAt(text, list);
  if (node === undefined) return [text];
  const open = node.offset + 1;
  const close = node.offset + node.length - 1;
  return /^[ \t]*[\r\n]\s*$/.test(text.slice(open, close)) ? [text, text.slice(0, open) + text.slice(close)] : [text];
}

/** All text before what precedes a member of a list, and all text from what follows it: what its removal has nothing to do with. */
export function around(text: string, member: Node): { readonly before: string; readonly after: string } {
  const list = member.parent!;
  const index = list.children!.indexOf(member);
  const previous = list.children![index - 1];
  const next = list.children![index + 1];
  return {
    before: text.slice(0, previous === undefined ? list.offset + 1 : previous.offset + previous.length),
    after: text.slice(next === undefined ? list.offset + list.length - 1 : next.offset),
  };
}

/** Why an edited text does not look like the one it comes from, or null: its BOM, its line ends, its end, its comments. */
export function strange(before: string, after: string): string | null {
  if (before.startsWith("\ufeff") !== after.startsWith("\ufeff")) return "another BOM";
  if (before.endsWith("\n") !== after.endsWith("\n")) return "another end";
  const ends = new Set(before.match(/\r\n|\r|\n/g));
  const foreign = after.match(/\r\n|\r|\n/g)?.find((end) => ends.size > 0 && !ends.has(end));
  if (foreign !== undefined) return `a line end that was not there, ${JSON.stringify(foreign)}`;
  return JSON.stringify(commentsOf(before)) === JSON.stringify(commentsOf(after)) ? null : "other comments";
}
