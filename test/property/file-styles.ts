/**
 * In which styles people write configuration files, as features that can be computed: line ends, indentation, where comments and commas stand,
 * how maps and lists are written. Two files with the same features ask the same of whoever edits them.
 */
import { createScanner, type Node } from "jsonc-parser";
import { isAlias, isMap, isPair, isScalar, isSeq, parseAllDocuments, visit, type Scalar } from "yaml";
import { treeOf } from "./jsonc-checks.ts";

const lineEnds = (text: string): readonly (readonly [string, boolean])[] => {
  const bare = text.replaceAll("\r\n", "");
  const [crlf, lf, cr] = [text.includes("\r\n"), bare.includes("\n"), bare.includes("\r")];
  return [
    ["a byte order mark", text.startsWith("\ufeff")],
    ["CRLF", crlf && !lf && !cr],
    ["LF", lf && !crlf && !cr],
    ["CR", cr && !lf && !crlf],
    ["mixed line ends", Number(crlf) + Number(lf) + Number(cr) > 1],
    ["one line", !/[\r\n]./s.test(text.trimEnd())],
    ["no last line end", !/[\r\n]$/.test(text)],
    ["blank lines at the end", /(?:\r\n|\n|\r)[ \t]*(?:\r\n|\n|\r)$/.test(text)],
    ["blank lines at the beginning", /^\ufeff?[ \t]*[\r\n]/.test(text)],
    ["a blank line inside", /\S[ \t]*(?:\r\n|\n|\r){2}[ \t]*\S/.test(text)],
    ["white space at a line's end", /\S[ \t]+(?:\r\n|\n|\r)/.test(text)],
    ["white space on a blank line", /(?:^|\n)[ \t]+\r?(?:\n|$)/.test(text)],
    ["a letter beyond ASCII", /[^\0-\x7f\ufeff]/.test(text)],
    ["a letter beyond the basic plane", /[\u{10000}-\u{10ffff}]/u.test(text)],
    ["tabs", /^\t/m.test(text)],
    ["tabs behind spaces", /^ +\t/m.test(text)],
    ["a tab inside a line", /\S\t+\S/.test(text)],
    ["a line of more than 200 letters", /^.{201}/m.test(text)],
  ];
};

const present = (features: readonly (readonly [string, boolean])[]): string[] =>
  features.flatMap(([name, is]) => (is ? [name] : []));

/** The features of a JSONC text. */
export function featuresOfJsonc(text: string): string[] {
  return present([
    ...lineEnds(text),
    ...[1, 2, 3, 4, 8].map((width) => [`${width} spaces of indentation`, firstIndentation(text) === width] as const),
    ...tokenFeatures(text),
    ...treeFeatures(text, treeOf(text)),
  ]);
}

function firstIndentation(text: string): number {
  return /(?:^|[\r\n])( +)\S/.exec(text.replace(/\/\*[^]*?\*\//g, ""))?.[1]?.length ?? 0;
}

/** Kinds of tokens as jsonc-parser numbers them. */
const tokens = new Map([
  [1, "{"],
  [2, "}"],
  [3, "["],
  [4, "]"],
  [5, ","],
  [6, ":"],
  [12, "//"],
  [13, "/*"],
  [14, "line end"],
  [15, "space"],
]);

function tokenFeatures(text: string): (readonly [string, boolean])[] {
  const plain = text.replace(/^\ufeff/, " ");
  const scanner = createScanner(plain, false);
  const all: { kind: string; text: string }[] = [];
  for (let kind: number = scanner.scan(); kind !== 17; kind = scanner.scan())
    all.push({
      kind: tokens.get(kind) ?? "value",
      text: plain.slice(scanner.getTokenOffset(), scanner.getTokenOffset() + scanner.getTokenLength()),
    });
  const found = new Set<string>();
  const before = (at: number, skip: readonly string[]): string => {
    for (let index = at - 1; index >= 0; index--) if (!skip.includes(all[index]!.kind)) return all[index]!.kind;
    return "nothing";
  };
  const after = (at: number, skip: readonly string[]): string => {
    for (let index = at + 1; index < all.length; index++) if (!skip.includes(all[index]!.kind)) return all[index]!.kind;
    return "nothing";
  };
  for (const [at, { kind, text: value }] of all.entries()) {
    const blank = ["space", "line end"];
    if (kind === "//" || kind === "/*") {
      const alone = ["line end", "nothing"].includes(before(at, ["space"]));
      const [left, right] = [before(at, [...blank, "//", "/*"]), after(at, [...blank, "//", "/*"])];
      found.add(`${kind} ${alone ? "on a line of its own" : "behind something"}, between ${left} and ${right}`);
      if (kind === "/*" && /[\r\n]/.test(value)) found.add("/* over several lines");
      if (/^\/\/\s*"[^"]*"\s*:/.test(value)) found.add("a property in a comment");
      if (/^\/[*/]\s*$/.test(value.replace(/\*\/$/, ""))) found.add("an empty comment");
    }
    if ((kind === "{" || kind === "[") && before(at, ["space"]) === "line end" && before(at, blank) === ":")
      found.add("Allman braces");
    if (kind === "," && ["}", "]"].includes(after(at, [...blank, "//", "/*"])))
      found.add(`a comma before ${after(at, [...blank, "//", "/*"])}`);
    if (kind === "," && before(at, ["space"]) === "line end") found.add("a comma first");
    if (kind === ":" && before(at, []) === "space") found.add("a space before a colon");
    if (kind === ":" && after(at, []) === "value") found.add("no space behind a colon");
    if (kind === ":" && after(at, ["space"]) === "line end") found.add("a value below its key");
    if (kind === "," && !["space", "line end"].includes(after(at, []))) found.add("no space behind a comma");
    if (kind === "{" && after(at, []) === "space" && after(at, ["space"]) === "value") found.add("spaces inside braces");
    if (kind === "{" && after(at, []) === "value") found.add("no spaces inside braces");
  }
  return [...found].map((name) => [name, true] as const);
}

/** What of a devcontainer.json the tool adds to, and in which form it is there. */
function treeFeatures(text: string, tree: Node): (readonly [string, boolean])[] {
  const features: (readonly [string, boolean])[] = [];
  const properties = tree.children ?? [];
  const form = (node: Node): string => {
    const own = text.slice(node.offset, node.offset + node.length);
    const lines = /[\r\n]/.test(own) ? "on several lines" : "on one line";
    if (node.type !== "object" && node.type !== "array") return node.type;
    return (node.children ?? []).length === 0 ? `empty ${node.type}, ${lines}` : `${node.type} ${lines}`;
  };
  for (const [index, property] of properties.entries()) {
    const [key, value] = property.children as [Node, Node];
    const name = String(key.value);
    if (!["features", "containerEnv", "forwardPorts"].includes(name)) continue;
    features.push([`${name}: ${form(value)}`, true]);
    if (index === 0) features.push([`${name} first`, true]);
    if (index === properties.length - 1) features.push([`${name} last`, true]);
  }
  for (const name of ["features", "containerEnv", "forwardPorts", "dockerComposeFile", "build", "image"])
    features.push([`has ${name}`, properties.some(({ children }) => children![0]!.value === name)]);
  features.push(["an empty object", properties.length === 0]);
  features.push([`a dockerComposeFile that is a ${typeOf(tree, "dockerComposeFile")}`, true]);
  features.push(["an escape in a string", /\\["\\/bfnrtu]/.test(text)]);
  features.push(["// in a string", /"[^"\n]*\/\/[^"\n]*"/.test(text)]);
  return features;
}

function typeOf(tree: Node, name: string): string {
  return tree.children?.find(({ children }) => children![0]!.value === name)?.children?.[1]?.type ?? "nothing";
}

/** The features of a YAML text. */
export function featuresOfYaml(text: string): string[] {
  const found = new Set<string>();
  const documents = parseAllDocuments(text);
  for (const document of Array.isArray(documents) ? documents : []) {
    if (document.directives?.docStart === true) found.add("a document's start");
    if (document.commentBefore) found.add("a comment before the document");
    if (document.comment) found.add("a comment behind the document");
    visit(document, (key, node, path) => {
      const depth = path.filter((each) => isMap(each) || isSeq(each)).length;
      if (isAlias(node)) found.add("an alias");
      if (isPair(node)) {
        const name = isScalar(node.key) ? node.key : null;
        if (name !== null && name.type !== "PLAIN") found.add(`a key that is ${name.type}`);
        if (name !== null && typeof name.value !== "string")
          found.add(`a key that is a ${name.value === null ? "null" : typeof name.value}`);
        if (name?.value === "<<") found.add("a merge key");
        if (String(name?.value).startsWith("x-")) found.add("an extension");
        if (node.value === null || (isScalar(node.value) && node.value.value === null)) found.add("a key without a value");
        const owner = String(name?.value);
        if (["services", "environment", "labels", "jobs", "env", "on", "steps", "name", "version"].includes(owner)) {
          const kind = isMap(node.value)
            ? "map"
            : isSeq(node.value)
              ? "list"
              : isScalar(node.value)
                ? node.value.value === null
                  ? "nothing"
                  : "value"
                : "alias";
          found.add(
            `${owner} as a ${kind}${(isMap(node.value) || isSeq(node.value)) && node.value.flow === true ? " in braces" : ""}`,
          );
          if (depth === 1) found.add(`${owner} ${key === 0 ? "first" : "further down"}`);
        }
        return;
      }
      if (isMap(node) || isSeq(node)) {
        const kind = isMap(node) ? "map" : "list";
        if (node.flow === true) found.add(node.items.length === 0 ? `an empty ${kind} in braces` : `a ${kind} in braces`);
        if (node.flow === true && /[\r\n]/.test(text.slice(node.range![0], node.range![1])))
          found.add(`a ${kind} in braces over several lines`);
        if (depth > 6) found.add("more than six levels");
        if (isSeq(node) && node.items.some((item) => isMap(item))) found.add("a list of maps");
        if (isSeq(node) && node.items.some((item) => isSeq(item))) found.add("a list of lists");
      }
      if (isScalar(node)) {
        const { type, source } = node as Scalar & { source?: string };
        if (key === "value" || typeof key === "number") found.add(`a value that is ${type}`);
        if (type === "PLAIN" && /[\r\n]/.test(text.slice(node.range![0], node.range![1])))
          found.add("a plain value over several lines");
        if (source?.includes("${{")) found.add("an expression of a workflow");
        if (source?.includes("$") && !source.includes("${{")) found.add("a variable of a shell");
        if (type?.startsWith("BLOCK")) found.add(`a block with ${/^[|>][+-]?/.exec(text.slice(node.range![0]))?.[0] ?? "?"}`);
      }
      if (node !== null && typeof node === "object") {
        if ("anchor" in node && node.anchor) found.add("an anchor");
        if ("tag" in node && node.tag && !String(node.tag).startsWith("tag:yaml.org")) found.add("a tag");
        if ("commentBefore" in node && node.commentBefore) found.add("a comment above something");
        if ("comment" in node && node.comment) found.add("a comment behind something");
      }
      return undefined;
    });
  }
  return present([
    ...lineEnds(text),
    ["a list below its key, as far left", /^( *)[^\s#-][^\n]*:[ \t]*(?:#[^\n]*)?\r?\n\1- /m.test(text)],
    ["a list below its key, further right", /^( *)[^\s#-][^\n]*:[ \t]*(?:#[^\n]*)?\r?\n\1 +- /m.test(text)],
    ["a list whose items are further in", /^ *- {2,}\S/m.test(text)],
    ["four spaces of indentation", /^[^\s#][^\n]*:\r?\n {4}\S/m.test(text)],
    ["a document's end", /^\.\.\.$/m.test(text)],
    ["several documents", Array.isArray(documents) && documents.length > 1],
    ["a commented-out key", /^ *# *[\w-]+:/m.test(text)],
    ["a comment further left than its neighbours", /^ {2,}\S[^\n]*\r?\n#/m.test(text)],
    ["a comment without a space", /^ *#\w/m.test(text)],
    ["nothing but comments", text.trim() !== "" && text.split("\n").every((line) => /^\s*(?:#|$)/.test(line))],
    ["spaces before a colon", /^ *[\w-]+ +:(?: |$)/m.test(text)],
    ["several spaces behind a colon", /^ *[\w-]+: {2,}[^\s#]/m.test(text)],
    ...[...found].map((name) => [name, true] as const),
  ]);
}
