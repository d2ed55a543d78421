/**
 * Writes the reference pages of `docs/` from the sources: commands from their descriptors, the spec from the table of questions, exit statuses and codes
 * from the places that throw them, the doctor's codes from its judges. A test compares the pages with this output.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { providers } from "../catalog/providers.ts";
import { descriptors } from "../cli/descriptors/all.ts";
import { formatVerbHelp } from "../cli/help.ts";
import { buildSpecSchema, type Schema } from "../questions/schema.ts";
import { questions } from "../questions/table.ts";

/** The expected pages by name. */
export function makeDocs(root: string): ReadonlyMap<string, string> {
  const sources = readSources(join(root, "src"));
  return new Map([
    ["commands.md", makeCommandsPage()],
    ["spec.md", makeSpecPage()],
    ["exit-codes.md", makeExitPage(sources)],
    ["doctor.md", makeDoctorPage(sources)],
  ]);
}

/** Writes them into `docs/`. */
export function writeDocs(root: string): void {
  for (const [name, text] of makeDocs(root)) writeFileSync(join(root, "docs", name), text);
}

const generated = "<!-- Made by `npm run docs` from the sources. Change them, not this page. -->";

function makeCommandsPage(): string {
  return page(
    "Commands",
    descriptors.flatMap((descriptor, index) => [
      ...(index === 0 ? [] : [""]),
      `## ${descriptor.name}`,
      "",
      "```text",
      formatVerbHelp(descriptor).trimEnd(),
      "```",
    ]),
  );
}

function makeSpecPage(): string {
  const schema = buildSpecSchema();
  const flags = questions.map((question) => [
    code(question.key.join(".")),
    code(`--${question.flag}${question.value === "" ? "" : ` <${question.value}>`}`),
    question.env.map(code).join(", "),
    question.help,
  ]);
  return page("The spec: aperture-env.yaml", [
    "The environment that a repository should have, at the repository's root. Only `aperture.url` is required. An omitted key keeps its value from the lock; in a",
    "new environment it gets the proposed value. YAML 1.2 with comments, at most 64 KiB and 8 levels; anchors, aliases, tags and unknown keys are refused with",
    "line and column.",
    "",
    "## Keys",
    "",
    ...table(["key", "value", "default", "what"], rowsOf(schema, schema, [])),
    "",
    "## Providers of the catalogue",
    "",
    "They need no models: without `models` all that the catalogue has can be chosen. Any other name is a provider of your own, which names its models.",
    "",
    ...table(
      ["name", "is", "`api`, the default first"],
      Object.values(providers).map(({ id, name, wireFormats, defaultApi }) => [
        code(id),
        name,
        [defaultApi, ...Object.keys(wireFormats).filter((format) => format !== defaultApi)].map(code).join(", "),
      ]),
    ),
    "",
    "## Flags and variables",
    "",
    "Each question has a key, a flag and a variable. A flag overrides the spec, and is written into it. The spec overrides variables, because it is committed.",
    "After these come the lock, what is detected, and the default.",
    "",
    ...table(["key", "flag", "variable", "what"], flags),
  ]);
}

/** A row for each key with a value, in the schema's order. */
function rowsOf(schema: Schema, root: Schema, path: readonly string[]): string[][] {
  const own = resolve(schema, root);
  const alternatives = (own["oneOf"] as readonly Schema[] | undefined) ?? [];
  const maps = [own, ...alternatives.map((one) => resolve(one, root))].filter(
    (one) => one["properties"] !== undefined || typeof one["additionalProperties"] === "object",
  );
  const rows: string[][] = [];
  const isLeaf = maps.length === 0 || alternatives.length > 0;
  if (path.length > 0 && (isLeaf || own["description"] !== undefined)) {
    const value = isLeaf ? describeValue(own, root) : "a map";
    rows.push([code(path.join(".")), value, own["default"] === undefined ? "" : code(asYaml(own["default"])), describe(own)]);
  }
  for (const map of maps) {
    const others = map["additionalProperties"];
    // Keys of any provider are listed once; the catalogue's providers have a separate table.
    if (typeof others === "object" && others !== null) {
      if (resolve(others as Schema, root)["properties"] !== undefined)
        rows.push(...rowsOf(others as Schema, root, [...path, "<name>"]));
    } else {
      for (const [key, below] of Object.entries((map["properties"] as Record<string, Schema> | undefined) ?? {}))
        rows.push(...rowsOf(below, root, [...path, key]));
    }
  }
  return rows;
}

function describe(schema: Schema): string {
  const text = (schema["description"] as string | undefined) ?? "";
  const examples = schema["examples"] as readonly string[] | undefined;
  return examples === undefined ? text : `${text} For instance ${examples.slice(0, 3).map(code).join(", ")}.`.trim();
}

/** A schema with its references replaced. */
function resolve(schema: Schema, root: Schema): Schema {
  const reference = schema["$ref"] as string | undefined;
  if (reference === undefined) return schema;
  const { $ref: _, ...own } = schema;
  const named = (root["definitions"] as Record<string, Schema>)[reference.replace("#/definitions/", "")]!;
  return { ...resolve(named, root), ...own };
}

const mapOf = "a map of ";

function describeValue(schema: Schema, root: Schema): string {
  const one = resolve(schema, root);
  const { type, enum: choices, const: only, items, oneOf, anyOf, additionalProperties } = one;
  if (only !== undefined) return code(asYaml(only));
  if (Array.isArray(choices)) return choices.map((choice) => code(asYaml(choice))).join(", ");
  // An object's own alternatives say which keys need others.
  const alternatives = type === "object" ? undefined : (oneOf ?? anyOf);
  if (Array.isArray(alternatives)) {
    const said = alternatives.map((each) => describeValue(each as Schema, root));
    // Several maps are one row with the keys of all.
    const maps = said.filter((text) => text.startsWith(mapOf));
    const keys = new Set(maps.flatMap((text) => text.slice(mapOf.length).split(", ")));
    const others = said.filter((text) => !maps.includes(text));
    return [...others, ...(maps.length === 0 ? [] : [mapOf + [...keys].join(", ")])].join("; or ");
  }
  if (type === "array") return `a list of ${describeValue(items as Schema, root)}`;
  const words: Readonly<Record<string, string>> = {
    string: "text",
    integer: "a whole number",
    boolean: "`true` or `false`",
    number: "a number",
    null: "nothing",
  };
  if (type === "object" || (Array.isArray(type) && type.includes("object")))
    return typeof additionalProperties === "object"
      ? "a map by name"
      : `${mapOf}${Object.keys((one["properties"] as object | undefined) ?? {})
          .map(code)
          .join(", ")}`;
  return [type]
    .flat()
    .map((each) => words[each as string] ?? "")
    .join(" or ");
}

function asYaml(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

const exits = [
  ["0", "done, or nothing to do"],
  ["1", "a defect of this program; please report it"],
  ["2", "usage: a flag, a value or an answer is wrong or missing"],
  ["3", "a decision is needed: a conflict, drift, a file that is not ours"],
  ["4", "an environment problem: network, Docker, permissions, Node.js too old"],
  ["130", "interrupted (Ctrl-C): nothing was written"],
];

/** What errors with these codes are about, where the message is known only when the error occurs. */
const madeLater: Readonly<Record<string, string>> = {
  "bad-answer": "A value in the file of --spec, a model or SOURCE_DATE_EPOCH is not valid.",
  "bad-origin": "The gateway's address is not an origin.",
  "cannot-build": "The image cannot be built in this way, or not with this builder.",
  "git-refused": "git refused a command, for example because of permissions or safe.directory.",
  "link-into-git": "A link in the repository leads into git's own folder.",
  "lock-damaged": "The lock is damaged or was not written by this program.",
  misfit: "The connection or another answer does not fit the other answers.",
  "mistaken-command": "The word is neither a command nor a folder, and is similar to a command.",
  "no-docker": "No Docker engine answers, or docker could not be started.",
  "no-effect": "An answer has no effect together with the other answers.",
  "no-forge": "The repository has no remote origin, or it is not a project on GitHub or GitLab.",
  "no-package-for-base": "The version of OpenCode has no package for the base's C library.",
  "no-such-spec": "The file of --spec is missing, or is no text file.",
  "not-pushed": "A branch or an image could not be pushed, or the pull request could not be opened.",
};

/** A message in the sources, if it says enough by itself. */
function describeCode(code: string, literal: string): string {
  const words = madeLater[code] ?? literal;
  if (
    words
      .replaceAll("…", "")
      .split(/\s+/)
      .filter((word) => /\w{2}/.test(word)).length < 3
  )
    throw new Error(`docs/exit-codes.md: say in madeLater what the code ${code} is about, its message is "${literal}"`);
  return words;
}

function makeExitPage(sources: ReadonlyMap<string, string>): string {
  const kinds = [
    ["usageError", "2"],
    ["decisionError", "3"],
    ["environmentError", "4"],
  ] as const;
  const rows = kinds.flatMap(([maker, exit]) => {
    const found = new Map<string, string>();
    for (const text of sources.values()) {
      for (const match of text.matchAll(new RegExp(`\\b${maker}\\(\\s*"([a-z0-9-]+)",\\s*`, "g"))) {
        const message = readLiteral(text, match.index + match[0].length);
        if (!found.has(match[1]!) || found.get(match[1]!) === "") found.set(match[1]!, message);
      }
    }
    return [...found]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, message]) => [exit, code(name), describeCode(name, message)]);
  });
  return page("Exit statuses and error codes", [
    "Every command ends with one of these:",
    "",
    ...table(["exit", "means"], exits),
    "",
    "An error has a stable code, which `--json` gives as `error.code` beside `message`, `hint` and, where there is one, `where` with file, line and column.",
    "",
    ...table(["exit", "code", "message"], rows),
  ]);
}

function makeDoctorPage(sources: ReadonlyMap<string, string>): string {
  const rows = new Map<string, string[]>();
  for (const [file, text] of sources) {
    if (!file.startsWith("doctor/")) continue;
    for (const match of text.matchAll(/\bfound\(\s*"(failure|warning|note)",\s*"([a-z]+)",\s*"([a-z0-9-]+)",\s*/g)) {
      const [whole, severity = "", group = "", name = ""] = match;
      const known = rows.get(name);
      if (known === undefined) rows.set(name, [code(name), group, severity, readLiteral(text, match.index + whole.length)]);
      else if (!known[2]!.split(", ").includes(severity)) known[2] += `, ${severity}`;
    }
  }
  const order = ["opencode", "folders", "config", "connection", "gateway", "models", "surroundings"];
  const sorted = [...rows.values()].sort(
    (left, right) => order.indexOf(left[1]!) - order.indexOf(right[1]!) || (left[0]! < right[0]! ? -1 : 1),
  );
  return page("What the doctor finds", [
    "`aperture-doctor` in a container and `create-aperture-env doctor` outside are one program. Each finding has a stable code, which `--json` gives, a",
    "sentence that says what is, why, and the next thing to try. A failure ends with exit 4; a warning costs something; a note is worth knowing.",
    "",
    ...table(["code", "about", "severity", "message"], sorted),
  ]);
}

/** The text literal at a position of a source, with `…` for its expressions; empty if there is none. */
function readLiteral(text: string, at: number): string {
  const quote = text[at];
  if (quote !== '"' && quote !== "`") return "";
  let literal = "";
  for (let index = at + 1, depth = 0; index < text.length; index++) {
    const unit = text[index]!;
    if (depth > 0) {
      if (unit === "{") depth++;
      else if (unit === "}") depth--;
    } else if (unit === quote) break;
    else if (unit === "\\") literal += { n: " " }[text[++index]!] ?? text[index]!;
    else if (quote === "`" && unit === "$" && text[index + 1] === "{") {
      literal += "…";
      depth = 1;
      index++;
    } else literal += unit;
  }
  return literal.trim();
}

function readSources(folder: string): ReadonlyMap<string, string> {
  return new Map(
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .map((name) => name.replaceAll("\\", "/"))
      .filter((name) => name.endsWith(".ts") && !name.startsWith("scripts/"))
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), "utf8")]),
  );
}

function page(title: string, lines: readonly string[]): string {
  return [`# ${title}`, "", generated, "", ...lines, ""].join("\n");
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)];
}

function code(text: string): string {
  return `\`${text}\``;
}
