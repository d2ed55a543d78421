/**
 * Reads the spec, `aperture-env.yaml`: YAML 1.2 with comments, written by hand or by answering questions.
 * Loaded only where there is a spec, because the YAML parser is the largest part of the program.
 *
 * The spec is hostile input: its size and depth are limited; anchors, aliases, tags and merge keys are refused (none is needed, and aliases can
 * make a small YAML file large); unknown keys are errors; every error has a line and a column.
 */
import {
  Composer,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  type CST,
  type Document,
  type Node,
  type ParsedNode,
  type YAMLMap,
} from "yaml";
import { explainYaml } from "../edit/yaml-words.ts";
import { usageError, type AppError, type Place } from "../errors.ts";
import { questions } from "../questions/table.ts";
import type { QuestionId } from "../questions/types.ts";
import { specPath, type SpecEntries, type SpecEntry } from "./spec.ts";

const maxLength = 64 * 1024;
const maxDepth = 8;

/**
 * Gives the spec's entries by question.
 * Throws a usage error with file:line:column for text that is not YAML, for unknown keys and for YAML features that a spec does not need.
 */
export function parseSpec(source: string, file = specPath): SpecEntries {
  const text = source.replace(/^\ufeff/, "");
  if (text.length > maxLength)
    throw usageError(
      "spec-too-large",
      `The spec is larger than ${maxLength / 1024} KiB.`,
      "Remove what does not belong there: a spec is about a page long.",
      { file },
    );
  const lines = new LineCounter();
  const composer = new Composer({ merge: false, stringKeys: true, version: "1.2" });
  const documents = composer.compose(tokensOf(text, lines, file), true, text.length);
  const [document, another] = documents as Iterable<Document.Parsed> as [Document.Parsed, Document.Parsed?];
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const placeOfNode = (node: Node | null | undefined): Place => (node?.range ? placeOf(node.range[0]) : { file });
  const second = another && { code: "MULTIPLE_DOCS" as const, pos: another.range };
  const problem = document.errors[0] ?? second ?? document.warnings[0];
  if (problem !== undefined) {
    const { why, offset } = explainYaml(problem.code, text, problem.pos[0]);
    throw usageError("spec-not-yaml", `The spec is not valid YAML: ${why}.`, "Fix it, and run again.", placeOf(offset));
  }
  if (document.directives?.yaml.version !== "1.2") {
    throw usageError(
      "spec-unsupported",
      "The spec declares YAML 1.1, in which some words have another meaning.",
      "Remove the %YAML line.",
      placeOf(Math.max(0, text.search(/^%YAML/m))),
    );
  }
  const root = document.contents;
  if (root === null)
    throw usageError("spec-empty", "The spec is empty.", "It needs at least  aperture: { url: http://ai }", { file });
  refuseCleverness(root, 0, placeOfNode);
  if (!isMap(root))
    throw usageError(
      "spec-not-a-map",
      "The spec is not a map of keys.",
      "Write for example  aperture: { url: http://ai }",
      placeOfNode(root),
    );

  const entries: Partial<Record<QuestionId, SpecEntry>> = {};
  collect(root, [], entries, placeOfNode);
  return entries;
}

/**
 * The tokens that the nodes are built from. Refuses input that would take too long to build: deep nesting, because building recurses, and very many
 * errors, because each further one takes the parser longer. The token parser has an explicit stack.
 */
function* tokensOf(text: string, lines: LineCounter, file: string): Generator<CST.Token, void> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  let open = 0;
  let tags = 0;
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    if (lexeme === "[" || lexeme === "{") open++;
    if (lexeme === "]" || lexeme === "}") open--;
    if (lexeme.startsWith("!")) tags++;
    if (parser.stack.length <= maxDepth * 4 && open >= 0 && tags <= maxDepth) continue;
    const before = text.slice(0, parser.offset).split("\n");
    const where = { file, line: before.length, column: Math.max(1, before.at(-1)!.length) };
    if (open >= 0) throw tooClever(tags > maxDepth ? "tags" : `more than ${maxDepth} levels`, where);
    throw usageError(
      "spec-not-yaml",
      `The spec is not valid YAML: ${lexeme} has no opening bracket.`,
      "Fix it, and run again.",
      where,
    );
  }
  yield* parser.end();
}

function tooClever(what: string, where: Place): AppError {
  return usageError("spec-unsupported", `The spec uses ${what}, which a spec does not need.`, "Write the value out.", where);
}

/** Refuses anchors, aliases, tags and depth. */
function refuseCleverness(node: ParsedNode | Node, depth: number, placeOfNode: (node: Node) => Place): void {
  const refuse = (what: string): AppError => tooClever(what, placeOfNode(node));
  if (depth > maxDepth) throw refuse(`more than ${maxDepth} levels`);
  if (isMap(node)) {
    for (const pair of node.items) {
      if (pair.key !== null) refuseCleverness(pair.key as Node, depth + 1, placeOfNode);
      if (pair.value !== null) refuseCleverness(pair.value as Node, depth + 1, placeOfNode);
    }
  } else if (isSeq(node)) {
    for (const item of node.items) refuseCleverness(item as Node, depth + 1, placeOfNode);
  } else if (!isScalar(node)) {
    throw refuse("an alias");
  }
  if ("anchor" in node && node.anchor !== undefined) throw refuse("an anchor");
  if (node.tag !== undefined) throw refuse("a tag");
}

/** Reads the keys that questions have, and refuses all others. */
function collect(
  map: YAMLMap,
  path: readonly string[],
  entries: Partial<Record<QuestionId, SpecEntry>>,
  placeOfNode: (node: Node | null) => Place,
): void {
  for (const pair of map.items) {
    const keyNode = pair.key as Node;
    const key = String(isScalar(keyNode) ? keyNode.value : keyNode);
    const here = [...path, key];
    const question = questions.find((candidate) => equal(candidate.key, here));
    const value = pair.value as Node | null;
    if (question !== undefined) {
      entries[question.id] = { value: value === null ? null : plain(value), place: placeOfNode(value ?? keyNode) };
      continue;
    }
    const below = questions.filter(
      (candidate) => candidate.key.length > here.length && equal(candidate.key.slice(0, here.length), here),
    );
    if (below.length === 0) {
      const known = [
        ...new Set(
          questions
            .filter((candidate) => equal(candidate.key.slice(0, path.length), path))
            .map((candidate) => candidate.key[path.length]!),
        ),
      ];
      const owner = path.length === 0 ? "The spec" : path.join(".");
      throw usageError(
        "spec-unknown-key",
        `${owner} has no key ${JSON.stringify(key)}.`,
        `It knows ${known.join(", ")}.`,
        placeOfNode(keyNode),
      );
    }
    if (value === null || (isScalar(value) && value.value === null)) continue;
    if (!isMap(value))
      throw usageError(
        "spec-not-a-map",
        `${here.join(".")} is not a map.`,
        `It knows ${below.map((candidate) => candidate.key[here.length]).join(", ")}.`,
        placeOfNode(value),
      );
    collect(value, here, entries, placeOfNode);
  }
}

/** The node as plain data, made of objects without a prototype. */
function plain(node: Node): unknown {
  if (isScalar(node)) return node.value;
  if (isSeq(node)) return node.items.map((item) => plain(item as Node));
  if (!isMap(node)) return undefined;
  const result = Object.create(null) as Record<string, unknown>;
  for (const pair of node.items)
    result[String((pair.key as { value?: unknown }).value)] = pair.value === null ? null : plain(pair.value as Node);
  return result;
}

function equal(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((part, index) => part === right[index]);
}
