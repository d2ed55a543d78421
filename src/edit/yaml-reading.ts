/** YAML read for an edit: the nodes with their offsets, the plain value, the comments, and how much of a path exists. Pure. */
import { Composer, isAlias, isMap, isScalar, isSeq, Lexer, Parser, type CST, type Document, type Node, type Pair } from "yaml";
import { refuseAt, type EditRefusal } from "./splice.ts";
import { isTree, type KeyPath } from "./value.ts";
import { isEmptyNode, keyText, pairStart, type Comment, type YamlMap } from "./yaml-layout.ts";
import { explainYaml } from "./yaml-words.ts";

/** Deeper than any file that people write. Building and comparing values recurses, and the call stack is limited. */
const maxDepth = 100;

/** The maximum number of values behind all aliases: a few lines of nested aliases can expand to more than the memory holds. A long text is several. */
const maxAliased = 100_000;
const longText = 100;

/** A map without a prototype. */
export type Plain = Record<string, unknown>;

/** A parsed text. */
export interface Reading {
  readonly ok: true;
  readonly text: string;
  /** The top-level node; null if there is none. */
  readonly root: Node | null;
  /** The value, made of objects without a prototype; aliases are resolved, `<<` is an ordinary key. */
  readonly value: unknown;
  readonly comments: readonly Comment[];
  /** The offset where `...` ends the document, or the end of the text. */
  readonly end: number;
  /** Anchors that an alias refers to: an edit of such a node also changes other places. */
  readonly shared: ReadonlySet<string>;
}

/** How much of a path exists. */
export interface Way {
  readonly ok: true;
  /** One entry for each leading segment that exists: the pair, and the map that contains it. */
  readonly steps: readonly { readonly map: YamlMap; readonly pair: Pair }[];
  /** The map for the next key, or null if there is an empty value or an empty document instead. */
  readonly map: YamlMap | null;
  /** Why the next key must not be added although it is missing: a merge key provides it. */
  readonly merged: EditRefusal | null;
}

/** Reads one YAML 1.2 document, or says where it is none. */
export function read(text: string): Reading | EditRefusal {
  // YAML 1.2 (5.4) counts it as a line end, the parser does not.
  const lone = text.search(/\r(?!\n)/);
  if (lone >= 0) return refuseAt(text, lone, "this is a carriage return without a line feed");
  const comments: Comment[] = [];
  let end: number | null = null;
  let tooDeep: number | null = null;
  // The parser's own loop, plus a check of the depth before nodes are built. Building recurses; the parser itself has an explicit stack.
  function* tokens(): Generator<CST.Token> {
    const parser = new Parser();
    let inScalar = false;
    for (const lexeme of new Lexer().lex(text)) {
      const at = parser.offset;
      if (!inScalar && lexeme.startsWith("#")) comments.push({ at, end: at + lexeme.length });
      if (!inScalar && lexeme === "...") end ??= at;
      inScalar = lexeme === scalarMark;
      yield* parser.next(lexeme);
      if (parser.stack.length <= maxDepth + 2) continue;
      tooDeep = at;
      return;
    }
    yield* parser.end();
  }
  // Without `uniqueKeys`, which compares every pair of keys. Duplicates are refused on the edited path.
  const composer = new Composer({
    version: "1.2",
    schema: "core",
    merge: false,
    resolveKnownTags: false,
    uniqueKeys: false,
    keepSourceTokens: true,
    logLevel: "silent",
  });
  const documents: Document.Parsed[] = [...composer.compose(tokens(), true, text.length)];
  if (tooDeep !== null) return refuseAt(text, tooDeep, `this is nested more than ${maxDepth} levels deep`);
  const [document, second] = documents;
  const error = documents.flatMap(({ errors }) => errors)[0];
  if (error !== undefined) {
    const { why, offset } = explainYaml(error.code, text, error.pos[0]);
    return refuseAt(text, offset, `this is not YAML: ${why}`);
  }
  if (second !== undefined) return refuseAt(text, second.range[0], "a second document starts here");
  if (document!.directives.yaml.version !== "1.2") return refuseAt(text, text.search(/^\ufeff?%YAML/m), "this is not YAML 1.2");
  const root = document!.contents as Node | null;
  const plain = plainOf(text, root);
  if (plain.bad !== null) return refuseAt(text, plain.bad.node.range![0], plain.bad.why);
  return { ok: true, text, root, value: plain.value, comments, end: end ?? text.length, shared: plain.shared };
}

/** The lexer's token before the text of a scalar. */
const scalarMark = "\u001f";

/** The value of a node. An aliased value exists once in memory, but counts towards the limit at each alias. */
function plainOf(
  text: string,
  root: Node | null,
): {
  readonly value: unknown;
  readonly shared: ReadonlySet<string>;
  readonly bad: { readonly node: Node; readonly why: string } | null;
} {
  const anchors = new Map<string, { readonly value: unknown; readonly count: number } | null>();
  const shared = new Set<string>();
  let count = 0;
  let aliased = 0;
  let keys = 0;
  let bad: { readonly node: Node; readonly why: string } | null = null;
  const go = (node: Node | null): unknown => {
    count++;
    if (node === null || bad !== null) return null;
    if (isAlias(node)) {
      shared.add(node.source);
      const anchor = anchors.get(node.source);
      if (anchor) aliased += anchor.count;
      if (anchor && aliased <= maxAliased) {
        count += anchor.count;
        return anchor.value;
      }
      const why = anchor
        ? `aliases stand for more than ${maxAliased} values`
        : `no anchor ${node.source} is complete before this`;
      bad = { node, why };
      return null;
    }
    const { anchor } = node as { anchor?: string };
    const before = count;
    if (anchor !== undefined) anchors.set(anchor, null);
    const value = inside(node);
    if (anchor !== undefined) anchors.set(anchor, { value, count: count - before + 1 });
    return value;
  };
  const inside = (node: Node): unknown => {
    if (isScalar(node)) {
      if (typeof node.value === "string") count += Math.floor(node.value.length / longText);
      return node.value;
    }
    if (isSeq(node)) return node.items.map((item) => go(item as Node | null));
    const result = Object.create(null) as Plain;
    if (isMap(node)) {
      for (const pair of node.items) {
        const key = pair.key as Node | null;
        keys++;
        go(key);
        keys--;
        // A plain value cannot have keys that are not scalars, so their source text is the key; once, however many keys are within it.
        const name = isScalar(key) ? keyText(pair) : keys > 0 ? "" : text.slice(...(key?.range ?? [0, 0])).trim();
        result[name] = go(pair.value as Node | null);
      }
    }
    return result;
  };
  return { value: go(root), shared, bad };
}

/** Follows a path as far as it exists, and refuses anything on it that cannot be edited. */
export function walk({ text, root, value }: Reading, path: KeyPath): Way | EditRefusal {
  const steps: { map: YamlMap; pair: Pair }[] = [];
  let node = root;
  let plain = value;
  for (const [depth, key] of path.entries()) {
    if (node === null || isEmptyNode(node)) return { ok: true, steps, map: null, merged: null };
    const name = depth === 0 ? "this" : JSON.stringify(path[depth - 1]);
    if (!isMap(node)) return refuseAt(text, node.range![0], `${name} is ${isAlias(node) ? "an alias" : "not a map"}`);
    if (node.tag !== undefined) return refuseAt(text, node.range![0], `${name} has a tag`);
    const map: YamlMap = node;
    const odd = map.items.find((pair) => !isScalar(pair.key));
    if (odd !== undefined) return refuseAt(text, pairStart(odd), `a key of ${name} is not a plain one`);
    const [pair, second] = map.items.filter((item) => keyText(item) === key);
    if (second !== undefined) return refuseAt(text, pairStart(second), `the key ${JSON.stringify(key)} is a duplicate`);
    if (pair === undefined) {
      const merge = map.items.find((item) => keyText(item) === "<<" && isScalar(item.key) && item.key.type === "PLAIN");
      const why = `${JSON.stringify(key)} comes from a merge key here, which a new key would override`;
      const merged = merge !== undefined && mergeGives(plain, key) ? refuseAt(text, pairStart(merge), why) : null;
      return { ok: true, steps, map, merged };
    }
    if (pair.srcToken?.start.some(({ type }) => type === "explicit-key-ind"))
      return refuseAt(text, pairStart(pair), `the key ${JSON.stringify(key)} is written with a question mark`);
    steps.push({ map, pair });
    node = pair.value as Node | null;
    plain = (plain as Plain)[key];
  }
  return { ok: true, steps, map: null, merged: null };
}

/** Whether a map gets a key through its merge key. The number of visited maps is limited like that of aliased values. */
function mergeGives(map: unknown, key: string): boolean {
  if (!isTree(map)) return false;
  return [map["<<"]].flat().some((source) => isTree(source) && (Object.hasOwn(source, key) || mergeGives(source, key)));
}
