// aperture-doctor. Made from src/doctor of create-aperture-env, not minified: it is meant to be read. OpenCode's own runtime runs it.
/* eslint-disable */
// biome-ignore-all lint: its source is linted
// src/doctor/main.ts
import { parseArgs } from "node:util";
// src/text/terminal.ts
import { stripVTControlCharacters } from "node:util";
function hiddenCharacters() {
  return new RegExp(
    "(?!(?<=\\p{Extended_Pictographic}\\p{Emoji_Modifier}?)\\uFE0F|(?<=\\p{Extended_Pictographic}(?:\\uFE0F|\\p{Emoji_Modifier})?)\\u200D(?=\\p{Extended_Pictographic}))[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}]",
    "gu");
}
var plain = /^[ -~]*$/;
function visible(text, longest2 = Number.POSITIVE_INFINITY) {
  const seen = plain.test(text) ? text : text.replace(hiddenCharacters(), escapeCharacter);
  return seen.length > longest2 ? `${seen.slice(0, longest2).replace(/[\uD800-\uDBFF]$/, "")}\u2026` : seen;
}
function oneLine(text, longest2 = Number.POSITIVE_INFINITY) { return visible(text.replaceAll(/\s+/g, " ").trim(), longest2); }
function linesOf(said) { return stripVTControlCharacters(said).split("\n").map((line) => line.trim()).filter(Boolean); }
function escapeCharacter(character) { return `\\u{${character.codePointAt(0).toString(16)}}`; }
var SafeText = class _SafeText {
  #text;
  constructor(text) { this.#text = text; }
  /** Without trailing white space. */
  trimEnd() { return new _SafeText(this.#text.trimEnd()); }
  /** The text. Inside another text it is foreign again: its escapes stay readable, and its colour codes become visible. */
  toString() { return this.#text; }
};
function shown(parts, ...values) { return new SafeText(parts.reduce((text, part, index) => text + safe(values[index - 1]) + part)); }
function safe(value) { return value instanceof SafeText ? value.toString() : visible(String(value)); }
function joined(parts, between = "") { return new SafeText(parts.map(safe).join(between)); }
function block(text) {
  return new SafeText(text.split(/(\r?\n|\t)/).map((part, index) => index % 2 === 0 ? visible(part) : part).join(""));
}
function json(value, indent = 0) {
  return new SafeText(JSON.stringify(value, null, indent).replaceAll(/[\u007F-\u009F\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => (
      // Each UTF-16 unit separately.
      Array.from({ length: character.length }, (_, at2) => escapeUnit(character.charCodeAt(at2))).join("")
    )));
}
function escapeUnit(unit) { return `\\u${unit.toString(16).padStart(4, "0")}`; }
function fold(text, width) {
  const lines = [];
  let rest2 = text;
  while (rest2.length > width) {
    const fits = rest2.slice(0, width);
    const at2 = (/^.*[ ,]/s.exec(fits) ?? /^.*\//s.exec(fits))?.[0].length ?? width;
    lines.push(rest2.slice(0, at2).trimEnd());
    rest2 = rest2.slice(at2).trimStart();
  }
  return [...lines, rest2];
}
var styles = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39], cyan: [36, 39] };
function painter(colour) {
  return (style, text) => {
    const [begin, end] = styles[style];
    return new SafeText(colour ? `\x1B[${begin}m${safe(text)}\x1B[${end}m` : safe(text));
  };
}
function wantsColour(stream, env) { return stream.isTTY === true && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb"; }
function printTo(stream) {
  return {
    get isTTY() { return stream.isTTY === true; },
    // Not by its class: each bundle of the built program has its own copy of the class.
    write: (text, done) => void stream.write(String(text), done)
  };
}
// src/connect/no-main.ts
var connectMain = async () => {
  printTo(process.stderr).write(shown`The environment here has nothing to connect.\n`);
  return 1;
};
// src/doctor/types.ts
function fine(group, code2, message) { return { code: code2, group, severity: "ok", message, cause: null, next: null }; }
function found(severity, group, code2, message, cause, next) { return { code: code2, group, severity, message, cause, next }; }
var ranks = ["ok", "note", "warning", "failure"];
function compareSeverity(left, right) { return ranks.indexOf(left) - ranks.indexOf(right); }
function worst(checks) { return checks.reduce((most, { severity }) => compareSeverity(severity, most) > 0 ? severity : most, "ok"); }
function show(text, longest2 = 200) { return visible(text, longest2); }
function listed(words2, limit = 5) {
  const some = words2.length > limit ? [...words2.slice(0, limit), `${words2.length - limit} more`] : words2;
  return some.length < 2 ? some[0] ?? "" : `${some.slice(0, -1).join(", ")} and ${some.at(-1)}`;
}
// src/doctor/report.ts
var titles = { opencode: "OpenCode", folders: "folders", config: "configuration", connection: "connection", gateway: "gateway",
  models: "models", surroundings: "around it" };
var glyphs = { ok: "\u2713", note: "\xB7", warning: "!", failure: "\u2717" };
var styles2 = { ok: "green", note: "dim", warning: "yellow", failure: "red" };
function formatReport({ checks, verdict, origin, ms }, colour, columns = Infinity) {
  const paint = painter(colour);
  const width = Math.max(...Object.values(titles).map((title) => title.length));
  const indent = " ".repeat(width + 6);
  const below = (text, more = "") => joined(fold(visible(text), Math.max(columns - indent.length - more.length, 24)), `\n${indent}${more}`);
  const sayCheck = ({ message, severity, code: code2 }) => {
    if (severity === "ok") return below(message);
    const last = fold(visible(message), Math.max(columns - indent.length, 24)).at(-1);
    const between2 = last.length + code2.length + 4 > columns - indent.length ? shown`\n${indent}` : "  ";
    return shown`${below(message)}${between2}${paint("dim", `(${code2})`)}`;
  };
  const lines = Object.keys(titles).flatMap((group) => checks.filter((check) => check.group === group).flatMap((check, index) => [
    shown`  ${paint(styles2[check.severity], glyphs[check.severity])} ${paint("dim", (index === 0 ? titles[group] : "").padEnd(width))}  ${sayCheck(check)}`,
    ...check.cause === null ? [] : [shown`${indent}${below(sentence(check.cause))}`],
    ...check.next === null ? [] : [shown`${indent}${paint("bold", "\u2192")} ${below(sentence(check.next), "  ")}`]]));
  const count = (severity) => checks.filter((check) => check.severity === severity).length;
  const counted = [[count("failure"), "failure"], [count("warning"), "warning"], [count("note"), "note"]].filter(
    ([number]) => number !== 0).map(([number, word2]) => `${number} ${word2}${number === 1 ? "" : "s"}`);
  const words2 = { ok: "Fine: OpenCode works through the gateway.", note: "Fine: OpenCode works through the gateway.",
    warning: "It works, but see the warnings.", failure: "It does not work yet: see what is marked \u2717." };
  const seconds = `${(ms / 1e3).toFixed(2)} s`;
  const numbers = [...counted, seconds].join(", ");
  const between = words2[verdict].length + numbers.length < columns ? " " : shown`\n`;
  const summary = shown`${paint(styles2[verdict], words2[verdict])}${between}${paint("dim", numbers)}`;
  return shown`${joined([`OpenCode through ${origin ?? "the gateway"}`, "", ...lines, "", summary], "\n")}\n`;
}
function formatJson({ verdict, origin, checks, ms }) {
  return shown`${json({ schemaVersion: 1, verdict, origin, ms: Math.round(ms), checks })}\n`;
}
function formatVerdict({ checks, verdict }) {
  if (verdict !== "failure") return null;
  const failures = checks.filter(({ severity }) => severity === "failure");
  const [first] = failures;
  const more = failures.length > 1 ? ` (and ${failures.length - 1} more)` : "";
  return shown`${first.message}${more}. ${sentence(first.next ?? "")} aperture-doctor checks again.`;
}
function sorted(checks) {
  const groups = Object.keys(titles);
  return [...checks].sort(
    (left, right) => groups.indexOf(left.group) - groups.indexOf(right.group) || compareSeverity(right.severity, left.severity));
}
function sentence(text) { return `${upperFirst(text)}${text.endsWith("?") ? "" : "."}`; }
function upperFirst(text) {
  return /^(?:npx|opencode|docker|tailscale|aperture-(?:doctor|connect))\b/.test(text) ? text
    : `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
// src/doctor/before-prompt.ts
var promptTimes = { answer: 400, whole: 600 };
var certain = /^(?:name-(?!server-silent)|proxy|network-gone|origin-https-short|gateway-(?:refused|unreachable|proxy|certificate|speaks-http)$)/;
function warnBeforePrompt(report) {
  const checks = report.checks.filter(({ group, severity }) => (group === "gateway" || group === "connection") && severity === "failure");
  const [first] = checks;
  if (first === void 0) return null;
  const isCertain = certain.test(first.code);
  const said = formatVerdict({ ...report, verdict: "failure", checks });
  const skip = isCertain ? " APERTURE_ENV_PROBE=0 skips this check." : "";
  return { line: shown`opencode (aperture-env): ${said}${skip}\n`, isCertain };
}
// src/doctor/doctor.ts
import { existsSync as existsSync7 } from "node:fs";
// src/clock.ts
var form = /^\d{4}-\d{2}-\d{2}$/;
function todayFrom(env) {
  const given = env["APERTURE_ENV_TODAY"] ?? "";
  return form.test(given) && !Number.isNaN(Date.parse(given)) ? given : (/* @__PURE__ */ new Date()).toISOString().slice(0, 10);
}
function daysBetween(from, to) { return (Date.parse(to) - Date.parse(from)) / 864e5; }
// src/text/nesting.ts
function findBeyond(text, { depth, parts }) {
  const jump = /["/[\]{},]/g;
  let level = 0;
  let count = 0;
  for (let match2 = jump.exec(text); match2 !== null; match2 = jump.exec(text)) {
    const { index } = match2;
    if (match2[0] === '"') jump.lastIndex = endOfString(text, index + 1);
    else if (match2[0] === "/") jump.lastIndex = endOfComment(text, index);
    else if (match2[0] === "]" || match2[0] === "}") level = Math.max(0, level - 1);
    else {
      if (match2[0] !== ",") level++;
      if (level > depth || ++count > parts) return index;
    }
  }
  return null;
}
function endOfString(text, from) {
  const stop = /["\n\r\\]/g;
  stop.lastIndex = from;
  for (let match2 = stop.exec(text); match2 !== null; match2 = stop.exec(text)) {
    if (match2[0] !== "\\") return stop.lastIndex;
    stop.lastIndex++;
  }
  return text.length;
}
function endOfComment(text, at2) {
  const kind = text[at2 + 1];
  if (kind !== "/" && kind !== "*") return at2 + 1;
  const end = kind === "*" ? text.indexOf("*/", at2 + 2) : text.slice(at2).search(/[\n\r]/);
  if (end === -1) return text.length;
  return kind === "*" ? end + 2 : at2 + end;
}
// src/doctor/config/jsonc.ts
var Unreadable = class {
  why;
  offset;
  constructor(why, offset) { this.why = why; this.offset = offset; }
};
function readJsonc(text, witness = {}) {
  const path = [];
  let token = scan(text, 0);
  const next = () => void (token = scan(text, token.end));
  const fail = (why) => { throw new Unreadable(why, token.start); };
  const readValue = () => {
    const { kind, start, end, value: value2 } = token;
    if (!["{", "[", "text", "value"].includes(kind)) fail("Value expected");
    witness.value?.(start, path);
    if (kind === "{") return readObject2();
    if (kind === "[") return readList();
    if (typeof value2 === "string") witness.text?.(value2, start, end);
    next();
    return value2;
  };
  const readObject2 = () => {
    const object = {};
    readEntries("}", "brace", () => {
      const { kind, start, end, value: value2 } = token;
      if (kind !== "text") fail("Property name expected");
      const key2 = value2;
      witness.text?.(key2, start, end);
      next();
      if (token.kind !== ":") fail("Colon expected");
      next();
      path.push(key2);
      object[key2] = readValue();
      path.pop();
    });
    return object;
  };
  const readList = () => {
    const list = [];
    readEntries("]", "bracket", () => {
      path.push(list.length);
      list.push(readValue());
      path.pop();
    });
    return list;
  };
  const readEntries = (close, called, readEntry) => {
    next();
    for (let isFirst = true; token.kind !== close && token.kind !== "end"; isFirst = false) {
      if (token.kind === ",") {
        if (isFirst) fail("Value expected");
        next();
        if (token.kind === close) break;
      } else if (!isFirst) fail("Comma expected");
      readEntry();
    }
    if (token.kind !== close) fail(`Close ${called} expected`);
    next();
  };
  const value = readValue();
  if (token.kind !== "end") fail("End of file expected");
  return value;
}
var words = { true: true, false: false, null: null };
function scan(text, from) {
  const start = behindComments(text, from);
  const first = text[start];
  if (first === void 0) return { kind: "end", start, end: start, value: void 0 };
  if ("{}[]:,".includes(first)) return { kind: first, start, end: start + 1, value: void 0 };
  if (first === '"') return scanText(text, start);
  const digits = match(/-?(?:0|[1-9]\d*)(?:\.\d*)?(?:e[+-]?\d*)?/iy, text, start);
  if (digits !== "") {
    if (/\.(?!\d)|e[+-]?$/i.test(digits)) throw new Unreadable("Unexpected end of number", start);
    return { kind: "value", start, end: start + digits.length, value: Number(digits) };
  }
  const word2 = match(/[^ \t\r\n{}[\]":,/]+/y, text, start);
  if (!Object.hasOwn(words, word2)) throw new Unreadable("Invalid symbol", start);
  return { kind: "value", start, end: start + word2.length, value: words[word2] };
}
function match(pattern, text, at2) { pattern.lastIndex = at2; return pattern.exec(text)?.[0] ?? ""; }
function behindComments(text, from) {
  let at2 = from;
  for (; ;) {
    at2 += match(/[ \t\r\n]+/y, text, at2).length;
    if (text.startsWith("//", at2)) at2 += match(/[^\r\n]+/y, text, at2).length;
    else if (text.startsWith("/*", at2)) {
      const end = text.indexOf("*/", at2 + 2);
      if (end === -1) throw new Unreadable("Unexpected end of comment", at2);
      at2 = end + 2;
    } else return at2;
  }
}
function scanText(text, start) {
  const stop = /["\r\n\\]/g;
  stop.lastIndex = start + 1;
  let found2 = stop.exec(text);
  for (; found2?.[0] === "\\"; found2 = stop.exec(text)) stop.lastIndex++;
  if (found2?.[0] !== '"') throw new Unreadable("Unexpected end of string", start);
  const end = stop.lastIndex;
  const quoted = text.slice(start, end);
  let wrong = "";
  for (const [odd] of quoted.matchAll(/\\(?:u[\da-f]{0,4}|[^])|[^ -\uffff]/gi))
    if (odd.startsWith("\\u")) wrong = odd.length === 6 ? wrong : "Invalid unicode";
      else if (odd.startsWith("\\")) wrong = /^\\["\\/bfnrt]$/.test(odd) ? wrong : "Invalid escape character";
        else wrong = "Invalid character";
  if (wrong !== "") throw new Unreadable(wrong, start);
  return { kind: "text", start, end, value: JSON.parse(quoted) };
}
// src/doctor/config/substitute.ts
var largest = 16 * 1024 * 1024;
var mostReferences = 1e4;
function substitute(text, folder, world, env) {
  const variables2 = fill({ text, spans: [] }, /\{env:([^}]+)\}/g, (name) => env[name] ?? "");
  if (!variables2.ok) return variables2;
  const filled = variables2.text;
  let lineStart = 0;
  return fill(variables2, /\{file:([^}]+)\}/g, (path, index) => {
    for (let end = filled.indexOf("\n", lineStart); end !== -1 && end < index; end = filled.indexOf("\n", lineStart)) lineStart = end + 1;
    if (filled.slice(lineStart, index).trimStart().startsWith("//")) return void 0;
    const named = path.startsWith("~/") ? `${world.home}/${path.slice(2)}` : path;
    const read2 = world.read(named.startsWith("/") ? named : `${folder}/${named}`);
    return read2.kind === "text" ? JSON.stringify(read2.text.trim()).slice(1, -1) : null;
  });
}
function veil(text, written2) { return { text, spans: [{ start: 0, end: text.length, written: written2 }] }; }
function writtenBetween({ text, spans }, from, to) {
  let written2 = null;
  let done = from;
  for (let index = firstBehind(spans, from); index < spans.length && spans[index].start < to; index++) {
    const { start, end, written: reference } = spans[index];
    if (end === from) continue;
    written2 = `${written2 ?? ""}${text.slice(done, Math.max(done, start))}${reference}`;
    done = Math.max(done, end);
  }
  return written2 === null ? null : written2 + text.slice(Math.min(done, to), to);
}
function firstBehind(spans, offset) {
  let low = 0;
  for (let high = spans.length; low < high;) {
    const middle = low + high >> 1;
    if (spans[middle].end < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
function writtenLine(filled, offset) { return (writtenBetween(filled, 0, offset) ?? filled.text.slice(0, offset)).split("\n").length; }
function fill(source, pattern, valueOf) {
  const { text, spans } = source;
  const parts = [];
  const placed2 = [];
  let length = 0;
  let done = 0;
  let next = 0;
  let count = 0;
  const copy = (to) => {
    for (; next < spans.length && spans[next].start <= to; next++) {
      const { start, end, written: written2 } = spans[next];
      const [from, until] = [Math.max(start, done), Math.min(end, to)];
      if (from < until || start === end && from === until)
        placed2.push({ start: from - done + length, end: until - done + length, written: written2 });
      if (end > to) break;
    }
    parts.push(text.slice(done, to));
    length += to - done;
    done = to;
  };
  for (const match2 of text.matchAll(pattern)) {
    const value = valueOf(match2[1], match2.index);
    if (value === void 0) continue;
    const end = match2.index + match2[0].length;
    const written2 = writtenBetween(source, match2.index, end) ?? match2[0];
    if (value === null) return { ok: false, reference: written2, why: "unreadable" };
    copy(match2.index);
    parts.push(value);
    placed2.push({ start: length, end: length + value.length, written: written2 });
    length += value.length;
    done = end;
    count++;
    if (length > largest || count > mostReferences) return { ok: false, reference: written2, why: "too-large" };
  }
  copy(text.length);
  return { ok: true, text: parts.join(""), spans: placed2 };
}
// src/doctor/config/json.ts
function isObject(value) { return typeof value === "object" && value !== null && !Array.isArray(value); }
function at(value, ...path) {
  return path.reduce((inner, key2) => isObject(inner) && Object.hasOwn(inner, key2) ? inner[key2] : void 0, value);
}
function textAt(value, ...path) {
  const inner = at(value, ...path);
  return typeof inner === "string" ? inner : void 0;
}
function textsAt(value, ...path) {
  const inner = at(value, ...path);
  return Array.isArray(inner) ? inner.filter((each) => typeof each === "string") : void 0;
}
function entriesAt(value, ...path) {
  const inner = at(value, ...path);
  return isObject(inner) ? Object.entries(inner) : [];
}
var largest2 = { depth: 200, parts: 1e6 };
function parseJsonc(text) {
  const beyond = findBeyond(text, largest2);
  if (beyond !== null) return { ok: false, why: `Nested more than ${largest2.depth} deep, or endless`, offset: beyond };
  return read(text);
}
function read(text, witness = {}) {
  try { return { ok: true, value: readJsonc(text, witness) }; } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { ok: false, why: error.why, offset: error.offset };
  }
}
function stringsOf(text) {
  const found2 = [];
  read(text, { text: (value, start, end) => found2.push({ value, start, end }) });
  return found2;
}
function lineOf(filled, path) {
  let found2;
  read(filled.text,
    { value: (start, here) => { if (here.length === path.length && here.every((key2, index) => key2 === path[index])) found2 = start; } });
  return found2 === void 0 ? void 0 : writtenLine(filled, found2);
}
// src/doctor/config/launch.ts
function isManaged({ managed }, opencodeJson) { return managed ?? (opencodeJson !== null && !opencodeJson.includes("{env:APERTURE_URL}")); }
function launchedUrl(given, gateway) {
  const url = normaliseUrl(trimmed(given ?? "") || gateway);
  return [...url].some((character) => character <= " " || '"\\\x7F'.includes(character)) ? null : url;
}
function trimmed(given) { return given.replace(/^[\t-\r "']+|[\t-\r "']+$/g, ""); }
function normaliseUrl(given) {
  const typed = trimmed(given);
  let url = typed.includes("://") ? typed : `http://${typed}`;
  for (; ;) {
    const shorter = /:\/\/.*\/$/.test(url) ? url.slice(0, -1) : /:\/\/.*\/v1$/.test(url) ? url.slice(0, -3) : url;
    if (shorter === url) return url;
    url = shorter;
  }
}
var silencingVariables = [
  { name: "OPENCODE_DISABLE_MODELS_FETCH", use: null },
  { name: "OPENCODE_DISABLE_AUTOUPDATE", use: null },
  { name: "OPENCODE_DISABLE_LSP_DOWNLOAD", use: "lsp" },
  { name: "OPENCODE_DISABLE_SHARE", use: "share" },
  { name: "OPENCODE_DISABLE_DEFAULT_PLUGINS", use: null }
];
function isAllowed({ online }, use) { return use !== null && online.includes(use); }
// src/catalog/wire-formats.ts
var vertexProject = "_aperture_auto_vertex_project_id_";
var vertexRegion = "_aperture_auto_vertex_region_";
var wireFormats = { messages: { suffix: "/v1", path: "/v1/messages", npm: "@ai-sdk/anthropic", modelInPath: false, noSlash: false },
  responses: { suffix: "/v1", path: "/v1/responses", npm: "@ai-sdk/openai", modelInPath: false, noSlash: false },
  chat: { suffix: "/v1", path: "/v1/chat/completions", npm: "@ai-sdk/openai-compatible", modelInPath: false, noSlash: false },
  "generate-content": { suffix: "/v1beta", path: "/v1beta/models/{model}:generateContent", npm: "@ai-sdk/google", modelInPath: true,
    noSlash: true },
  vertex: { suffix: `/v1/projects/${vertexProject}/locations/${vertexRegion}/publishers/google`,
    path: "/v1/projects/{project}/locations/{region}/publishers/google/models/{model}:generateContent", npm: "@ai-sdk/google-vertex",
    modelInPath: true, noSlash: true },
  converse: { suffix: "/bedrock", path: "/bedrock/model/{model}/converse", npm: "@ai-sdk/amazon-bedrock", modelInPath: true,
    noSlash: false } };
// src/opencode/vendors.ts
var switchedOnBy = { "github-copilot": ["GITHUB_TOKEN"], huggingface: ["HF_TOKEN"],
  "amazon-bedrock": ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK"], "google-vertex": ["GOOGLE_CLOUD_PROJECT"],
  anthropic: ["ANTHROPIC_API_KEY"], openai: ["OPENAI_API_KEY"], google: ["GEMINI_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"],
  openrouter: ["OPENROUTER_API_KEY"], groq: ["GROQ_API_KEY"], xai: ["XAI_API_KEY"], mistral: ["MISTRAL_API_KEY"],
  deepseek: ["DEEPSEEK_API_KEY"] };
var addressedBy = { anthropic: "ANTHROPIC_BASE_URL", openai: "OPENAI_BASE_URL" };
var takesEndpoint = "amazon-bedrock";
var keyVariables = /^(?:ANTHROPIC|OPENAI|GEMINI|GOOGLE|GOOGLE_GENERATIVE_AI|OPENROUTER|GROQ|XAI|MISTRAL|DEEPSEEK|AZURE|AZURE_OPENAI|COHERE|OPENCODE|CEREBRAS|TOGETHER|PERPLEXITY|FIREWORKS)_(?:API_KEY|AUTH_TOKEN)$/;
// src/doctor/config/providers.ts
function findChoices({ config, catalogue, auth, env, routes }) {
  const enabled = textsAt(config, "enabled_providers") ?? null;
  const disabled = textsAt(config, "disabled_providers") ?? [];
  const allowed = (id) => (enabled === null || enabled.includes(id)) && !disabled.includes(id);
  const configured = entriesAt(config, "provider").map(([id]) => id);
  const known = (id) => catalogue === null || isObject(at(catalogue, id));
  const stored = Object.keys(auth).filter((id) => known(id) && keyOf(auth, id) !== void 0);
  const ambient = Object.entries(switchedOnBy).flatMap(([id, variables2]) => {
    const variable = variables2.find((name) => (env[name] ?? "") !== "");
    return variable !== void 0 && known(id) && allowed(id) && !configured.includes(id) && !stored.includes(id) ? [{ id, variable }] : [];
  });
  const ids = [.../* @__PURE__ */ new Set([...configured, ...stored])].filter((id) => id !== "opencode" && allowed(id));
  return { enabled, hosted: allowed("opencode") && known("opencode"), ambient,
    providers: ids.map((id) => viewOf(id, { config, catalogue, auth, env, routes })) };
}
function keyOf(auth, id) {
  const entry = at(auth, id);
  if (textAt(entry, "type") === "oauth") return "oauth";
  return textAt(entry, "type") === "api" ? textAt(entry, "key") || void 0 : void 0;
}
function viewOf(id, { config, catalogue, auth, env, routes }) {
  const provider = at(config, "provider", id);
  const listed2 = entriesAt(provider, "models");
  const inCatalogue = entriesAt(catalogue, id, "models");
  const models = new Map(
    [...inCatalogue.map(([name]) => [name, name]), ...listed2.map(([name, model]) => [name, textAt(model, "id") ?? name])]);
  return { id, addresses: addressesOf(id, { config, catalogue, env }, listed2), ...keyFor(id, { config, auth, env }, provider),
    npm: textAt(catalogue, id, "npm") ?? textAt(provider, "npm") ?? (catalogue === null ? null : wireFormats.chat.npm),
    routes: routes.get(id) ?? /* @__PURE__ */ new Map(), models: catalogue === null && listed2.length === 0 ? null : models };
}
function addressesOf(id, { config, catalogue, env }, listed2) {
  const base = ["provider", id, "options", "baseURL"];
  const baseUrl = textAt(config, ...base);
  const elsewhere = listed2.some(([, model]) => textAt(model, "provider", "api") !== void 0);
  if (baseUrl !== void 0 && !(baseUrl === "" && elsewhere)) return [{ url: baseUrl, by: base }];
  const endpoint = ["provider", id, "options", "endpoint"];
  if (id === takesEndpoint && textAt(config, ...endpoint) !== void 0) return [{ url: textAt(config, ...endpoint), by: endpoint }];
  const variable = addressedBy[id];
  const own = textAt(config, "provider", id, "api") ?? textAt(catalogue, id, "api");
  const ofModels = listed2.flatMap(([name, model]) => {
    const url = textAt(model, "provider", "api");
    return url === void 0 ? [] : [{ url, by: ["provider", id, "models", name, "provider", "api"] }];
  });
  const rest2 = ofModels.length === listed2.length && listed2.length > 0 ? [] : own === void 0 ? []
    : [{ url: own, by: ["provider", id, "api"] }];
  if (ofModels.length + rest2.length > 0) return [...ofModels, ...rest2];
  return variable !== void 0 && env[variable] ? [{ url: env[variable], by: [variable] }] : [];
}
function keyFor(id, { config, auth, env }, provider) {
  const path = ["provider", id, "options", "apiKey"];
  const judge = (key2, by) => key2.trim() === "-" ? { key: "placeholder", keyBy: by } : { key: key2 === "" ? "none" : "real", keyBy: by };
  const inConfig = textAt(config, ...path);
  if (inConfig !== void 0) return judge(inConfig, path);
  const stored = keyOf(auth, id);
  if (stored !== void 0) return judge(stored, ["auth.json"]);
  const variable = (textsAt(provider, "env") ?? switchedOnBy[id] ?? []).find((name) => (env[name] ?? "") !== "");
  return variable === void 0 ? { key: "none", keyBy: path } : judge(env[variable], [variable]);
}
var paths = new Map(Object.values(wireFormats).map(({ npm, path }) => [npm, path]));
function wirePath({ npm, id, routes }, config, model) {
  const provider = at(config, "provider", id);
  const listed2 = at(provider, "models", model) === void 0 ? void 0 : textAt(provider, "npm");
  const speaks = textAt(provider, "models", model, "provider", "npm") ?? listed2 ?? npm ?? "";
  const path = routes.get(speaks) ?? paths.get(speaks);
  return path === void 0 || path.includes("{") ? null : path;
}
function splitModel(text) {
  const slash = text.indexOf("/");
  return slash === -1 ? [text, ""] : [text.slice(0, slash), text.slice(slash + 1)];
}
// src/doctor/config/quote.ts
var unseen = "(a text that only OpenCode has)";
function quoteFrom(layers, resolved = null) {
  const literal = /* @__PURE__ */ new Set();
  const filled = /* @__PURE__ */ new Map();
  for (const layer of layers) for (const [counted, written2] of textsIn(layer)) {
    if (written2 === null) literal.add(counted);
    else filled.set(counted, written2);
  }
  for (const text of textsOf(resolved)) if (!filled.has(text)) filled.set(text, unseen);
  const writingOf = (counted) => literal.has(counted) ? null : filled.get(counted) ?? null;
  return {
    text: (counted) => show(writingOf(counted) ?? counted),
    address: (counted) => show(bareAddress(writingOf(counted) ?? counted)),
    origin(counted) {
      const written2 = writingOf(counted);
      if (written2 === null) return show(URL.canParse(counted) ? new URL(counted).origin : bareAddress(counted));
      const bare = bareAddress(written2);
      const [host = ""] = /^[a-z][a-z0-9+.-]*:\/\/(?:\{(?:env|file):[^}]+\}|[^/])*/i.exec(bare) ?? [];
      if (host !== "" && !references.test(host) && URL.canParse(host)) return show(new URL(host).origin);
      return `what ${show(references.exec(bare)?.[0] ?? bare)} stands for`;
    }
  };
}
var references = /\{(?:env|file):[^}]+\}/;
function bareAddress(text) {
  const held = [];
  const marked = text.replace(new RegExp(references, "g"), (reference) => `\uE000${held.push(reference) - 1}\uE000`);
  const bare = marked.replace(/^([a-z][a-z0-9+.-]*:[\\/]*|[\\/]{2})?[^/?#\\]*@/i, "$1").replace(/[?#].*$/s, "");
  return bare.replace(/\ue000(\d+)\ue000/g, (_whole, index) => held[Number(index)] ?? "");
}
function* textsIn(layer) {
  for (const { value, start, end } of stringsOf(layer.text)) {
    const written2 = writtenBetween(layer, start, end);
    yield [value, written2 === null ? null : unquoted(written2)];
  }
}
function unquoted(written2) {
  try {
    const text = JSON.parse(written2);
    return typeof text === "string" ? text : written2;
  } catch { return written2; }
}
function* textsOf(value) {
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next === "string") yield next;
    else if (Array.isArray(next)) for (const each of next) left.push(each);
    else if (isObject(next)) for (const [key2, inner] of Object.entries(next)) { yield key2; left.push(inner); }
  }
}
// src/doctor/config/world.ts
function foldersUp(from, to) {
  const folders = [from];
  for (let folder = from; folder !== to && folder !== "/";) { folder = parentOf(folder); folders.push(folder); }
  return folders;
}
function parentOf(path) { return path.slice(0, path.lastIndexOf("/")) || "/"; }
function worktreeOf(world) {
  return foldersUp(world.cwd, "/").find((folder) => world.exists(folder === "/" ? "/.git" : `${folder}/.git`)) ?? "/";
}
// src/doctor/config/resolve.ts
function isOn(value) { return value !== void 0 && ["1", "true"].includes(value.toLowerCase()); }
function places(world) {
  const { env, home, cwd } = world;
  const worktree = worktreeOf(world);
  const up = isOn(env["OPENCODE_DISABLE_PROJECT_CONFIG"]) ? [] : foldersUp(cwd, worktree);
  const global = `${env["XDG_CONFIG_HOME"] || `${home}/.config`}/opencode`;
  const folders = [.../* @__PURE__ */ new Set([...up.map((folder) => join(folder, ".opencode")), join(home, ".opencode")])].filter(
    (folder) => world.exists(folder));
  const own = env["OPENCODE_CONFIG_DIR"];
  const managed = env["OPENCODE_TEST_MANAGED_CONFIG_DIR"] || "/etc/opencode";
  const both = (folder, kind) => ["opencode.json", "opencode.jsonc"].map((name) => ({ source: join(folder, name), kind }));
  const wanted = [{ source: join(global, "config.json"), kind: "global" }, ...both(global, "global"),
    ...env["OPENCODE_CONFIG"] ? [{ source: absolute(env["OPENCODE_CONFIG"], cwd), kind: "environment" }] : [],
    ...up.toReversed().flatMap((folder) => both(folder, "project")),
    ...[.../* @__PURE__ */ new Set([...folders, ...own ? [absolute(own, cwd)] : []])].flatMap((folder) => both(folder, "folder")),
    ...env["OPENCODE_CONFIG_CONTENT"] ? [{ source: "OPENCODE_CONFIG_CONTENT", kind: "variable", text: env["OPENCODE_CONFIG_CONTENT"] }]
      : [], ...both(managed, "managed")];
  return { wanted, folders, worktree };
}
function join(folder, name) { return folder === "/" ? `/${name}` : `${folder}/${name}`; }
function absolute(path, cwd) { return path.startsWith("/") ? path : join(cwd, path); }
function resolveConfig(world) {
  const { wanted, folders, worktree } = places(world);
  const layers = [];
  const problems = [];
  for (const { source, kind, text } of wanted) {
    const read2 = text === void 0 ? world.read(source) : { kind: "text", text };
    if (read2.kind === "unreadable" && read2.why === "EISDIR") problems.push({ code: "config-unreadable", source, why: "it is a folder" });
    if (read2.kind !== "text" || read2.text === "") continue;
    const loaded = load(read2.text, text === void 0 ? parentOf(source) : world.cwd, world, text === void 0 ? null : source);
    if (loaded.ok) layers.push({ source, kind, filled: loaded.filled, value: loaded.value });
    else problems.push({ ...loaded.problem, source });
  }
  return { config: mergeLayers(layers), layers, problems, folders, worktree };
}
function load(text, folder, world, variable) {
  const substituted = substitute(text, folder, world, world.env);
  if (!substituted.ok) {
    const reference = variable === null ? substituted.reference : `{env:${variable}}`;
    const why = substituted.why === "too-large" ? "puts in more than any configuration holds" : "cannot be read";
    return { ok: false, problem: { code: "config-reference", why: `${reference} ${why}` } };
  }
  const filled = variable === null ? substituted : veil(substituted.text, `{env:${variable}}`);
  const parsed = parseJsonc(filled.text);
  if (!parsed.ok) {
    const line = variable === null ? { line: writtenLine(filled, parsed.offset) } : {};
    return { ok: false, problem: { code: "config-unreadable", why: parsed.why, ...line } };
  }
  const wrong = findWrongType(parsed.value, quoteFrom([filled]));
  if (wrong !== null) return { ok: false, problem: { code: "config-invalid", why: wrong } };
  return { ok: true, filled, value: parsed.value };
}
var isText = (value) => typeof value === "string";
var isTexts = (value) => Array.isArray(value) && value.every(isText);
var isMap = (value) => isObject(value);
var types = { model: [isText, "a text"], small_model: [isText, "a text"], enabled_providers: [isTexts, "a list of texts"],
  disabled_providers: [isTexts, "a list of texts"], instructions: [isTexts, "a list of texts"], username: [isText, "a text"],
  provider: [isMap, "an object"], share: [(value) => ["manual", "auto", "disabled"].includes(value), "manual, auto or disabled"],
  autoupdate: [(value) => typeof value === "boolean" || value === "notify", "true, false or notify"] };
function findWrongType(value, quote) {
  if (!isObject(value)) return "it is not an object";
  for (const [key2, [test, wanted]] of Object.entries(types))
    if (value[key2] !== void 0 && !test(value[key2])) return `${key2} is not ${wanted}`;
  for (const [id, provider] of Object.entries(isObject(value["provider"]) ? value["provider"] : {})) {
    const name = `provider.${quote.text(id)}`;
    if (!isObject(provider)) return `${name} is not an object`;
    for (const key2 of ["options", "models"])
      if (provider[key2] !== void 0 && !isObject(provider[key2])) return `${name}.${key2} is not an object`;
    for (const key2 of ["npm", "api", "name"])
      if (provider[key2] !== void 0 && typeof provider[key2] !== "string") return `${name}.${key2} is not a text`;
  }
  return null;
}
function mergeLayers(layers) {
  const merge = (kinds) => kinds.reduce((config, { value }) => mergeDeep(config, value), {});
  const global = merge(layers.filter(({ kind }) => kind === "global"));
  return layers.filter(({ kind }) => kind !== "global").reduce((config, { value }) => {
    const merged = mergeDeep(config, value);
    const [before, after2] = [config["instructions"], value["instructions"]];
    return Array.isArray(before) && Array.isArray(after2)
      ? { ...merged, instructions: [.../* @__PURE__ */ new Set([...before, ...after2])] } : merged;
  }, global);
}
function mergeDeep(left, right) {
  const merged = Object.assign(/* @__PURE__ */ Object.create(null), left);
  for (const [key2, value] of Object.entries(right)) {
    const before = merged[key2];
    merged[key2] = isObject(before) && isObject(value) ? mergeDeep(before, value) : value;
  }
  return merged;
}
// src/doctor/judge/alone.ts
function judgeNetwork(facts) { return judgeAlone(facts) ?? judgeHost(facts); }
function judgeAlone({ seen, taken, probe, gateway }) {
  const isMeant = taken.way !== "sidecar" && !probe.resolver.servers.some((server) => server !== "127.0.0.1");
  if (!seen.isAlone || isMeant || /^localhost$|^127\./.test(gateway.hostname)) return null;
  const shared = "the container whose network it uses was restarted or has ended, and this one still uses the old network";
  const recreate = "start the other container (docker compose up -d), then recreate this one: Rebuild Container, or  docker compose up -d --force-recreate";
  const isShared = taken.way === "sidecar";
  return found("failure", "connection", "network-gone", "This container has no network but itself (lo)",
    isShared ? shared : `it was started without one (--network none); or ${shared}`,
    isShared ? recreate : `start it with a network that leads to the gateway; if it uses another container's network, ${recreate}`);
}
function judgeHost({ probe, gateway }) {
  if (gateway.hostname !== "host.docker.internal" || !("phase" in probe.models)) return null;
  return found("failure", "connection", "unplug-host", `Nothing answers at ${gateway.origin}, where ts-unplug on the host should`,
    "it does not run there, or the engine does not forward the host's loopback, the only address that ts-unplug binds: Docker Desktop does, an engine on Linux does not",
    `start it on the host with  -port ${gateway.port || 80}  or, on Linux, use another connection (aperture.connection)`);
}
function withOtherWay(checks, { taken, settings, isAnswered: isAnswered2 }) {
  if (taken.way !== "auto" || isAnswered2 || settings?.programs !== false) return checks;
  const other = "or write  tailscale: {}  below aperture: in aperture-env.yaml, run update and rebuild: then the container can become a tailnet node";
  return checks.map(
    (check) => check.severity === "failure" && check.group === "gateway" ? { ...check, next: `${check.next}; ${other}` } : check);
}
// src/doctor/judge/attribution.ts
function judgeAttribution({ attribution }, headers) {
  if (attribution.length === 0) return [];
  const names2 = attribution.map((name) => show(name));
  const said = (message) => [fine("config", "attribution", message)];
  if (headers === null) return said(`Headers for the gateway's log, in the container: ${listed(names2, 16)}`);
  const sent = [...headers.matchAll(/"x-aperture-env-([a-z0-9-]+)": "([^"]*)"/g)].map(([, name, value]) => [name, value]);
  const rest2 = names2.filter((name) => !sent.some(([other]) => other === name));
  const carried = listed(sent.map(([name, value]) => `${name} ${show(value)}`), 16);
  const without = rest2.length === 0 ? "" : `${sent.length === 0 ? "" : "; "}no value here for ${listed(rest2, 16)}`;
  return said(`Headers for the gateway's log: ${carried}${without}`);
}
// src/opencode/config-keys.ts
var key = (path, kind, managed) => ({ path: path.split("."), kind, managed });
var configKeys = [key("model", "model", "held"), key("small_model", "model", "held"), key("agent.*.model", "model", "refused"),
  key("mode.*.model", "model", "refused"), key("command.*.model", "model", "refused"), key("enabled_providers.*", "providers", "held"),
  key("disabled_providers.*", "providers", "held"), key("provider.*.options.baseURL", "address", "held"),
  key("provider.*.options.endpoint", "address", "held"), key("provider.*.options.enterpriseUrl", "address", "held"),
  key("provider.*.api", "address", "held"), key("provider.*.models.*.provider.api", "address", "held"),
  key("provider.*.npm", "package", "held"), key("provider.*.models.*.provider.npm", "package", "held"),
  key("provider.*.options.apiKey", "key", "held"), key("provider.*.options.headers.*", "key", "open"),
  key("provider.*.models.*.headers.*", "key", "open"), key("plugin.*", "package", "open"), key("plugin.*.0", "package", "open"),
  key("mcp.*.command.*", "program", "open"), key("mcp.*.cwd", "file", "open"), key("mcp.*.url", "address", "open"),
  key("formatter.*.command.*", "program", "open"), key("lsp.*.command.*", "program", "open"), key("shell", "program", "open"),
  key("instructions.*", "file", "open"), key("skills.paths.*", "file", "open"), key("skills.urls.*", "address", "open"),
  key("reference.*", "address", "open"), key("reference.*.repository", "address", "open"), key("reference.*.path", "file", "open"),
  key("references.*", "address", "open"), key("references.*.repository", "address", "open"), key("references.*.path", "file", "open"),
  key("enterprise.url", "address", "open")];
function findNamed(config) { return configKeys.flatMap((each) => findAt(config, each, [])); }
function findAt(value, wanted, path) {
  const step = wanted.path[path.length];
  if (step === void 0) {
    const isName = typeof value === "string" || /^(?:address|key)$/.test(wanted.kind) && (typeof value !== "object" || value === null);
    return isName ? [{ key: wanted, path, text: String(value) }] : [];
  }
  return childrenOf(value).filter(([name]) => step === "*" || step === String(name)).flatMap(
    ([name, child]) => findAt(child, wanted, [...path, name]));
}
function childrenOf(value) {
  if (Array.isArray(value)) return value.map((child, index) => [index, child]);
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
// src/opencode/ways-out.ts
var managedHint = "set `opencode.managed: true`, which installs the environment's configuration where no project file can override it";
var ownCounts = "remove it, so that the environment's value takes effect";
var bundled = /^(?:@ai-sdk\/(?:amazon-bedrock(?:\/mantle)?|anthropic|azure|google|google-vertex(?:\/anthropic)?|openai|openai-compatible|xai|mistral|groq|deepinfra|cerebras|cohere|gateway|togetherai|perplexity|vercel|alibaba|github-copilot)|@openrouter\/ai-sdk-provider|gitlab-ai-provider|venice-ai-sdk-provider)$/;
var keyHeaders = /^(?:authorization|x-api-key|x-goog-api-key|api-key)$/i;
function findWaysOut(config, environment) {
  const { managed = false } = environment;
  const named = findNamed(config);
  const open = named.filter(({ key: key2 }) => !managed || key2.managed !== "held");
  return [...managed ? [] : judgeLists(named, environment), ...open.flatMap((one) => judgeNamed(one, environment) ?? []),
    ...judgeOwnProviders(config, named, environment), ...judgePrograms(open)];
}
function judgeNamed(one, environment) {
  const { kind } = one.key;
  if (kind === "model") return judgeModel(one, environment);
  if (one.path[0] === "provider") {
    if (!environment.providers.includes(String(one.path[1]))) return null;
    if (kind === "address") return judgeAddress(one, environment);
    if (kind === "key") return judgeKey(one);
    return judgeProviderPackage(one);
  }
  if (one.path[0] === "plugin") return judgePlugin(one, environment);
  return judgeCalled(one);
}
function judgeModel({ path, text }, { providers, allowed = [], managed = false }) {
  if (/^\{(?:env|file):/.test(text) || [...providers, ...allowed].includes(text.split("/")[0])) return null;
  const main2 = { model: "OpenCode cannot start a session with it, or bypasses the gateway if enabled_providers contains it",
    small_model: "OpenCode uses the main model instead, or bypasses the gateway if enabled_providers contains it" };
  const comes = managed ? "its prompts fail with an unknown error" : main2[path.join(".")]
    ?? "its prompts fail with an unknown error, or bypass the gateway if enabled_providers contains it";
  return { code: "foreign-model", path,
    what: `${showPath(path)} is ${show2(text)}, which is not a provider of the environment (${providers.join(", ")})`, comes,
    hint: choices(`name a model of ${providers.join(" or ")}, or ${ownCounts}`, managed), fixable: false };
}
function judgeLists(named, { providers, allowed = [] }) {
  const listed2 = (name) => named.filter(({ path }) => path[0] === name).map(({ text }) => text);
  const gone = listed2("disabled_providers").filter((id) => providers.includes(id));
  const others2 = listed2("enabled_providers").filter((id) => !providers.includes(id) && !allowed.includes(id));
  const found2 = [];
  if (gone.length > 0) found2.push({ code: "bypass", path: ["disabled_providers"], what: `disabled_providers disables ${gone.join(", ")}`,
    comes: "its models cannot be used", hint: "keep it if that is intentional, or remove it", fixable: true });
  if (others2.length > 0) found2.push({ code: "bypass", path: ["enabled_providers"],
    what: `enabled_providers replaces the environment's list and enables ${others2.map(show2).join(", ")}`,
    comes: "models that bypass the gateway can be chosen", hint: choices(ownCounts), fixable: true });
  return found2;
}
function judgeAddress({ path, text }, { url, addressed = "providers" }) {
  const counts = path.at(-1) === "baseURL" || path.at(-1) === "api" && addressed === "models";
  const past = counts ? describeAddress(String(path[1]), text, url) : null;
  return past === null ? null : bypass(path, `${showPath(path)} ${past.what}`, past.comes);
}
function judgeKey({ path, text }) {
  const name = String(path.at(-1));
  const isHeader = path.includes("headers");
  if (isHeader && !keyHeaders.test(name)) return null;
  if (text === "-" || isHeader && text === "Bearer -") return null;
  return bypass(path, `${showPath(path)} is not the placeholder "-"`,
    `OpenCode sends this key with every request to ${show2(String(path[1]))}, and no real key should be sent to the gateway`,
    "remove it, so that the placeholder is used");
}
function judgeProviderPackage({ path, text }) {
  if (bundled.test(text)) return null;
  return text.startsWith("file:")
    ? bypass(path, `${showPath(path)} is a file`, "its code runs inside of OpenCode and can send prompts anywhere")
    : bypass(path, `${showPath(path)} is not a package that OpenCode contains`,
      "it is downloaded from the npm registry, and its code can send prompts anywhere");
}
function judgePlugin({ path, text }, { plugins }) {
  const isFile = /^(?:file:|\.{0,2}\/|~\/|[a-z]:\\)/i.test(text);
  const isPinned = isFile || /.@\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$/.test(text);
  if (plugins === "refuse") return { ...refused(`the plugin ${show2(text)}`), path, fixable: false };
  if (plugins === "pinned" && !isPinned) return { code: "plugin-refused", path,
    what: `the plugin ${show2(text)} has no exact version, and opencode.plugins is pinned`,
    comes: "OpenCode downloads the registry's current version, and its code sees every prompt",
    hint: "append @ and its exact version, or set  opencode.plugins: allow  in aperture-env.yaml", fixable: false };
  return isFile
    ? { code: "runs-code", path, what: `the plugin ${show2(text)} is code that runs inside of OpenCode`,
      comes: "it sees every prompt and can send it elsewhere; no configuration prevents that",
      hint: "keep it if you would run it as a program of this repository, or remove it", fixable: false }
    : { code: "asks-registry", path, what: `the plugin ${show2(text)} is a package`,
      comes: "OpenCode downloads it from the npm registry, and its code sees every prompt and can send it elsewhere; no configuration prevents that",
      hint: `${isPinned ? "" : "append @ and its exact version to pin it; "}keep it if that is intentional, or remove it`, fixable: false };
}
function refused(what) {
  return { code: "plugin-refused", what: `${what} exists, and opencode.plugins is refuse`,
    comes: "OpenCode calls none of its hooks, but downloads and loads its code; no switch prevents that",
    hint: "remove it, or set  opencode.plugins: allow  in aperture-env.yaml" };
}
function judgeCalled({ path, text, key: key2 }) {
  const isAddress2 = /^(?:https?|git|ssh):\/\//i.test(text) || key2.kind === "address" && path[0] === "mcp";
  if (!isAddress2 || key2.kind !== "address" && key2.kind !== "file") return null;
  const comes = { mcp: "OpenCode connects to it at each start, and the input of its tools is sent there",
    instructions: "OpenCode downloads it at each start, and adds it to every prompt", skills: "OpenCode downloads it at each start",
    enterprise: "shared sessions are uploaded there" };
  return { code: "asks-others", path, what: `${showPath(path)} is at ${showOrigin(text)}, not at the gateway`,
    comes: comes[String(path[0])] ?? "OpenCode downloads it on demand", hint: "keep it if that is intentional, or remove it",
    fixable: false };
}
function judgeOwnProviders(config, named, environment) {
  const { providers, allowed = [], managed = false } = environment;
  const provider = config?.provider;
  if (typeof provider !== "object" || provider === null || Array.isArray(provider)) return [];
  const letIn = managed ? [] : named.filter(({ path }) => path[0] === "enabled_providers").map(({ text }) => text);
  const lists = managed ? false : named.some(({ path }) => path[0] === "enabled_providers");
  return Object.entries(provider).flatMap(([id, settings]) => {
    if (providers.includes(id) || letIn.includes(id) || lists) return [];
    if (typeof settings !== "object" || settings === null) return [];
    const { options } = settings;
    const at2 = typeof options?.baseURL === "string" ? ` at ${showOrigin(options.baseURL)}` : "";
    if (allowed.includes(id)) return [{ code: "asks-others", path: ["provider", id],
      what: `provider ${show2(id)}${at2} is allowed by opencode.other_providers`, comes: "requests to its models bypass the gateway",
      hint: "keep it if that is intentional, or remove it from aperture-env.yaml", fixable: false }];
    return [{ code: "provider-off", path: ["provider", id], what: `provider ${show2(id)}${at2} is not a provider of the environment`,
      comes: "the environment's enabled_providers switches it off, and its models cannot be chosen",
      hint: `keep it switched off; or add it to providers in aperture-env.yaml, if the gateway serves it; or to opencode.other_providers there, if it may bypass the gateway`,
      fixable: false }];
  });
}
function judgePrograms(named) {
  const programs = named.filter(({ key: key2, path }) => key2.kind === "program" && (path.at(-1) === 0 || path.length === 1));
  const [first] = programs;
  if (first === void 0) return [];
  const some = programs.slice(0, 3).map(({ path, text }) => `${show2(text)} (${showPath(path.length === 1 ? path : path.slice(0, -1))})`);
  const shown2 = programs.length > 3 ? `${some.join(", ")} and ${programs.length - 3} more` : some.join(", ");
  return [{ code: "runs-code", path: first.path, what: `OpenCode starts the programs named here, ${shown2}`,
    comes: "they run with OpenCode's permissions; no configuration prevents that",
    hint: "keep them if you would run them yourself, or remove them", fixable: false }];
}
function bypass(path, what, comes, fix = ownCounts) { return { code: "bypass", path, what, comes, hint: choices(fix), fixable: true }; }
function choices(fix, managed = false) {
  return managed ? `keep it if that is intentional; or ${fix}` : `keep it if that is intentional; ${fix}; or ${managedHint}`;
}
function describeAddress(id, value, url) {
  const text = value.trim();
  if (/^\{env:APERTURE_URL\}(?=[/?#]|$)/.test(text)) return null;
  const written2 = text.replaceAll("{env:APERTURE_URL}", url);
  const placeholder = /\{(?:env|file):[^}]*\}/.exec(written2);
  if (placeholder !== null && placeholder.index < /^(?:[a-z][a-z0-9+.-]*:[\\/]*)?[^/\\?#]*/i.exec(written2)[0].length)
    return { what: `comes from ${show2(placeholder[0])}, whose value is unknown here`,
      comes: `${id} bypasses the gateway unless that is ${url}` };
  if (!URL.canParse(written2)) return { what: "is not an address", comes: `OpenCode cannot reach ${id} with it` };
  const { origin } = new URL(written2);
  if (origin === new URL(url).origin) return null;
  return { what: `is at ${origin === "null" ? "another address" : origin}, not at the gateway ${url}`,
    comes: `requests to ${id} bypass the gateway` };
}
function showOrigin(text) {
  if (/\{(?:env|file):/.test(text.replace(/^([a-z]+:\/\/[^/]*).*$/i, "$1")) || !URL.canParse(text))
    return "an address that is unknown here";
  const { origin, protocol, host } = new URL(text);
  return origin === "null" ? `${protocol}//${host}` : origin;
}
function showPath(path) { return path.map((step) => show2(String(step))).join("."); }
function show2(text) { return /^[!#-~]+$/.test(text) ? text : visible(JSON.stringify(text)); }
// src/opencode/folder-files.ts
var prose = /(?:^|\/)(agent|command|mode)s?\/(?:.*\/)?([^/]+)\.md$/;
var code = /(?:^|\/)(plugin|tool)s?\/[^/]+\.[cm]?[jt]s$/;
var foldersRead = ["agent", "command", "mode", "plugin", "tool"].flatMap((name) => [name, `${name}s`]);
function isFolderFile(path) { return prose.test(path) || code.test(path); }
function isCode(path) { return code.test(path); }
function judgeFolderFile(path, text, environment) {
  const [, kind] = code.exec(path) ?? [];
  if (kind === "plugin" && environment.plugins === "refuse") return [{ way: refused("this plugin"), offset: 0 }];
  if (kind !== void 0) return [{ way: { code: "runs-code", what: `this ${kind} is code that runs inside of OpenCode`,
    comes: `it ${kind === "plugin" ? "sees every prompt and can send it" : "can send its input"} elsewhere; no configuration prevents that`,
    hint: "keep it if you would run it as a program of this repository, or remove it" }, offset: 0 }];
  const [, section = "", name = ""] = prose.exec(path) ?? [];
  const model = modelOf(text);
  if (model === null) return [];
  return findWaysOut({ [section]: { [name]: { model: model.text } } }, environment).map((way) => ({ way, offset: model.offset }));
}
function modelOf(text) {
  const head = /^\ufeff?---\r?\n(.*?)\r?\n---/s.exec(text)?.[0];
  const found2 = head === void 0 ? null : /^model:[ \t]*(["']?)([^\s"'#]+)\1/m.exec(head);
  return found2 === null ? null : { text: found2[2], offset: found2.index };
}
// src/gateway/proxy.ts
function findRoute(url, env) {
  const variables2 = url.protocol === "https:" ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy", "HTTP_PROXY"];
  const isSet = (variable) => (env[variable] ?? "") !== "";
  const direct = { proxy: null, unused: null, other: null, unusable: null };
  if (isExcluded(url, env["no_proxy"] || env["NO_PROXY"] || "")) return direct;
  const name = variables2.find(isSet);
  if (name === void 0) return { ...direct, other: others.find(isSet) ?? null };
  const text = env[name];
  if (text === '""' || text === "''") return direct;
  const proxy = parseProxy(text.trim());
  const taken = url.protocol === "http:" ? proxy : null;
  return { ...direct, proxy: taken, unused: taken === null ? name : null, unusable: isUsable(text) ? null : name };
}
function isUsable(text) { return /^(?:https?:\/\/|(?!.*:\/\/))/s.test(text) && !/^[\s"']|[\s"']$/.test(text); }
var others = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
function parseProxy(text) {
  try {
    const proxy = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
    return proxy.protocol === "http:" ? proxy : null;
  } catch { return null; }
}
function isExcluded({ hostname, host }, list) {
  return list.split(",").map((entry) => entry.trim().toLowerCase().replace(/^\./, "")).some(
    (entry) => entry !== "" && (entry === "*" || entry === hostname || entry === host || hostname.endsWith(`.${entry}`)));
}
// src/opencode/variables.ts
var switchedOff = (value) => !/^(?:0|false)$/i.test(value);
var switchedOn = (value) => !/^(?:1|true)$/i.test(value);
var outside = (value) => !/\bworkspaces?\b|WorkspaceFolder|^\.|\$PWD/i.test(value);
var variables = [
  { name: "OPENCODE_CONFIG", comes: "replaces the environment's configuration", held: true, code: "bypass",
    harmless: (value) => value.endsWith("/share/aperture-env/opencode.json") },
  { name: "OPENCODE_CONFIG_DIR",
    comes: "names a folder with more configuration, and with plugins and tools, whose code runs inside of OpenCode", held: false,
    code: "runs-code" },
  { name: "OPENCODE_TUI_CONFIG",
    comes: "names a file with settings of OpenCode's interface, and with plugins, whose code runs inside of OpenCode", held: false,
    code: "runs-code" },
  { name: "OPENCODE_MODELS_PATH",
    comes: "replaces the environment's catalogue: another one enables other providers, and can name other packages for them", held: true,
    code: "bypass", harmless: (value) => value.endsWith("/share/aperture-env/models.json") },
  { name: "OPENCODE_DISABLE_DEFAULT_PLUGINS",
    comes: "enables stored logins: with one of OpenAI, GitHub Copilot, GitLab or xAI, prompts go to the vendor whatever base URL is set",
    held: true, code: "bypass", harmless: switchedOff },
  { name: "OPENCODE_AUTH_CONTENT", comes: "replaces the placeholders for logins", held: false, code: "bypass", harmless: holdsPlaceholders },
  { name: "OPENCODE_TEST_MANAGED_CONFIG_DIR",
    comes: "moves OpenCode's managed folder; only OpenCode's own tests need it, and the launcher of a managed environment unsets it",
    held: false, code: "bypass" },
  { name: "OPENCODE_TEST_HOME",
    comes: "makes OpenCode look for configuration in another home; only OpenCode's own tests need it, and the launcher of a managed environment unsets it",
    held: false, code: "bypass" },
  { name: "XDG_CONFIG_HOME",
    comes: "makes OpenCode look there for more configuration, and for plugins and tools, whose code runs inside of OpenCode", held: false,
    code: "runs-code" },
  { name: "HOME", comes: "makes OpenCode use files of the repository as the user's: configuration, plugins and tools, logins", held: false,
    code: "runs-code", harmless: outside },
  { name: "XDG_DATA_HOME",
    comes: "makes OpenCode use stored logins from the repository, and an account whose organisation sets configuration", held: false,
    code: "bypass", harmless: outside },
  { name: "XDG_CACHE_HOME", comes: "makes OpenCode run packages of plugins and providers from the repository", held: false,
    code: "runs-code", harmless: outside },
  { name: "APERTURE_ENV_PREFIX", comes: "makes the launcher and the doctor use OpenCode and its configuration from that folder",
    held: false, code: "bypass", harmless: (value) => value === "/usr/local" },
  { name: "OPENCODE_ENABLE_EXA", comes: "gives models a tool that uses an internet search engine", held: false, code: "asks-others",
    harmless: switchedOn },
  { name: "OPENCODE_ENABLE_PARALLEL", comes: "gives models a tool that uses an internet search engine", held: false, code: "asks-others",
    harmless: switchedOn },
  { name: "OTEL_EXPORTER_OTLP_ENDPOINT", comes: "makes OpenCode send traces of every session there", held: false, code: "asks-others" }
];
var names = new RegExp(`${variables.map(({ name }) => name).join("|")}|OPENCODE_CONFIG_CONTENT|APERTURE_URL|https?_proxy`, "i");
function holdsPlaceholders(text) {
  try {
    const entries = Object.values(JSON.parse(text));
    return entries.every((entry) => entry?.type === "api" && entry.key === "-");
  } catch { return false; }
}
function findWaysOutOfVariables(given, environment) {
  const { url, managed = false } = environment;
  const found2 = [];
  const add = (name, code2, what, result) => {
    found2.push({ name, code: code2, path: [], what, comes: result, hint: "keep it if that is intentional, or remove it", fixable: false });
  };
  for (const { name, comes, held, code: code2, harmless } of variables) {
    const value = given[name] ?? "";
    if (value !== "" && !(managed && held) && harmless?.(value) !== true) add(name, code2, `${name} is set`, `it ${comes}`);
  }
  for (const way of judgeContent(given["OPENCODE_CONFIG_CONTENT"] ?? "", environment))
    found2.push({ ...way, name: "OPENCODE_CONFIG_CONTENT", what: `OPENCODE_CONFIG_CONTENT: ${way.what}`, fixable: false });
  const { proxy, unused } = findRoute(new URL(url), given);
  const through = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"].find(
    (name) => (given[name] ?? "") !== "" && name.toLowerCase().startsWith(new URL(url).protocol.slice(0, -1) + "_"));
  if (through !== void 0 && (proxy !== null || unused !== null)) add(through, "bypass",
    `${through} is set, and NO_PROXY does not name ${new URL(url).hostname}`,
    `OpenCode uses that proxy for ${url}: it sees every prompt, and decides where it is sent`);
  const gateway = given["APERTURE_URL"] ?? "";
  if (gateway !== "" && !managed && describesOther(gateway, url))
    add("APERTURE_URL", "bypass", `APERTURE_URL is ${showOrigin(gateway)}, not ${url}`, "it replaces the gateway of aperture-env.yaml");
  return found2;
}
function judgeContent(text, environment) {
  if (text === "") return [];
  try { return findWaysOut(JSON.parse(text), environment); } catch {
    return [{ code: "bypass", path: [], what: "it is more configuration", comes: "it cannot be checked",
      hint: "keep it if that is intentional, or remove it", fixable: false }];
  }
}
function describesOther(text, url) {
  if (/\$\{|\$[A-Za-z_]/.test(text)) return false;
  const written2 = text.includes("://") ? text : `http://${text}`;
  return !URL.canParse(written2) || new URL(written2).origin !== new URL(url).origin;
}
// src/doctor/judge/config-facts.ts
function oursAndAllowed(own) {
  const ours2 = entriesAt(own, "provider").map(([id]) => id);
  return { ours: ours2, allowed: (textsAt(own, "enabled_providers") ?? []).filter((id) => !ours2.includes(id)) };
}
function whoSet({ layers }, path) {
  const layer = layers.findLast(({ value }) => at(value, ...path) !== void 0);
  if (layer === void 0) return null;
  return placed(layer.source, layer.kind === "variable" ? void 0 : lineOf(layer.filled, path));
}
function placeOf(resolved, by, quote) {
  return by.length === 1 ? by[0] : whoSet(resolved, by) ?? by.map((key2) => quote.text(key2)).join(".");
}
function placed(source, line) { return `${show(source)}${line === void 0 ? "" : `:${line}`}`; }
// src/doctor/judge/providers.ts
function judgeProviders({ choices: choices2, resolved, own, origin, quote, installation }) {
  if (origin === null) return [];
  const { ours: ours2, allowed } = oursAndAllowed(own);
  const checks = [];
  for (const provider of choices2.providers) {
    if (allowed.includes(provider.id)) continue;
    const mine = ours2.includes(provider.id);
    const past = judgeAddress2(provider, { own, origin, resolved, mine, quote });
    if (past !== null) checks.push(past);
    else checks.push(...judgeKey2(provider, resolved, quote));
  }
  const gone = ours2.filter((id) => !choices2.providers.some((provider) => provider.id === id));
  if (gone.length > 0) {
    const key2 = (textsAt(resolved.config, "disabled_providers") ?? []).some((id) => gone.includes(id)) ? "disabled_providers"
      : "enabled_providers";
    const by = whoSet(resolved, [key2]);
    const instead = resolved.layers.find(({ kind, source }) => kind === "environment" && source !== `${installation.share}/opencode.json`);
    const took = by === null && instead !== void 0
      ? `OPENCODE_CONFIG names ${show(instead.source)}, which takes the place of the environment's own configuration`
      : `${by === null ? key2 : `${key2} in ${by}`} takes ${gone.length === 1 ? "it" : "them"} away`;
    const none = gone.length === ours2.length;
    checks.push(found(none ? "failure" : "warning", "config", none ? "providers-gone" : "provider-gone",
      none ? "No provider of the environment can be chosen" : `${listed(gone.map((id) => quote.text(id)))} cannot be chosen`,
      none ? `${took}: nothing goes to the gateway` : took,
      none && by === null ? "unset the variable, or set it to the environment's own"
        : "keep it if that is intentional, or remove the key there"));
  }
  return checks;
}
function judgeAddress2(provider, { own, origin, resolved, mine, quote }) {
  const { addresses } = provider;
  const id = quote.text(provider.id);
  const fix = "remove it there, so that the environment's own takes effect; or set  opencode.managed: true  in aperture-env.yaml";
  if (addresses.length === 0) return found("failure", "config", "provider-direct", `${id} has no base URL`,
    "its requests go to its vendor, bypassing the gateway", "remove it from enabled_providers, or set the gateway's address");
  for (const { url, by } of addresses) {
    const where = placeOf(resolved, by, quote);
    const goes = by.length === 1 ? `what ${by[0]} names` : quote.origin(url);
    const parsed = URL.canParse(url) ? new URL(url) : null;
    if (parsed === null) return found("failure", "config", "base-url-invalid",
      `The base URL of ${id} is ${url.trim() === "" ? "empty" : "not an address"} (${where})`,
      url.startsWith("/") ? "the variable before it is not set" : "OpenCode cannot send anything there", fix);
    if (parsed.origin !== origin)
      return mine
        ? found("failure", "config", "provider-bypass", `${id} goes to ${goes}, not to the gateway (${where})`,
          "its requests bypass the gateway", fix)
        : found("warning", "config", "provider-stray", `${id} can be chosen, and goes to ${goes} (${where})`,
          "it is not a provider of the environment: its requests bypass the gateway",
          "keep it if that is intentional, or remove it from enabled_providers");
    const expected = textAt(own, "provider", provider.id, "options", "baseURL");
    const path = parsed.pathname.replace(/\/$/, "");
    const wanted = expected !== void 0 && URL.canParse(expected) ? new URL(expected).pathname.replace(/\/$/, "") : path;
    const wantedEnd = show(expected === void 0 ? wanted : quote.address(expected).replace(/^.*?(?=(?:\/[^/{}]*)*$)/, ""));
    if (path !== wanted || /\/v1\/v1(?:\/|$)/.test(path)) return found("failure", "config", "base-url-path",
      `The base URL of ${id} is ${by.length === 1 ? goes : quote.address(url)} (${where})`,
      /\/v1\/v1/.test(path) ? "a doubled /v1 is answered with 405" : "the gateway does not serve the resulting path (404)",
      `make it end in ${/\/v1\/v1/.test(wanted) ? "/v1" : wantedEnd}`);
  }
  return null;
}
function judgeKey2({ id: counted, key: key2, keyBy, npm }, resolved, quote) {
  const id = quote.text(counted);
  const where = placeOf(resolved, keyBy, quote);
  if (key2 === "real") return [found("failure", "config", "key-real", `${id} sends a key that is not the placeholder (${where})`,
    "no real key should be sent: the gateway adds its own", 'set apiKey to "-"')];
  if (key2 === "none" && npm !== wireFormats.chat.npm) return [found("failure", "config", "key-missing", `${id} has no key`,
    "OpenCode then asks for one and sends nothing", `give it  "options": { "apiKey": "-" }`)];
  return [];
}
function judgeOthers(facts) {
  const { choices: choices2, resolved, storedKeys, storedLogins, wellKnown, own, launched } = facts;
  const { env } = launched;
  const { allowed } = oursAndAllowed(own);
  const ambient = choices2.ambient.filter(({ id }) => !allowed.includes(id));
  const checks = [];
  const by = whoSet(resolved, ["enabled_providers"]);
  if (choices2.hosted) checks.push(found("failure", "config", "hosted-models", "OpenCode's own hosted models can be chosen",
    `${choices2.enabled === null ? "there is no enabled_providers, and the catalogue has them" : `enabled_providers${by === null ? "" : ` in ${by}`} lets opencode in`}: prompts would go to opencode.ai`,
    "list only the gateway's providers in enabled_providers"));
  if (ambient.length > 0) checks.push(found("failure", "config", "provider-ambient",
    `${listed(ambient.map(({ id, variable }) => `${id} (${variable})`))} can be chosen because of the environment`,
    "enabled_providers includes them, and they bypass the gateway", "list only the gateway's providers in enabled_providers"));
  if (storedKeys.length > 0) checks.push(found("note", "config", "auth-key",
    `A real key (api) for ${listed(storedKeys.map((id) => show(id)))} is stored`,
    "the configuration's placeholder takes precedence, so it is not sent", "keep it, or run  opencode auth logout"));
  if (storedLogins.length > 0) {
    const names2 = listed(storedLogins.map((id) => show(id)));
    checks.push(isOn(env["OPENCODE_DISABLE_DEFAULT_PLUGINS"])
      ? found("note", "config", "auth-login", `A login (oauth) for ${names2} is stored`,
        "OpenCode's plugins for logins are turned off by the launcher, so it is neither used nor sent",
        "keep it, or run  opencode auth logout")
      : found("failure", "config", "auth-login-used",
        `A login (oauth) for ${names2} is stored, and OPENCODE_DISABLE_DEFAULT_PLUGINS is turned off`,
        "prompts go to the vendor with it, whatever base URL is set, or OpenCode ends with an unknown error",
        "unset OPENCODE_DISABLE_DEFAULT_PLUGINS, or  opencode auth logout"));
  }
  if (wellKnown.length > 0) checks.push(found("note", "config", "auth-well-known",
    `A login (wellknown) for ${listed(wellKnown.map((url) => URL.canParse(url) ? show(new URL(url).host) : "a server"))} is stored`,
    "with it OpenCode would fetch configuration from there at each start, so the launcher uses no stored login",
    "opencode auth logout, if it is not wanted"));
  return checks;
}
// src/doctor/judge/silence.ts
function judgeSilence({ launched: { env }, resolved, installation }) {
  const checks = [];
  const off = silencingVariables.flatMap(({ name, use }) => isOn(env[name]) || isAllowed(installation, use) ? [] : [name]);
  if (off.length > 0) checks.push(found("note", "config", "switch-off", `${listed(off)} ${off.length === 1 ? "is" : "are"} turned off`,
    "OpenCode then contacts other servers on its own", "unset them"));
  const isShared = textAt(resolved.config, "share") !== "disabled" && !isOn(env["OPENCODE_DISABLE_SHARE"]);
  if (isShared && !isAllowed(installation, "share")) checks.push(found("warning", "config", "share", "Sessions can be shared",
    "shared sessions are uploaded to opencode.ai", 'set share to "disabled", or allow it with opencode.online: [share]'));
  if ((env["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? "") !== "") checks.push(found("warning", "config", "telemetry",
    "OTEL_EXPORTER_OTLP_ENDPOINT is set", "OpenCode sends traces of every session there",
    "unset it for OpenCode if other programs need it"));
  return checks;
}
// src/doctor/judge/config.ts
function judgeConfig(facts) {
  const { own, installation, resolved } = facts;
  if (own === null) return [found("failure", "config", "config-missing", `${show(`${installation.share}/opencode.json`)} cannot be read`,
    "OpenCode would silently use its own hosted models, so the launcher does not start it",
    "rebuild the image: it lacks its aperture-env folder")];
  const problems = resolved.problems.map(({ code: code2, source, why, line }) => found("failure", "config", code2,
    `OpenCode does not start with ${show(source)}${line === void 0 ? "" : `:${line}`}`, show(why), "fix it there, or remove it"));
  if (problems.length > 0) return problems;
  const checks = [...judgeFile(facts), ...judgeProviders(facts), ...judgeOthers(facts), ...judgeModels(facts), ...judgeWaysOut(facts),
    ...judgeSilence(facts)];
  const ids = facts.choices.providers.map(({ id }) => id);
  return checks.some(({ severity }) => severity === "warning" || severity === "failure") ? checks
    : [fine("config", "config",
      `${listed(ids.map((id) => facts.quote.text(id)))} ${ids.length === 1 ? "goes" : "go"} to the gateway with the placeholder key`),
      ...checks];
}
function judgeFile({ launched, resolved, catalogueMissing }) {
  const checks = [];
  if (launched.configFallback !== null) checks.push(found("warning", "config", "config-not-found",
    "OPENCODE_CONFIG names a file that cannot be read", "OpenCode ignores such a file; the launcher uses the environment's own instead",
    "fix the variable, or unset it"));
  if (catalogueMissing) checks.push(found("warning", "config", "catalogue-missing", "OPENCODE_MODELS_PATH names a file that cannot be read",
    "OpenCode uses its built-in catalogue, with all providers", "unset the variable"));
  for (const { source, kind, value } of resolved.layers) {
    if (Object.hasOwn(value, "permissions")) checks.push(found("warning", "config", "config-v2",
      `${show(source)} has the key permissions, which is OpenCode 2's`, "newer versions of OpenCode 1 refuse to start with it",
      "write permission, or remove it"));
    if (kind === "project" && !Object.hasOwn(value, "$schema")) checks.push(found("note", "config", "config-rewritten",
      `${show(source)} has no $schema`, "OpenCode writes one into it, so that git shows a change",
      'add  "$schema": "https://opencode.ai/config.json"'));
  }
  return checks;
}
function judgeModels({ resolved, choices: choices2, quote }) {
  const checks = [];
  const judge = (key2) => {
    const text = textAt(resolved.config, key2);
    const main2 = key2 === "model";
    if (text === void 0) {
      if (main2) checks.push(found("warning", "config", "model-unset", "No model is set",
        "OpenCode picks one by its own ranking, which the gateway may not serve", "set model in aperture-env.yaml"));
      return;
    }
    const [id, name] = splitModel(text);
    const provider = choices2.providers.find((each) => each.id === id);
    const by = whoSet(resolved, [key2]);
    const fix = `name a model of ${listed(choices2.providers.map((each) => quote.text(each.id)))}${by === null ? "" : ` in ${by}, or take it out there`}`;
    const comes = main2 ? "OpenCode cannot start a session with it" : "OpenCode uses the main model instead, also for titles";
    if (provider === void 0 || provider.models?.has(name) === false) checks.push(found(main2 ? "failure" : "warning", "config",
      main2 ? "model-unknown" : "small-model-unknown",
      `${key2} is ${quote.text(text)}, which ${provider === void 0 ? "is of no provider that can be chosen" : "OpenCode does not know"}`,
      comes, fix));
  };
  judge("model");
  judge("small_model");
  return checks;
}
var judgedMerged = /^(?:model|small_model|enabled_providers.*|disabled_providers.*|provider\.[^.]+\.(?:api|options\.(?:baseURL|apiKey|endpoint)))$/;
var judgedElsewhere = /^(?:APERTURE_URL|OPENCODE_CONFIG|OPENCODE_AUTH_CONTENT|OTEL_EXPORTER_OTLP_ENDPOINT|https?_proxy)$/i;
var severities = { bypass: "failure", "foreign-model": "warning", "provider-off": "note", "runs-code": "note", "asks-registry": "note",
  "asks-others": "note", "plugin-refused": "failure" };
function judgeWaysOut({ resolved, own, origin, managed, given, installation, folderFiles }) {
  if (origin === null) return [];
  const { ours: ours2, allowed } = oursAndAllowed(own);
  const environment = { url: origin, providers: ours2, allowed, ...installation.plugins !== void 0 && { plugins: installation.plugins },
    addressed: entriesAt(own, "provider").every(([, provider]) => (textAt(provider, "options", "baseURL") ?? "") === "") ? "models"
      : "providers", managed };
  const file = `${installation.share}/opencode.json`;
  const files = resolved.layers.filter(({ kind, source }) => kind !== "managed" && kind !== "variable" && source !== file).flatMap((
    { source, filled }) => {
      const text = writtenBetween(filled, 0, filled.text.length) ?? filled.text;
      const parsed = parseJsonc(text);
      return findWaysOut(parsed.ok ? parsed.value : {}, environment).filter(({ path }) => !judgedMerged.test(path.join("."))).map(
        (way) => ({ way, severity: severities[way.code], where: placed(source, lineOf({ text, spans: [] }, way.path)) }));
    });
  const inFolders = judgeFolders(folderFiles, environment);
  const variables2 = findWaysOutOfVariables(given, environment).filter(
    ({ name, path }) => !judgedElsewhere.test(name) && !judgedMerged.test(path.join("."))).map(
      (way) => ({ way: withoutContent(way), severity: way.name === "OPENCODE_DISABLE_DEFAULT_PLUGINS" ? "warning" : "note", where: null }));
  return [...files, ...inFolders, ...variables2].map(({ way: { code: code2, what, comes, hint }, severity, where }) => found(severity,
    "config", code2, `${what.charAt(0).toUpperCase()}${what.slice(1)}${where === null ? "" : ` (${where})`}`, comes, hint));
}
function judgeFolders(folderFiles, environment) {
  const all = folderFiles.flatMap(
    (file) => judgeFolderFile(file.path, file.text, environment).map(({ way }) => ({ way, file: `${file.folder}/${file.path}` })));
  const codes = [...new Set(all.map(({ way }) => `${way.code} ${way.what}`))];
  return codes.map((one) => {
    const same2 = all.filter(({ way: way2 }) => `${way2.code} ${way2.what}` === one);
    const { way } = same2[0];
    return { way, severity: severities[way.code], where: listed(same2.map(({ file }) => show(file)), 3) };
  });
}
function withoutContent(way) {
  const [key2] = way.path;
  if (way.name !== "OPENCODE_CONFIG_CONTENT" || key2 === void 0) return way;
  return { ...way, what: `${way.name} sets ${show(String(key2))}`, hint: "keep it if that is intentional, or remove it" };
}
// src/catalog/notice.ts
var toldFrom = 60;
function isWithin(ends, today, days) { return daysBetween(today, ends) <= days; }
function isOver(ends, today) { return isWithin(ends, today, 0); }
// src/doctor/judge/environment.ts
function judgeEnvironment({ share, prefix, toldBy }) {
  const file = show(`${share}/environment.json`);
  const rebuild = "npx create-aperture-env@latest update, and rebuild the image";
  if (toldBy === "caller") return [found("note", "config", "environment-older",
    `${file} is missing, or was not written by this environment`,
    "environments of an older version have none, so the paths of their providers are known only from their packages", rebuild)];
  if (toldBy === null) return [found("warning", "config", "environment-unreadable", `${file} cannot be read`,
    "the gateway, the version of OpenCode and the providers that this environment was made for are not known",
    prefix === null ? rebuild : "rebuild the image")];
  return [];
}
function judgeEnds({ ends }, today) {
  return ends.filter(({ on }) => isWithin(on, today, toldFrom)).map(({ model, on, replacement }) => {
    const next = replacement === "" ? "choose another model in aperture-env.yaml, and rebuild the image"
      : `npx create-aperture-env@latest update --models  for ${show(replacement)}, and rebuild the image`;
    return isOver(on, today)
      ? found("warning", "models", "model-ended", `${show(model)} ended on ${on}, as its vendor announced`,
        "prompts to it fail, or another model answers them", next)
      : found("note", "models", "model-ending", `${show(model)} ends on ${on}, as its vendor announced`,
        "from then on prompts to it fail, or another model answers them", next);
  });
}
// src/errors.ts
var AppError = class extends Error {
  name = "AppError";
  code;
  exit;
  /** The message as lines, of which none has a line end inside. */
  lines;
  hint;
  where;
  constructor(fields) {
    const lines = [fields.message, ...fields.details ?? []];
    super(lines.join("\n"));
    this.lines = lines;
    this.code = fields.code;
    this.exit = fields.exit;
    this.hint = fields.hint;
    this.where = fields.where;
  }
};
function environmentError(code2, message, hint, where) {
  return new AppError({ code: code2, exit: 4, message, ...hint && { hint }, ...where && { where } });
}
// src/gateway/explain.ts
var refusals = [
  { code: "gateway-guardrail", status: 403, says: /guardrail_blocked|blocked by (?:a )?guardrail/i,
    what: "has a guardrail that blocks this prompt (403)",
    hint: "It blocks the content of the request, so no grant helps. The gateway's administrators know the rule, and see the request on its Logs page." },
  { code: "gateway-hook", status: 503, says: /\bhook\b/i, what: "has a hook that rejected this request (503)",
    hint: "A hook that fails closed rejects every prompt while its backend is down. Ask the gateway's administrators to fix it." },
  { code: "gateway-quota-invalid", status: 429, says: /\b(?:pars\w+|invalid|malformed|misconfigured|unknown)\b/i,
    what: "cannot read its own quota (429)",
    hint: "Waiting does not help: in the gateway's configuration a capacity is written such as $10.00, and a rate such as $5.00/day. Ask its administrators to fix it." }
];
function findGuardrail(text) {
  const [guardrail] = refusals;
  return guardrail.says.test(text) ? guardrail : null;
}
function formatGrant({ url, models = ["**"] }) {
  const capability = [{ role: "user" }, ...models.map((glob) => ({ models: glob }))];
  const grant = JSON.stringify({ src: ["you@example.com"], app: { "tailscale.com/cap/aperture": capability } });
  return `Into the grants of the gateway's configuration:  ${grant}  or into the tailnet policy, with "dst":["${clean(url.hostname, 100)}"] behind src. src is a login name; a machine with tags is all of them together, sorted: ["tag:api,tag:prod"].  tailscale whois  with this machine's address says which`;
}
function formatAccess(url, owners, address) {
  const src = owners.length === 0 ? ["you@example.com"] : owners.map((owner) => clean(owner, 100));
  const dst = [address ?? "100.x.y.z"];
  const grant = JSON.stringify({ src, dst, ip: [`tcp:${url.port || (url.protocol === "https:" ? 443 : 80)}`] });
  const what = address === null ? ", dst being the gateway's address or its tag" : "";
  const role = JSON.stringify({ src, app: { "tailscale.com/cap/aperture": [{ role: "user" }, { models: "**" }] } });
  return `Into the grants of the tailnet's policy:  ${grant}${what}; and for the models, without dst, into those of the gateway's configuration:  ${role}`;
}
var certificate = /^CERT_|^UNABLE_TO_|SELF_SIGNED|^ERR_TLS_CERT_ALTNAME_INVALID$|^HOSTNAME_MISMATCH$/;
var local = /^(?:localhost|127\.[\d.]+|\[::1\])$/;
function explainFailure({ phase, code: code2, detail }, about) {
  const { url, timeout } = about;
  const { origin, hostname, protocol } = url;
  const seconds = `${timeout / 1e3} s`;
  const answered = phase === "tls" || phase === "answer" || phase === "body";
  if (about.proxy !== null && !answered) {
    const why = code2 === "TIMEOUT" ? `within ${seconds}` : `(${clean(code2 || detail, 80)})`;
    return failed("gateway-proxy", about, `The proxy on the way to ${origin} cannot be reached ${why}.`,
      "Start it, or add the gateway's name to NO_PROXY.");
  }
  if (phase === "lookup" && (code2 === "TIMEOUT" || code2 === "EAI_AGAIN"))
    return failed("gateway-name", about, `No DNS server answers for the name ${hostname}.`,
      "Is this machine online? In a tailnet MagicDNS answers (tailscale status, tailscale dns status); a container may use another resolver.");
  if (code2 === "ENOTFOUND" || phase === "lookup")
    return failed("gateway-name", about, `The name ${hostname} does not resolve here.`, nameHint(hostname));
  if (code2 === "TIMEOUT" || code2 === "ETIMEDOUT") {
    return answered
      ? failed("gateway-slow", about, `${origin} accepted the connection, but its answer was not complete after ${seconds}.`,
        "Try again, or raise the limit with --timeout 30. If it persists, check whether the gateway answers in a browser.")
      : failed("gateway-timeout", about, `${origin} does not answer: no connection within ${seconds}.`,
        "Usually the tailnet policy does not let this machine reach the gateway on tcp:80 and 443, or the gateway's node key has expired (tailscale status). A VPN's exit node can also be the reason. Slow network: --timeout 30.");
  }
  if (code2 === "ECONNREFUSED") return failed("gateway-refused", about,
    `Nothing listens on ${url.host}${url.port === "" ? ` (port ${protocol === "https:" ? 443 : 80})` : ""}${local.test(hostname) ? "" : ", or a firewall on the way rejects it"}.`,
    local.test(hostname)
      ? "Start the service that should listen there: ts-unplug, or for a trial  npx create-aperture-env mock-gateway. The localhost of a container is the container itself: a service on its host has another name there, such as host.docker.internal"
      : protocol === "https:" ? `Most gateways serve plain http, which WireGuard encrypts: try ${origin.replace(/^https/, "http")}`
      : "Check the gateway's name and port. The gateway listens on 80. A firewall that rejects (icmp-admin-prohibited, or a reset) looks the same from here: look at the rules of this machine and of the network.");
  if (["EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENETDOWN", "EADDRNOTAVAIL"].includes(code2))
    return failed("gateway-unreachable", about, `${hostname} is unreachable from here.`,
      "Is Tailscale up on this machine (tailscale status)? A container needs a network that reaches the tailnet, or another aperture.connection.");
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNKNOWN_PROTOCOL|HTTP_REQUEST/.test(
    `${code2} ${detail.toUpperCase().replaceAll(" ", "_")}`)) return failed("gateway-speaks-http", about, `${origin} does not speak TLS.`,
      `Aperture is reached over plain http, WireGuard encrypts it: ${origin.replace(/^https/, "http")}`);
  if (certificate.test(code2)) return failed("gateway-certificate", about,
    `The certificate of ${origin} is not valid for it here (${code2}).`,
    code2 === "ERR_TLS_CERT_ALTNAME_INVALID"
      ? "A certificate is for the full name: write https://<gateway>.<tailnet>.ts.net, or use http."
      : "If a company's CA has signed it, set NODE_EXTRA_CA_CERTS to the file with the certificate of that CA (in a dev container: containerEnv); or use the gateway's http address, if it has one.");
  if (code2 === "NOT_HTTP" && protocol === "http:") return failed("gateway-speaks-tls", about,
    `${origin} does not answer in HTTP; it may want TLS.`, `Try ${httpsOf(url)}, or check what listens there.`);
  if (code2 === "NOT_HTTP" || code2 === "BAD_HTTP") return failed("gateway-not-http", about,
    code2 === "NOT_HTTP" ? `${origin} answers with something that is not HTTP.`
      : `${origin} answers with something that is not HTTP: ${clean(detail, 80)}.`, "Check what listens there: it is not the gateway.");
  if (answered && (code2 === "ECONNRESET" || code2 === "EPIPE" || code2 === "ECONNABORTED" || code2 === "EPROTO"))
    return phase === "body"
      ? failed("gateway-cut-off", about, `The answer of ${origin} was incomplete.`,
        "Run again. If it persists, something between this machine and the gateway closes connections.")
      : failed("gateway-reset", about, `${origin} accepted the connection and closed it without an answer.`,
        protocol === "https:" ? `It may not speak TLS: try ${origin.replace(/^https/, "http")}`
          : `Run again. If it persists, it wants TLS (${httpsOf(url)}), is not the gateway, or something on the way refuses it.`);
  return failed("gateway-unreachable", about, `${origin} cannot be asked (${clean(code2 || detail, 80)}).`,
    "Try  tailscale status, and the address in a browser.");
}
function explainAnswer(answer, about) {
  const { status, text, type, tooLarge } = answer;
  const { url } = about;
  const { origin } = url;
  if (tooLarge) return failed("gateway-too-large", about, `The answer of ${origin} is larger than any list of models.`,
    "It is not the gateway; open the address in a browser.");
  if (status >= 200 && status <= 299) {
    if (!/html/i.test(type) && !/^\s*<(?:!doctype|html)/i.test(text)) return null;
    return failed("gateway-html", about, `${origin}/v1/models answers with a web page.`,
      "It is not the gateway, or a login page stands in front of it: a captive portal, a proxy. Is this machine in the tailnet, and is it the gateway's name?");
  }
  const said = whatWasSaid(answer);
  const quoted = said === "" ? "" : ` It says: ${said}`;
  if (/aperture is restarting/i.test(text))
    return failed("gateway-restarting", about, `${origin} is restarting.`, "Run again in a few seconds.");
  if (/HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port/i.test(text))
    return failed("gateway-speaks-tls", about, `${origin} wants TLS.`, `Write ${httpsOf(url)}`);
  const refused2 = refusals.find((each) => each.status === status && each.says.test(text)) ?? null;
  if (refused2 !== null) return failed(refused2.code, about, `${origin} ${refused2.what}.${quoted}`, refused2.hint);
  switch (status) {
    case 401: return failed("gateway-unauthorized", about, `${origin} does not recognise you (401).${quoted}`,
      "Aperture asks for no key and knows you by your tailnet identity. So this is not the gateway, or something in front of it; ask the gateway directly, from a machine in the tailnet.");
    case 403:
      return /no role granted/i.test(text)
        ? failed("gateway-forbidden", about, `${origin} knows you, but gives you no role (403).${quoted}`, `${formatGrant(about)}.`)
        : failed("gateway-denied", about, `${origin} refuses you, but not because of a missing role (403).${quoted}`,
          `If the message does not explain it, a proxy in front of the gateway or a rule of its administrators may be the reason. If a grant is missing: ${formatGrant(about)}.`);
    case 404: return failed("gateway-no-list", about, `${origin} has no /v1/models (404).${quoted}`,
      "It may be another server: the gateway's own page is at /ui/. If it is the gateway, no provider is configured, or no grant gives you a model.");
    case 405: return failed("gateway-method", about, `${origin}/v1/models cannot be asked for with GET (405).${quoted}`,
      "Usually /v1 is doubled: the gateway's address must not contain it, nor must a provider's baseurl in the gateway's configuration.");
    case 407: return failed("gateway-proxy", about, `The proxy wants a user and a password (407).`,
      "Put them into the variable, or add the gateway's name to NO_PROXY.");
    case 429: return failed("gateway-quota", about, `${origin} limits your requests (429).${quoted}`,
      answer.retryAfter === null ? `A quota is used up or invalid, or there are too many requests. Try again later. ${quotaPage(origin)}`
        : `A quota is used up, or there are too many requests. ${retryAt(answer.retryAfter)} ${quotaPage(origin)}`);
  }
  if (status >= 300 && status <= 399) return explainRedirect(answer, about);
  if (status >= 500) return failed("gateway-failed", about, `${origin} failed to answer (${status}).${quoted}`,
    about.proxy === null
      ? `Run again in a moment. ${status === 503 || status === 502 ? "It may be restarting. " : ""}If it persists, its administrators see why on ${origin}/ui/`
      : "The proxy may not reach the gateway: in a tailnet it has to be tailscaled's own, or the gateway's name belongs into NO_PROXY.");
  return failed("gateway-status", about, `${origin} answers with status ${status}.${quoted}`,
    "It may not be the gateway; open the address in a browser.");
}
var largestJson = { depth: 100, parts: 1e6 };
function parseAnswer(text) {
  if (findBeyond(text, largestJson) !== null) return { ok: false };
  try { return { ok: true, value: JSON.parse(text.replace(/^\ufeff/, "")) }; } catch { return { ok: false }; }
}
function notJson(text, about) {
  const what = text.trim() === "" ? "nothing" : findBeyond(text, largestJson) !== null
    ? "JSON that goes deeper, or has more parts, than any list of models" : /[\]}]\s*$/.test(text) || !/^\s*[[{]/.test(text)
    ? "something that is not JSON" : "JSON that ends early";
  return failed("gateway-not-json", about, `${about.url.origin}/v1/models answers with ${what}.`,
    "It may not be the gateway; open the address in a browser.");
}
function explainRedirect({ location }, about) {
  const { url } = about;
  const to = location === null || !URL.canParse(location, url.href) ? null : new URL(location, url);
  const name = "gateway-redirect";
  if (to !== null && to.hostname === url.hostname && to.protocol === "https:" && url.protocol === "http:")
    return failed(name, about, `${url.origin} sends to ${clean(to.origin, 300)}.`, `Write ${clean(to.origin, 300)}`);
  const where = to === null ? "elsewhere" : to.origin === url.origin ? `to ${clean(to.pathname, 100)}` : `to ${clean(to.origin, 300)}`;
  return failed(name, about, `${url.origin}/v1/models redirects ${where}, which was not followed.`,
    "A login page stands in front, or it is another server: the gateway itself answers without one. Ask it directly, by its name in the tailnet.");
}
function nameHint(hostname) {
  const reach = "Is this machine in the tailnet, and MagicDNS on (tailscale status)?";
  return hostname.includes(".") ? `${reach} Is the name right? The admin console's page Machines lists it.`
    : `${reach} A short name needs the tailnet's search domain as well, the full one does not: http://${hostname}.<tailnet>.ts.net`;
}
function httpsOf({ origin }) { return origin.replace(/^http:/, "https:"); }
function quotaPage(origin) { return `${origin}/api/quotas  shows yours, and what is left of it.`; }
function retryAt(retryAfter) {
  if (retryAfter === null) return "Try again later.";
  return /^\d{1,9}$/.test(retryAfter) ? `Try again in ${retryAfter} s.` : `Try again after ${clean(retryAfter, 60)}.`;
}
function whatWasSaid({ text, type }) {
  const parsed = parseAnswer(text);
  const body = parsed.ok ? parsed.value : null;
  const inner = typeof body?.error === "object" ? body.error?.message : body?.error;
  const message = inner ?? body?.message ?? (!parsed.ok && /^text\/plain/i.test(type) ? text : "");
  return typeof message === "string" ? clean(message, 200) : "";
}
function clean(text, length) { return oneLine(text.slice(0, length * 4), length); }
function failed(code2, { proxy, unused }, message, hint) {
  const through = proxy === null ? "" : ` It was asked through the proxy ${proxy}, which http_proxy names.`;
  const directly = unused === null ? "" : ` ${unused} is set, but not used here: only an http proxy for http is supported.`;
  return environmentError(code2, message, `${hint}${through}${directly}`);
}
// src/doctor/judge/gateway-facts.ts
var passing = ["gateway-restarting"];
function fromError({ code: code2, message, hint = "" }) {
  const group = /^gateway-(?:quota|guardrail|hook)/.test(code2) ? "models" : "gateway";
  return found(passing.includes(code2) ? "warning" : "failure", group, code2, message.replace(/\.$/, ""),
    meanings[code2] ?? "OpenCode cannot work without it", hint.replace(/\.$/, ""));
}
var meanings = { "gateway-html": "OpenCode would retry forever: it treats a web page as an answer that has not started",
  "gateway-refused": "OpenCode retries for a minute and then gives up without a message",
  "gateway-timeout": "packets are dropped on the way", "gateway-slow": "a program accepts connections there and does not answer",
  "gateway-forbidden": "this machine's identity has no role", "gateway-quota": "OpenCode retries silently, for minutes",
  "gateway-quota-invalid": "OpenCode retries silently, for minutes", "gateway-hook": "OpenCode retries silently, for minutes",
  "gateway-guardrail": "the prompt is refused; OpenCode shows the gateway's message",
  "gateway-denied": "the gateway, or a proxy in front of it, refuses this machine",
  "gateway-redirect": "OpenCode does not follow it as a browser would", "gateway-restarting": "OpenCode retries automatically" };
function readModels(text) {
  const parsed = parseAnswer(text);
  const data = parsed.ok ? at(parsed.value, "data") : null;
  if (!Array.isArray(data)) return null;
  return data.filter(isObject).flatMap((model) => {
    const id = textAt(model, "id");
    return id === void 0 ? [] : [{ id, paths: textsAt(model, "supported_endpoints") ?? [] }];
  });
}
function usedModels(config, choices2) {
  return ["model", "small_model"].flatMap((key2) => {
    const text = textAt(config, key2);
    if (text === void 0) return [];
    const [id, name] = splitModel(text);
    const provider = choices2.providers.find((each) => each.id === id);
    if (provider === void 0) return [];
    return [{ key: key2, text, wire: provider.models?.get(name) ?? name, path: wirePath(provider, config, name) }];
  });
}
function serves(served, { wire, text }) { return served.find(({ id }) => id === wire || id === text); }
// src/doctor/judge/formats.ts
function formatsInUse(config, choices2, served) {
  return choices2.providers.flatMap((provider) => {
    const names2 = [
      ...usedModels(config, choices2).filter(({ text }) => text.startsWith(`${provider.id}/`)).map(({ text }) => splitModel(text)[1]),
      ...provider.models?.keys() ?? []];
    const formats = /* @__PURE__ */ new Map();
    for (const name of names2) {
      const path = wirePath(provider, config, name);
      if (path === null || formats.has(path)) continue;
      const found2 = serves(served, { wire: provider.models?.get(name) ?? name, text: `${provider.id}/${name}` });
      if (found2 !== void 0) formats.set(path, { provider: provider.id, path, model: found2.id, paths: found2.paths });
    }
    return [...formats.values()];
  });
}
function formatsToTry(config, choices2, models, deep) {
  const served = readModels(models.text) ?? [];
  const open = formatsInUse(config, choices2, served).filter(({ paths: paths2 }) => deep || paths2.length === 0);
  const unlisted = usedModels(config, choices2).flatMap(
    (used) => used.path === null || serves(served, used) !== void 0 ? [] : [{ path: used.path, model: used.wire }]);
  const all = served.length === 0 ? [] : [...open, ...unlisted];
  return [...new Map(all.map(({ path, model }) => [`${path} ${model}`, { path, model }])).values()];
}
function judgeFormats({ config, choices: choices2, probe, quote }, served) {
  const main2 = splitModel(textAt(config, "model") ?? "")[0];
  return formatsInUse(config, choices2, served).flatMap(({ provider, path, model, paths: paths2 }) => {
    const tried = probe.formats.get(`${path} ${model}`);
    const severity = provider === main2 ? "failure" : "warning";
    if (paths2.length > 0 ? !paths2.includes(path) : tried !== void 0 && "status" in tried && [404, 405].includes(tried.status))
      return [found(severity, "models", path === "/v1/responses" ? "responses-missing" : "wire-format-missing",
        `The gateway does not serve ${show(model)} on ${path}, which OpenCode calls for ${quote.text(provider)}`,
        paths2.length > 0 ? `it serves it on ${listed(paths2.map((each) => show(each)))}` : "that path is answered with 404 or 405",
        `ask the gateway's administrator for the flag ${flags[path] ?? "of that format"} (compatibility), ${path === "/v1/responses" ? "or set  api: chat  for it in aperture-env.yaml" : "or choose another provider"}`)];
    return tried === void 0 ? [] : judgeTried(tried, probe, severity, path);
  });
}
var flags = { "/v1/responses": "openai_responses", "/v1/messages": "anthropic_messages", "/v1/chat/completions": "openai_chat" };
function judgeTried(tried, { url, route }, severity, path) {
  if ("phase" in tried || tried.status >= 200 && tried.status < 300 || [400, 413, 415, 422].includes(tried.status)) return [];
  const wrong = explainAnswer(tried, { url: new URL(path, url), timeout: 0, proxy: route.proxy?.host ?? null, unused: null });
  return wrong === null ? [] : [{ ...fromError(wrong), severity, message: clean(`${path}: ${wrong.message.replace(/\.$/, "")}`, 300) }];
}
// src/doctor/tailnet.ts
var magicDns = "100.100.100.100";
function nameInTailnet(name, { servers, search }) {
  const domain = search.find((each) => each.endsWith(".ts.net")) ?? (search.length === 1 ? search[0] : void 0);
  return servers.includes(magicDns) && domain !== void 0 && !name.includes(".") ? `${name}.${domain}` : null;
}
// src/doctor/judge/models.ts
function judgeModels2({ config, choices: choices2, probe, quote, known: catalogue }, served) {
  const checks = [];
  const used = usedModels(config, choices2);
  for (const each of used) {
    if (serves(served, each) !== void 0) continue;
    const tried = probe.formats.get(`${each.path} ${each.wire}`);
    const choose = `choose one of ${listed(served.map(({ id }) => show(id)), 4)}, or ask for a grant`;
    checks.push(judgeUnlisted(each.key, quote.text(each.text), tried !== void 0 && "status" in tried ? tried.status : null, choose));
  }
  checks.push(...judgeFormats({ config, choices: choices2, probe, quote }, served));
  const known = new Map(choices2.providers.flatMap(({ models }) => [...models ?? []].map(([name, wire]) => [wire, name])));
  if (choices2.providers.some(({ models }) => models === null)) return withList(checks, served);
  const ids = new Set(served.map(({ id }) => id.slice(id.indexOf("/") + 1)));
  const isKnown = (name) => known.has(name) || catalogue.has(name);
  const news = served.filter(({ id }) => !isKnown(id) && !isKnown(id.slice(id.indexOf("/") + 1)));
  if (news.length > 0) checks.push(found("note", "models", "models-new",
    `The gateway serves ${news.length} more: ${listed(news.map(({ id }) => show(id)), 3)}`,
    "they are not in this environment's catalogue, so they cannot be chosen",
    "npx create-aperture-env discover --write, and rebuild the image"));
  const whole = new Set(served.map(({ id }) => id));
  const lost = [...known.keys()].filter((wire) => !ids.has(wire) && !whole.has(wire));
  if (lost.length > 0 && lost.length < known.size) checks.push(found("note", "models", "models-not-served",
    `${lost.length} of ${known.size} models that can be chosen are not listed: ${listed(lost.map((id) => quote.text(id)), 3)}`,
    "no grant gives you these models, or no provider of the gateway has them: a request for one may fail with 404",
    "npx create-aperture-env discover --write, and rebuild the image"));
  return withList(checks, served);
}
function judgeUnlisted(key2, name, status, choose) {
  const isMain = key2 === "model";
  if (status !== null && status !== 404) {
    const cause2 = `the gateway accepts requests for it (${status}), so prompts may work`;
    const next = `aperture-doctor --send  tries one; or ${choose}`;
    return isMain ? found("note", "models", "model-not-listed", `The gateway does not list ${name} (model)`, cause2, next)
      : found("note", "models", "small-model-not-listed", `The gateway does not list ${name} (small_model)`, cause2, next);
  }
  const cause = status === null ? "no grant gives you this model, or no provider of the gateway has it"
    : "a request for it fails with 404: no grant gives you this model, or no provider of the gateway has it";
  return isMain ? found("failure", "models", "model-not-served", `The gateway does not list ${name} (model)`, cause, choose)
    : found("warning", "models", "small-model-not-served", `The gateway does not list ${name} (small_model)`,
      `${cause}; titles fail silently`, choose);
}
function withList(checks, served) {
  const bad = checks.some(({ severity }) => severity === "failure" || severity === "warning");
  return bad ? [...checks] : [fine("models", "models", `${served.length} models are served, including the configured ones`), ...checks];
}
// src/doctor/judge/gateway.ts
function judgeGateway(facts) {
  const { probe, timeout, choices: choices2 } = facts;
  const { url, route, models } = probe;
  const granted = choices2.providers.map(({ id }) => `${facts.quote.text(id)}/**`);
  const about = { url, timeout, proxy: route.proxy?.host ?? null, unused: route.unused, ...granted.length > 0 && { models: granted } };
  const slow2 = judgeServers(probe);
  const past = judgeWay(probe, about);
  if (past !== null) return [...slow2, past];
  const answer = models;
  const served = readModels(answer.text);
  if (served === null) return [withProxy(fromError(notJson(answer.text, about)), probe)];
  const through = route.proxy === null ? "" : ` through the proxy ${show(route.proxy.host)}`;
  if (served.length === 0) return [found("failure", "models", "models-none", `${url.origin} answers${through}, but offers you no model`,
    "you have a role, but no grant gives you a model; or no provider is configured", formatGrant(about))];
  return [fine("gateway", "gateway", `${url.origin} answers${through}`), ...slow2, ...judgeProxyList(probe), ...judgeClock(probe),
    ...judgeModels2(facts, served)];
}
function judgeWay(probe, about) {
  const { models, url, route } = probe;
  if (route.unusable !== null) return found("failure", "gateway", "proxy-unusable",
    `OpenCode cannot use the proxy that ${route.unusable} names`,
    "it takes http://<host>:<port>, or https, without a space, a line end or a quote before or behind it",
    `correct ${route.unusable}, or add ${url.hostname},localhost,127.0.0.1 to NO_PROXY and no_proxy`);
  if ("phase" in models) {
    if (models.phase === "lookup") return withProxy(judgeName(models, probe), probe);
    const secured = url.protocol === "https:" && !url.hostname.includes(".") && probe.name !== null;
    if (secured && (models.phase === "tls" || models.phase === "connect"))
      return found("failure", "gateway", "origin-https-short", `${url.origin} does not answer in TLS`,
        "a short name has no certificate; Aperture is reached over plain http, WireGuard encrypts it",
        `write ${url.origin.replace(/^https/, "http")}`);
    return withProxy(fromError(explainFailure(models, about)), probe);
  }
  const wrong = explainAnswer(models, about);
  return wrong === null ? null : withProxy(fromError(wrong), probe);
}
function withProxy(check, { route: { proxy, other }, url, models, detour }) {
  if (proxy === null)
    return other === null || url.protocol !== "http:" || !("phase" in models) ? check
      : found("failure", "gateway", "proxy-http-missing",
        `${other} names a proxy and HTTP_PROXY does not, so ${url.origin} is asked directly`,
        `for an http address OpenCode uses only HTTP_PROXY; asked directly: ${lowerFirst(check.message)}`,
        "set HTTP_PROXY to an http proxy that leads to the gateway, such as that of Tailscale's daemon");
  if ("status" in models && (detour === null || detour.isTailscale && models.text !== "")) return check;
  const { host } = proxy;
  const isDirect = detour !== null && "status" in detour.direct && explainAnswer(detour.direct, aboutOf(url)) === null;
  const isClosed = "phase" in models && models.code === "ECONNREFUSED" && models.phase === "connect";
  if (isDirect) return found("failure", "gateway", "proxy",
    `Requests to ${url.hostname} go through the proxy ${show(host)}, which does not reach it`,
    `${check.message}; without the proxy it answers`,
    `add ${url.hostname},localhost,127.0.0.1 to NO_PROXY and no_proxy (no scheme, no CIDR)`);
  if ("status" in models && models.status === 407) return found("failure", "gateway", "proxy-login",
    `The proxy ${show(host)} wants a user and a password (407)`,
    `HTTP_PROXY has ${proxy.username === "" ? "none" : "others"}, and without the proxy ${url.origin} does not answer`,
    `put them into HTTP_PROXY and http_proxy: http://<user>:<password>@${show(host)}, with %40 for @, %3A for : and %25 for %`);
  if (isClosed) return found("failure", "gateway", "proxy-closed", `Nothing listens at ${show(host)}, which HTTP_PROXY names as the proxy`,
    `the proxy does not run or has another port, and without a proxy ${url.origin} does not answer either`,
    "start the proxy, or correct its port: for Tailscale's daemon it is the port of --outbound-http-proxy-listen, usually 1055");
  if (detour?.isTailscale === true) return found("failure", "gateway", "proxy-tailscale",
    `The proxy ${show(host)} of Tailscale's daemon accepts the request, but ${url.origin} does not answer through it`,
    `the daemon is not logged in, does not know ${url.hostname}, or no grant allows the connection`,
    "tailscale status  shows which. The proxy is needed: NO_PROXY must not contain the gateway's name");
  return found("failure", "gateway", "proxy", `Requests to ${url.hostname} go through the proxy ${show(host)}, which does not reach it`,
    `${check.message}; without the proxy it does not answer either`,
    "set HTTP_PROXY to a proxy that leads to the gateway: in a tailnet, that of Tailscale's daemon");
}
function aboutOf(url) { return { url, timeout: 0, proxy: null, unused: null }; }
function lowerFirst(text) { return `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`; }
function judgeServers({ silent, name, resolver: { servers }, url }) {
  if (silent.length === 0) return [];
  const [shown2, others2] = [silent.map((each) => show(each)), servers.filter((each) => !silent.includes(each))];
  return [found("warning", "gateway", "name-server-slow",
    `${listed(shown2)} ${silent.length === 1 ? "does" : "do"} not answer for the name ${show(name ?? url.hostname)}, and ${listed(others2.map((each) => show(each)))} is asked only after that`,
    "OpenCode may wait 5 seconds for each connection",
    `take ${listed(shown2)} out of this container's name servers (/etc/resolv.conf, --dns, dns: of Compose), or put it last`)];
}
function judgeName({ code: code2 }, { name, resolver, url }) {
  const shown2 = show(name ?? url.hostname);
  const servers = resolver.servers.map((server) => show(server));
  const full = `http://${shown2.split(".")[0]}.<tailnet>.ts.net`;
  if (resolver.servers.length === 0) return found("failure", "gateway", "name-no-server",
    `No name server is configured here, so ${shown2} has no address`, "/etc/resolv.conf names none",
    "give the container a name server (--dns), or use the gateway's address");
  if (code2 !== "ENOTFOUND") return found("failure", "gateway", "name-server-silent",
    `${listed(servers)} ${servers.length === 1 ? "does" : "do"} not answer for the name ${shown2}`,
    "the name server of /etc/resolv.conf cannot be reached, or does not answer",
    resolver.servers.includes(magicDns) ? "check whether Tailscale is up on the machine or container that provides this network"
      : `check whether this container has a network, and which name server it should use: in a tailnet that is MagicDNS, ${magicDns}`);
  if (!shown2.includes(".")) {
    if (resolver.servers.includes(magicDns) && resolver.search.length === 0)
      return found("failure", "gateway", "name-search-domain", `${shown2} is a short name, and this container has no search domain`,
        "MagicDNS answers for full names only", `write the full name: ${full}`);
    if (!resolver.servers.some((server) => server === magicDns || server.startsWith("127.")))
      return found("failure", "gateway", "name-no-magicdns",
        `${listed(servers)} ${servers.length === 1 ? "does" : "do"} not know the name ${shown2}`,
        `the tailnet's MagicDNS (${magicDns}) is not asked here`,
        `let the container use the host's resolver, choose another connection (aperture.connection), or set the gateway's address 100.x.y.z`);
    const inTailnet = nameInTailnet(shown2, resolver);
    if (inTailnet !== null) return found("failure", "gateway", "name-unknown", `The name ${shown2} does not resolve here`,
      `this tailnet has no ${show(inTailnet)}`, "is it the gateway's name? tailscale status lists what this machine sees in its tailnet");
  }
  return found("failure", "gateway", "name-unknown", `The name ${shown2} does not resolve here`, "the name server does not know it",
    `is it the gateway's name, is MagicDNS on, and is this machine in the tailnet (tailscale status)?${shown2.includes(".") ? "" : ` The full name needs no search domain: ${full}`}`);
}
function judgeProxyList({ route, url }) {
  if (route.unused === null) return [];
  return [found("note", "gateway", "proxy-unused", `${route.unused} is set, and ${url.hostname} was asked directly`,
    "the doctor supports only http through an http proxy", `add ${url.hostname} to NO_PROXY, if the proxy is not meant for it`)];
}
var tolerated = 5 * 6e4;
function judgeClock({ models, now }) {
  const date = "date" in models && models.date !== null ? models.date : Number.NaN;
  const off = Number.isNaN(date) ? 0 : now - date;
  if (Math.abs(off) <= tolerated) return [];
  const minutes = Math.round(Math.abs(off) / 6e4);
  return [found("warning", "surroundings", "clock", `This clock is ${minutes} minutes ${off > 0 ? "ahead of" : "behind"} the gateway's`,
    "logins and certificates depend on it", "correct the clock, for example after the machine was suspended")];
}
// src/gateway/origin.ts
var example = "http://ai, http://ai.example.ts.net or http://localhost:8080";
var plainHost = /^(?:(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*|\[[0-9a-f:.]+\])$/;
function parseOrigin(text) {
  const typed = text.trim();
  if (typed === "") return refuse("the gateway's address is empty", `give its origin: ${example}`);
  if (/[\s\\{}$"'`<>|^]/.test(typed) || visible(typed) !== typed) {
    return refuse("the gateway's address holds a space, a quote or a control character", `give its origin: ${example}`);
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(typed)?.[1]?.toLowerCase();
  if (scheme !== void 0 && scheme !== "http" && scheme !== "https") {
    const host = typed.slice(scheme.length + 3).replace(/[/?#].*$/, "").replace(/^.*@/, "");
    return refuse(`the gateway speaks http or https, not ${scheme}`, host === "" ? `give its origin: ${example}` : `write http://${host}`);
  }
  let url;
  try { url = new URL(scheme === void 0 ? `http://${typed}` : typed); } catch {
    const named = typed.includes("@") ? "what was given" : JSON.stringify(typed);
    return refuse(`${named} is not an address`, `give the gateway's origin: ${example}`);
  }
  const origin = url.origin;
  if (url.username !== "" || url.password !== "" || typed.includes("@")) {
    return refuse("the address holds a user name or a password, which would land in committed files", `write ${origin}`);
  }
  if (url.search !== "" || url.hash !== "" || /[?#]/.test(typed)) {
    return refuse("the address holds a query or a fragment", `write ${origin}`);
  }
  if (!plainHost.test(url.hostname)) {
    return refuse(`${JSON.stringify(url.hostname)} is not a host name`, `give the gateway's origin: ${example}`);
  }
  const notes = [];
  if (scheme === void 0) notes.push(`read ${typed} as ${origin}: Aperture is reached over http, WireGuard encrypts it`);
  const path = /^(?:\/v1\/?|\/)?$/.exec(url.pathname)?.[0];
  if (path === void 0) {
    return refuse(`the address has the path ${url.pathname}; an origin has none`,
      `write ${origin}; the paths of the wire formats are added`, "origin-path");
  }
  if (path !== "" && path !== "/") notes.push(`took ${path} off: it is added for each provider`);
  else if (typed.endsWith("/")) notes.push("took the trailing / off");
  return { ok: true, value: origin, notes };
}
function refuse(why, fix, code2 = "origin-invalid") { return { ok: false, code: code2, why, fix }; }
// src/doctor/judge/origin.ts
function judgeOrigin(given, wanted, managed) {
  const typed = trimmed(given ?? "");
  const parsed = parseOrigin(normaliseUrl(typed || wanted));
  const from = typed ? "APERTURE_URL" : "The environment's gateway address";
  if (!parsed.ok) {
    const isPath = parsed.code === "origin-path";
    const told = !typed || parsed.why.startsWith("the address holds");
    const why = told ? parsed.why : isPath ? "it has a path" : "it is not a valid address";
    const fix = !typed || isPath ? parsed.fix : "use scheme, host and port, such as http://ai or http://localhost:8080";
    return { origin: null, checks: [found("failure", "gateway", parsed.code, `${from} is not an origin`, show(why), show(fix))] };
  }
  const origin = parsed.value;
  const checks = [];
  if (given !== void 0 && typed === "") checks.push(found("note", "gateway", "origin-empty", "APERTURE_URL is empty",
    `the launcher takes ${show(wanted)} instead; other programs may not`, "unset it, or set it to the gateway's address"));
  else if (given !== void 0 && given !== origin && !managed) checks.push(found("note", "gateway", "origin-spelling",
    `APERTURE_URL is ${show(given)}, and an origin is ${origin}`,
    "the launcher corrects that; other programs that read the variable may not", `write ${origin}`));
  if (managed && typed && origin !== parseOriginOr(wanted)) checks.push(found("warning", "gateway", "origin-managed",
    "APERTURE_URL names another gateway than the configuration", `the configuration is managed, so OpenCode goes to ${show(wanted)}`,
    "change aperture.url in aperture-env.yaml, or unset the variable"));
  return { origin: managed ? parseOriginOr(wanted) : origin, checks };
}
function parseOriginOr(text) {
  const parsed = parseOrigin(normaliseUrl(text));
  return parsed.ok ? parsed.value : null;
}
// src/doctor/judge/local.ts
function judgeLeftovers({ packages, notKept, leftSessions }) {
  const lacking = packages.filter(({ needed, is }) => needed && is !== "installed");
  return [...lacking.map(({ folder, is }) => found("warning", "folders", "plugin-package",
    `Tools or plugins in ${show(folder)} have no plugin package to import`,
    is === "seeded" ? "the placeholder that keeps OpenCode from downloading it still exists; the launcher removes it at the next start"
      : "OpenCode fetches it from the npm registry as it starts (63 MB), and a tool that imports it fails until it is there",
    "start opencode with access to the registry")),
    ...lacking.length === 0 && packages.some(({ is }) => is === "seeded")
      ? [fine("folders", "plugin-package", "OpenCode's plugin package is not fetched: no tool and no plugin needs it")] : [],
    ...notKept === null ? []
      : [found("note", "folders", "state-not-kept",
        "Sessions are not on the volume that the spec asks for, and are lost with this container", show(notKept),
        "rebuild the container with a tool that mounts volumes, or mount one there")],
    ...leftSessions.map((folder) => found("note", "folders", "sessions-left", `Sessions of earlier starts are in ${show(folder)}`,
      "OpenCode keeps them in another folder now",
      "copy its opencode.db to the other one while no opencode runs, if you want them, or delete it"))];
}
function judgePrograms2({ programs, version }) {
  const { own, opencodes } = programs;
  if (own === null) {
    const [first] = opencodes;
    return [fine("opencode", "opencode",
      first === void 0 ? "Not installed here: it is in the container" : `Not of an environment: ${show(first)}`)];
  }
  const checks = [];
  const rebuild = "rebuild the image";
  if (!own.binary) checks.push(found("failure", "opencode", "binary-missing", "OpenCode's binary is not there",
    "the image was built without its OpenCode stage, or by a tool that ignores a Feature's dependencies, as DevPod and envbuilder do",
    `npx create-aperture-env@latest update, because the Feature of older versions did not include it; then ${rebuild}`));
  else if (own.stamp === null) checks.push(found("note", "opencode", "version-unknown", "The binary has no version beside it",
    "it was not fetched by this environment", `${rebuild}, or check it with --deep`));
  else if (version !== null && own.stamp !== version) checks.push(found("warning", "opencode", "version",
    `OpenCode ${show(own.stamp)} is installed, and the environment pins ${show(version)}`,
    "the image is older than its configuration, or its binary was replaced", rebuild));
  else checks.push(fine("opencode", "opencode", `OpenCode ${show(own.stamp)}`));
  if (own.isReplaced) checks.push(found("failure", "opencode", "launcher-replaced",
    `${show(own.launcher)} is not the environment's launcher`,
    "another program was installed in its place; it does not know the gateway if a variable is missing",
    "install that program elsewhere, or not at all, and rebuild the image"));
  const at2 = opencodes.indexOf(own.launcher);
  const before = at2 === -1 ? opencodes : opencodes.slice(0, at2);
  const after2 = at2 === -1 ? [] : opencodes.slice(at2 + 1);
  if (before.length > 0) checks.push(found("failure", "opencode", "other-opencode-first",
    `opencode starts ${show(before[0])}, not the environment's`, "it does not know the gateway if a variable is missing",
    `remove it, or put ${show(own.launcher.replace(/\/opencode$/, ""))} first in PATH`));
  else if (at2 === -1) checks.push(found("warning", "opencode", "launcher-not-on-path", "opencode is not on PATH",
    "the launcher's folder is not in it", `add ${show(own.launcher.replace(/\/opencode$/, ""))} to PATH`));
  if (after2.length > 0) checks.push(found("note", "opencode", "other-opencode",
    `There is another OpenCode: ${listed(after2.map((path) => show(path)))}`, "it is later in PATH, so it is not the one that starts",
    "remove it if nobody needs it"));
  if (programs.rg === null) checks.push(found("failure", "opencode", "ripgrep-missing", "ripgrep (rg) is missing",
    "OpenCode's grep and glob tools fail without it", "install ripgrep, or rebuild the image"));
  if (programs.git === null) checks.push(found("warning", "opencode", "git-missing", "There is no git",
    "without it OpenCode has no snapshots and no undo", "install git, or rebuild the image"));
  return checks;
}
var reasons = { EACCES: "this account may not write there", EROFS: "its file system is read-only", ENOENT: "there is none",
  ENOTDIR: "it is not a folder" };
function judgeFolders2({ launched, readOnly, noExec }) {
  const checks = [];
  const { moved, linked, temporary } = launched;
  const nowhere = [...moved, linked, temporary].find((move) => move?.to === null);
  const because = ({ from, why }) => `${show(from)}: ${reasons[why] ?? show(why)}`;
  if (nowhere) checks.push(found("failure", "folders", "folders-none", "OpenCode has no writable folder", because(nowhere),
    "give it a writable home, or a tmpfs on /tmp"));
  else {
    if (moved.length > 0) checks.push(found("note", "folders", "folders-moved",
      `OpenCode writes to ${listed(moved.map(({ to }) => show(to ?? "")))} instead`,
      `${listed(moved.map(because))}. Data there is lost with the container`,
      "make this account own the folder, or give it a writable home"));
    if (linked !== null) checks.push(found("note", "folders", "config-linked",
      `OpenCode reads ${show(linked.from)} by links in ${show(linked.to ?? "")}`,
      "it writes a .gitignore into its configuration folder, and this folder's file system is read-only",
      "put an empty .gitignore into the folder, then no links are needed"));
    if (temporary !== null) checks.push(found("note", "folders", "tmp-moved",
      `OpenCode's temporary folder is in ${show(temporary.to ?? "")}`, because(temporary), "ignore it, or fix the folder"));
  }
  for (const folder of readOnly) checks.push(found("failure", "folders", "folder-read-only",
    `OpenCode does not start, because ${show(folder)} is read-only`, "it writes a .gitignore into every folder of its configuration",
    `put an empty .gitignore into ${show(folder)}`));
  if (noExec) checks.push(found("warning", "folders", "tmp-noexec",
    `Nothing in ${show(launched.env["TMPDIR"] ?? "/tmp")} can be run: it is mounted noexec`,
    "OpenCode's interactive screen does not start (opencode run does)", "mount it exec, or set BUN_TMPDIR to another folder"));
  return checks.some(({ severity }) => severity !== "note") ? checks
    : [fine("folders", "folders", "OpenCode's folders are writable"), ...checks];
}
function judgeSurroundings({ env, opencodeFolders }) {
  const checks = [];
  const keys = Object.keys(env).filter((name) => keyVariables.test(name) && !["", "-"].includes(env[name] ?? ""));
  if (keys.length > 0) checks.push(found("note", "surroundings", "keys-in-environment",
    `${listed(keys.sort())} ${keys.length === 1 ? "is" : "are"} set`,
    "OpenCode sends the placeholder, but the commands that it runs see them", "unset them unless another program needs them"));
  for (const folder of opencodeFolders) checks.push(found("note", "surroundings", "opencode-folder",
    `${show(folder)} makes OpenCode fetch its plugin package`,
    "63 MB from the npm registry into that folder; OpenCode has no switch to prevent it", "keep it for agents, commands or tools"));
  return checks;
}
// src/doctor/judge/opencode.ts
var compared = ["model", "small_model", "enabled_providers", "disabled_providers", "share", "provider"];
function judgeVersion(ran, stamp) {
  const version = ran.stdout.trim();
  if (ran.late) return [found("warning", "opencode", "binary-slow", "OpenCode did not report its version in time",
    "this machine is slow, or OpenCode hangs", "try again, with --timeout 20")];
  if (ran.status !== 0) return [
    found("failure", "opencode", "binary-broken", "OpenCode does not run", lastLine(ran.stderr || ran.stdout), "rebuild the image")];
  if (stamp !== null && version !== stamp) return [found("warning", "opencode", "version",
    `The binary is OpenCode ${show(version)}, and ${show(stamp)} is written beside it`, "it was replaced, or has updated itself",
    "rebuild the image")];
  return [fine("opencode", "opencode-runs", `OpenCode ${show(version)} runs`)];
}
var unsaid = "its message is not shown, because the configuration inserts variables or files:  opencode debug config  shows them";
function judgeDebugConfig(ran, ours2, secretive) {
  if (ran.late) return { config: null,
    checks: [found("warning", "opencode", "binary-slow", "OpenCode did not show its configuration in time",
      "this machine is slow, or OpenCode hangs", "try again, with --timeout 20")] };
  const parsed = ran.status === 0 ? parseJsonc(ran.stdout) : null;
  if (parsed === null || !parsed.ok || !isObject(parsed.value)) return { config: null,
    checks: [found("failure", "config", "config-refused", "OpenCode does not start with this configuration",
      secretive ? unsaid : firstLine(ran.stderr || ran.stdout), "fix the named setting")] };
  const theirs = parsed.value;
  const different = compared.filter((key2) => !same(at(theirs, key2), at(ours2, key2)));
  if (different.length === 0)
    return { config: theirs, checks: [fine("config", "config-deep", "OpenCode resolves its configuration as it was read here")] };
  return { config: theirs,
    checks: [found("note", "config", "config-differs", `OpenCode resolves ${different.join(", ")} differently than it was read here`,
      "a server, a plugin or an organisation contributes to it; the checks use what OpenCode says", "opencode debug config  shows it")] };
}
function same(theirs, ours2) {
  if (isObject(theirs) && isObject(ours2)) return Object.keys(theirs).every((key2) => same(theirs[key2], ours2[key2]));
  if (Array.isArray(theirs) && Array.isArray(ours2))
    return theirs.length === ours2.length && theirs.every((each, index) => same(each, ours2[index]));
  return theirs === ours2;
}
function judgeSent(ran, origin, seconds, secretive) {
  const where = `${origin}/ui/`;
  if (ran.late) return [found("failure", "models", "send-timeout", `OpenCode had no answer to a prompt within ${seconds} s`,
    "it retries silently on 429 and 5xx, and if the gateway is unreachable",
    `check whether the request is on ${where}, and run aperture-doctor --deep`)];
  const refused2 = ran.status === 0 ? null : findGuardrail(`${ran.stderr}${ran.stdout}`);
  if (refused2 !== null) return [found("failure", "models", refused2.code, `${origin} ${refused2.what}`,
    "the prompt is refused; OpenCode shows the gateway's message", refused2.hint.replace(/\.$/, ""))];
  if (ran.status !== 0) return [found("failure", "models", "send-failed",
    `OpenCode had no answer to a prompt (exit ${ran.status ?? "by a signal"})`, secretive ? unsaid : reasonIn(ran.stderr || ran.stdout),
    `look for the request on ${where}`)];
  const answer = secretive ? "" : `: ${show(ran.stdout.trim(), 60)}`;
  return [fine("models", "send", `A prompt was answered${answer}. It is on ${where}`)];
}
function reasonIn(text) {
  const lines = linesOf(text);
  const message = lines.findLast((line) => /"?message"?: *"/.test(line));
  const last = lines.findLast((line) => /[a-z]{2}/i.test(line));
  return show(message?.replace(/^.*?"?message"?: *"|",?$/g, "") ?? last ?? "it said nothing");
}
function lastLine(text) { return show(linesOf(text).at(-1) ?? "it said nothing"); }
function firstLine(text) { return show(linesOf(text)[0] ?? "it said nothing"); }
// src/doctor/probe/attribution.ts
import { existsSync } from "node:fs";
// src/doctor/probe/run.ts
import { spawn } from "node:child_process";
var mostSaid = 32 * 1024 * 1024;
var guard = `exec 4<&0 </dev/null
"$@" <&4 3<&- 4<&- &
program=$!
exec 4<&-
{ exec >/dev/null 2>&1; read -r _ <&3; kill -s KILL -- "-$$"; kill -s KILL "$program"; } &
exec 3<&-
wait "$program"
status=$?
kill -s KILL "$!" 2>/dev/null
exit "$status"`;
function run(command, options) {
  const { env, cwd, timeout, input } = options;
  const isGuarded = process.platform !== "win32";
  const [program, ...args] = isGuarded ? ["/bin/sh", "-c", guard, "sh", ...command] : command;
  return new Promise((resolve) => {
    const said = { stdout: [], stderr: [] };
    let late = false;
    const child = spawn(program, args,
      { env: { ...env }, cwd, detached: isGuarded, windowsHide: true,
        stdio: [input === void 0 ? "ignore" : "pipe", "pipe", "pipe", isGuarded ? "pipe" : "ignore"] });
    const end = () => endGroup(child, isGuarded);
    const settle = (status, more = "") => {
      clearTimeout(timer);
      end();
      const text = (chunks) => Buffer.concat(chunks).toString("utf8");
      resolve({ status, stdout: text(said.stdout), stderr: text(said.stderr) + more, late });
    };
    const timer = setTimeout(() => { late = true; settle(null); }, Math.max(1, timeout));
    for (const name of ["stdout", "stderr"]) {
      let length = 0;
      child[name]?.on("data", (chunk) => {
        length += chunk.length;
        if (length <= mostSaid) said[name].push(chunk);
        else settle(null);
      });
    }
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
    child.stdio[3]?.on("error", () => {});
    child.on("error", (error) => settle(null, error.message));
    child.on("exit", end);
    child.on("close", (status) => settle(status));
  });
}
function endGroup(child, isGuarded) {
  if (child.pid === void 0) return;
  try {
    if (isGuarded) process.kill(-child.pid, "SIGKILL");
    else child.kill("SIGKILL");
  } catch {}
}
// src/doctor/probe/attribution.ts
var patience = 1e3;
var script = '_share=$1; . "$1/attribution.sh"; printf %s "$APERTURE_ENV_HEADERS"';
async function readHeaders({ share, prefix }, env, cwd) {
  if (prefix === null || !existsSync(`${share}/attribution.sh`)) return null;
  const { status, stdout } = await run(["/bin/sh", "-c", script, "sh", share], { env, cwd, timeout: patience });
  return status === 0 ? stdout : null;
}
// src/doctor/probe/files.ts
import { accessSync, closeSync, constants, existsSync as existsSync2, fstatSync, openSync, readdirSync, readSync,
  realpathSync } from "node:fs";
// src/connect/mounts.ts
import { readFileSync } from "node:fs";
function readMounts() {
  try { return parseMounts(readFileSync("/proc/self/mountinfo", "utf8")); } catch { return []; }
}
function parseMounts(table) {
  return table.split("\n").flatMap((line) => {
    const [, , , , place, options = ""] = line.split(" ");
    if (place === void 0) return [];
    const plain2 = place.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));
    return [{ place: plain2, options: options.split(",") }];
  });
}
// src/doctor/probe/files.ts
var largest3 = 4 * 1024 * 1024;
function readText(path) {
  let file = null;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(file);
    if (stats.isDirectory()) return { kind: "unreadable", why: "EISDIR" };
    if (!stats.isFile() || stats.size > largest3) return { kind: "unreadable", why: stats.isFile() ? "EFBIG" : "EINVAL" };
    const bytes = Buffer.alloc(stats.size === 0 ? largest3 + 1 : stats.size + 1);
    let length = 0;
    for (let read2 = -1; read2 !== 0 && length < bytes.length; length += read2)
      read2 = readSync(file, bytes, length, bytes.length - length, null);
    return length > largest3 ? { kind: "unreadable", why: "EFBIG" } : { kind: "text", text: bytes.toString("utf8", 0, length) };
  } catch (error) {
    const code2 = error.code ?? "";
    return code2 === "ENOENT" || code2 === "ENOTDIR" ? { kind: "nothing" } : { kind: "unreadable", why: code2 };
  } finally { if (file !== null) closeSync(file); }
}
function textOf(path) {
  const read2 = readText(path);
  return read2.kind === "text" ? read2.text : null;
}
function may(path, mode) {
  try { accessSync(path, mode); return true; } catch { return false; }
}
function whyNotWritable(folder) {
  try { accessSync(folder, constants.W_OK | constants.X_OK); return null; } catch (error) {
    const code2 = error.code ?? "EACCES";
    return code2 === "EACCES" && may(folder, constants.X_OK) && mountOptionsOf(folder).includes("ro") ? "EROFS" : code2;
  }
}
function mountOptionsOf(path) {
  const at2 = real(path);
  const around = readMounts().filter(({ place }) => at2 === place || at2.startsWith(place === "/" ? "/" : `${place}/`));
  const nearest = around.reduce((best, each) => best === null || each.place.length >= best.place.length ? each : best, null);
  return nearest?.options ?? [];
}
var mostFiles = 50;
function folderFilesIn(folders) {
  const all = folders.flatMap(
    (folder) => foldersRead.flatMap((name) => namesIn(`${folder}/${name}`).map((file) => ({ folder, path: `${name}/${file}` }))));
  return all.filter(({ path }) => isFolderFile(path)).slice(0, mostFiles).map(
    (file) => ({ ...file, text: isCode(file.path) ? "" : textOf(`${file.folder}/${file.path}`) ?? "" }));
}
function namesIn(folder) {
  try { return readdirSync(folder).sort(); } catch { return []; }
}
function worldOf(env, cwd, home) { return { env, cwd: real(cwd), home, read: readText, exists: existsSync2 }; }
function real(path) {
  try { return realpathSync(path); } catch { return path; }
}
// src/doctor/probe/leftovers.ts
import { existsSync as existsSync3, readdirSync as readdirSync2 } from "node:fs";
function findLeftSessions({ env, moved }, home, places2) {
  const used = `${env["XDG_DATA_HOME"] || `${home}/.local/share`}/opencode`;
  const candidates = [...moved.map(({ from }) => from), ...places2.map((place) => `${place}/data/opencode`)];
  return [...new Set(candidates)].filter((folder) => folder !== used && existsSync3(`${folder}/opencode.db`));
}
function findPluginPackages(folders) {
  return folders.filter((folder) => existsSync3(folder)).map((folder) => ({ folder,
    needed: ["plugin", "plugins", "tool", "tools"].some((name) => hasScripts(`${folder}/${name}`)),
    is: existsSync3(`${folder}/node_modules/@opencode-ai/plugin`) ? "installed" : textOf(`${folder}/package-lock.json`)?.trim() === seed
      ? "seeded" : "missing" }));
}
var seed = '{"packages":{"":{"dependencies":{"@opencode-ai/plugin":"*"}}}}';
function hasScripts(folder) {
  try { return readdirSync2(folder).some((name) => /\.[jt]s$/.test(name)); } catch { return false; }
}
function configFolders(env, home) {
  const own = env["OPENCODE_CONFIG_DIR"];
  return [`${env["XDG_CONFIG_HOME"] || `${home}/.config`}/opencode`, ...own ? [own] : []];
}
function whyNotKept(volume, { env }, home) {
  if (volume === null) return null;
  const at2 = env["APERTURE_ENV_VOLUME"] || volume;
  if (!readMounts().some(({ place }) => place === at2)) return `nothing is mounted at ${at2}`;
  const data = `${env["XDG_DATA_HOME"] || `${home}/.local/share`}/opencode`;
  return real(data).startsWith(`${at2}/`) || !existsSync3(`${data}/opencode.db`) ? null : `${data} was in use before, and is not on it`;
}
// src/doctor/probe/launched.ts
import { existsSync as existsSync4, lstatSync, statSync } from "node:fs";
function asLaunched(given, installation, uid) {
  const { share, gateway } = installation;
  const env = { ...given };
  env["APERTURE_URL"] = launchedUrl(given["APERTURE_URL"], gateway) ?? normaliseUrl(gateway);
  const wanted = given["OPENCODE_CONFIG"] || `${share}/opencode.json`;
  const readable = readText(wanted).kind === "text";
  env["OPENCODE_CONFIG"] = readable ? wanted : `${share}/opencode.json`;
  env["OPENCODE_MODELS_PATH"] = given["OPENCODE_MODELS_PATH"] || `${share}/models.json`;
  for (const { name, use } of silencingVariables) env[name] = given[name] ?? (isAllowed(installation, use) ? "0" : "1");
  const own = readText(`${share}/opencode.json`);
  if (isManaged(installation, own.kind === "text" ? own.text : null)) Object.assign(env,
    { OPENCODE_TEST_MANAGED_CONFIG_DIR: void 0, OPENCODE_TEST_HOME: void 0, OPENCODE_MODELS_PATH: `${share}/models.json`,
      OPENCODE_DISABLE_DEFAULT_PLUGINS: "1" });
  const home = given["HOME"] ?? "";
  const place = () => privatePlace(given, uid);
  const moved = [];
  let linked = null;
  for (const [name, folder] of four) {
    const wished = given[name] || (home === "" ? "" : `${home.replace(/\/$/, "")}/${folder}`);
    const why2 = wished === "" ? "ENOENT" : whyUnusable(wished);
    if (why2 === null || name === "XDG_CONFIG_HOME" && isEnough(`${wished}/opencode`)) continue;
    const kept = name === "XDG_DATA_HOME" || name === "XDG_STATE_HOME" ? keptPlace(installation.volume, given, uid) : null;
    if (kept !== null) { env[name] = `${kept}/${name.slice(4, -5).toLowerCase()}`; continue; }
    const own2 = place();
    const to = own2 === null ? null : `${own2}/${name.slice(4, -5).toLowerCase()}`;
    const move = { from: wished === "" ? "HOME" : `${wished}/opencode`, why: why2, to: to === null ? null : `${to}/opencode` };
    if (name === "XDG_CONFIG_HOME" && isReadable(`${wished}/opencode`)) linked = move;
    else moved.push(move);
    env[name] = to ?? "";
  }
  if (home === "") env["HOME"] = place() ?? "";
  const data = env["XDG_DATA_HOME"] || `${home}/.local/share`;
  if (namesServer(given["OPENCODE_AUTH_CONTENT"] || textOf(`${data}/opencode/auth.json`)))
    env["OPENCODE_AUTH_CONTENT"] = textOf(`${share}/auth.json`)?.replaceAll("\n", "");
  const temporary = given["TMPDIR"] || "/tmp";
  const why = whyUnusable(temporary)
    ?? (isLink(`${temporary}/opencode`) ? "a link" : ownedBy(`${temporary}/opencode`, uid) ? null : "another account's");
  const tmp = why === null ? null : { from: temporary, why, to: place() };
  if (tmp !== null) env["TMPDIR"] = `${tmp.to}/tmp`;
  return { env, moved, linked, temporary: tmp, configFallback: given["OPENCODE_CONFIG"] && !readable ? given["OPENCODE_CONFIG"] : null };
}
var four = [
  ["XDG_DATA_HOME", ".local/share"],
  ["XDG_STATE_HOME", ".local/state"],
  ["XDG_CACHE_HOME", ".cache"],
  ["XDG_CONFIG_HOME", ".config"]
];
function isReadable(folder) { return isFolder(folder) && may(folder, 5); }
function isEnough(folder) { return isReadable(folder) && (existsSync4(`${folder}/.gitignore`) || whyNotWritable(folder) !== "EROFS"); }
function whyUnusable(folder) {
  let nearest = `${folder}/opencode`;
  while (nearest !== "/" && !existsSync4(nearest)) nearest = parentOf(nearest);
  try { return statSync(nearest).isDirectory() ? whyNotWritable(nearest) : "ENOTDIR"; } catch { return "ENOENT"; }
}
function ownedBy(path, uid) {
  try { return uid === null || statSync(path).uid === uid; } catch { return true; }
}
function namesServer(logins) { return logins?.includes("wellknown") === true; }
function isLink(path) { return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true; }
function privatePlace(given, uid) {
  const candidates = candidatesOf(given);
  for (const candidate of candidates) {
    const place = `${candidate}/aperture-env-${uid ?? ""}`;
    if (isPrivate(place, uid) || !existsSync4(place) && isFolder(candidate) && may(candidate, 2)) return place;
  }
  const taken = candidates.find((candidate) => isFolder(candidate) && may(candidate, 2));
  return taken === void 0 ? null : `${taken}/aperture-env-XXXXXXXXXX`;
}
function keptPlace(folder, given, uid) {
  if (folder === null) return null;
  const volume = given["APERTURE_ENV_VOLUME"] || folder;
  const place = `${volume}/aperture-env-${uid ?? ""}`;
  return isPrivate(place, uid) || !existsSync4(place) && isFolder(volume) && may(volume, 2) ? place : null;
}
function privatePlaces(given, uid) { return candidatesOf(given).map((candidate) => `${candidate}/aperture-env-${uid ?? ""}`); }
function candidatesOf(given) {
  const cache = given["XDG_CACHE_HOME"] || `${given["HOME"] ?? ""}/.cache`;
  return [given["TMPDIR"] || "/tmp", "/tmp", "/var/tmp", `${cache}/opencode`, "/dev/shm"];
}
function isFolder(path) {
  try { return statSync(path).isDirectory(); } catch { return false; }
}
function isPrivate(place, uid) {
  const stats = lstatSync(place, { throwIfNoEntry: false });
  return stats?.isDirectory() === true && (uid === null || stats.uid === uid) && may(place, 2);
}
// src/doctor/probe/network.ts
import { lookup, Resolver as DnsClient } from "node:dns/promises";
import { setTimeout as after } from "node:timers/promises";
// src/gateway/http/client.ts
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
// src/gateway/http/reader.ts
var largestBody = 8 * 1024 * 1024;
var largestErrorBody = 64 * 1024;
var largestHead = 64 * 1024;
var longestChunkLine = 256;
var mostChunks = 65536;
var Broken = class {
  code;
  why;
  constructor(why, code2 = "BAD_HTTP") { this.why = why; this.code = code2; }
};
function createReader() {
  let state = "status";
  let line = "";
  let headBytes = 0;
  let chunks = 0;
  let left = 0;
  let version = "";
  let status = 0;
  let fields = /* @__PURE__ */ new Map();
  let lastField = null;
  const body = createBody();
  let result = null;
  const finish = (tooLarge = false) => {
    const first = (name) => fields.get(name)?.[0] ?? null;
    result = { ok: true,
      answer: { status, location: first("location"), type: first("content-type") ?? "", retryAfter: first("retry-after"),
        date: Date.parse(first("date") ?? "") || null, tooLarge, text: body.text() } };
  };
  const isError = () => status < 200 || status > 299;
  const take = (bytes) => {
    const limit = isError() ? largestErrorBody : largestBody;
    const room = limit - body.length();
    body.add(bytes.length > room ? bytes.subarray(0, room) : bytes);
    if (bytes.length > room) finish(!isError());
  };
  const readStatus2 = (text) => {
    const found2 = /^HTTP\/(1\.[01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/.exec(text);
    if (found2 === null) throw new Broken("its first line is none");
    version = found2[1];
    status = Number(found2[2]);
    fields = /* @__PURE__ */ new Map();
    lastField = null;
    state = "fields";
  };
  const readField = (text) => {
    if (/[^\t\x20-\x7e\x80-\xff]/.test(text)) throw new Broken("a control character is in a header");
    if (/^[\t ]/.test(text)) {
      if (lastField === null) throw new Broken("its headers begin with a blank");
      lastField.push(`${lastField.pop()} ${text.trim()}`.trim());
      return;
    }
    const found2 = /^([\w!#$%&'*+.^`|~-]+):(.*)$/.exec(text);
    if (found2 === null) throw new Broken("a header has no name");
    const name = found2[1].toLowerCase();
    lastField = fields.get(name) ?? [];
    lastField.push(found2[2].trim());
    fields.set(name, lastField);
  };
  const endHead = () => {
    if (status === 101) throw new Broken("it changes the protocol, which nobody asked for");
    if (status < 200) { state = "status"; return; }
    if (status === 204 || status === 304) return finish();
    const coding = fields.get("transfer-encoding");
    const length = fields.get("content-length");
    const content = fields.get("content-encoding");
    if (content !== void 0 && content.some((each) => !/^(?:identity)?$/i.test(each)))
      throw new Broken("it is compressed, which nobody asked for");
    if (coding !== void 0) {
      if (length !== void 0) throw new Broken("it has both a length and chunks");
      if (version === "1.0" || coding.length !== 1 || coding[0].toLowerCase() !== "chunked")
        throw new Broken("its transfer encoding is not chunked");
      state = "size";
    } else if (length !== void 0) {
      if (length.length !== 1 || !/^\d{1,15}$/.test(length[0])) throw new Broken("its length is no number");
      left = Number(length[0]);
      if (left === 0) return finish();
      if (left > largestBody && !isError()) return finish(true);
      state = "length";
    } else state = "close";
  };
  const readSize = (text) => {
    const size = /^([\da-f]{1,8})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/i.exec(text)?.[1];
    if (size === void 0) throw new Broken("the size of a chunk is no number");
    left = Number.parseInt(size, 16);
    chunks++;
    if (chunks > mostChunks) throw new Broken("it has too many chunks");
    state = left === 0 ? "trailers" : "data";
    lastField = null;
  };
  const readLine = (text) => {
    if (state === "status") readStatus2(text);
    else if (state === "size") readSize(text);
    else if (state === "data-end") {
      if (text !== "") throw new Broken("a chunk is longer than it says");
      state = "size";
    } else if (text !== "") readField(text);
    else if (state === "fields") endHead();
    else finish();
  };
  const takeLine = (bytes, from) => {
    const end = bytes.indexOf(10, from);
    const to = end === -1 ? bytes.length : end + 1;
    const some = Math.min(to, from + largestHead + 1);
    line += bytes.toString("latin1", from, some);
    if (state === "status" && !"HTTP/".startsWith(line.slice(0, 5))) throw new Broken("it does not begin as HTTP", "NOT_HTTP");
    if (state === "size" || state === "data-end") {
      if (line.length > longestChunkLine) throw new Broken("the line before a chunk is too long");
    } else {
      headBytes += some - from;
      if (headBytes > largestHead) throw new Broken("its headers are too long");
    }
    if (end !== -1) {
      if (!/^[^\r\n]*\r\n$/.test(line)) throw new Broken("a line ends in another way than HTTP's");
      const text = line.slice(0, -2);
      line = "";
      readLine(text);
    }
    return to;
  };
  const takeBody = (bytes, from) => {
    const to = state === "close" ? bytes.length : Math.min(bytes.length, from + left);
    take(bytes.subarray(from, to));
    if (state === "close") return to;
    left -= to - from;
    if (left === 0 && result === null) { if (state === "length") finish(); else state = "data-end"; }
    return to;
  };
  return {
    push(bytes) {
      try {
        for (let at2 = 0; at2 < bytes.length && result === null;) {
          const isBody = state === "length" || state === "close" || state === "data";
          at2 = isBody ? takeBody(bytes, at2) : takeLine(bytes, at2);
        }
      } catch (error) {
        if (!(error instanceof Broken)) throw error;
        result = { ok: false, code: error.code, why: error.why };
      }
      return result;
    },
    end() {
      if (result === null && state === "close") finish();
      if (result === null && state === "status" && line.length < 5 && line !== "")
        result = { ok: false, code: "NOT_HTTP", why: "it does not begin as HTTP" };
      return result ?? { ok: false, code: "CUT", why: "it ended in the middle" };
    }
  };
}
function createBody() {
  let bytes = Buffer.alloc(0);
  let length = 0;
  return {
    add(piece) {
      if (length + piece.length > bytes.length) {
        const larger = Buffer.alloc(Math.max(4096, bytes.length * 2, length + piece.length));
        bytes.copy(larger, 0, 0, length);
        bytes = larger;
      }
      piece.copy(bytes, length);
      length += piece.length;
    },
    length: () => length,
    text: () => bytes.toString("utf8", 0, length)
  };
}
// src/gateway/http/client.ts
function ask(question) {
  const { url, host, port, proxy, deadline } = question;
  const isTls = url.protocol === "https:" && proxy === null;
  return new Promise((resolve) => {
    let phase = /^[\d.]+$|:/.test(host) ? "connect" : "lookup";
    let socket = null;
    let done = false;
    const reader = createReader();
    const settle = (result) => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      socket?.destroy();
      resolve(result);
    };
    const fail = (code2, detail = "") => settle({ phase, code: code2, detail });
    const timer = setTimeout(() => fail("TIMEOUT"), Math.max(1, deadline - performance.now()));
    const judge = (reading) => {
      if (reading.ok) settle(reading.answer);
      else fail(reading.code === "CUT" ? "ECONNRESET" : reading.code, reading.why);
    };
    const send = () => { phase = "answer"; socket.write(formatRequest(question)); };
    try {
      socket = isTls
        ? connectTls({ host, port, servername: isAddress(url.hostname) ? "" : url.hostname, ALPNProtocols: ["http/1.1"] })
        : connectTcp(question.socket === void 0 ? { host, port } : { path: question.socket });
    } catch (error) { return fail(error.code ?? "", String(error)); }
    socket.on("lookup", (error) => { if (error === null || error === void 0) phase = "connect"; });
    socket.once("connect", () => { if (isTls) phase = "tls"; else send(); });
    if (isTls) socket.once("secureConnect", send);
    socket.on("data", (bytes) => {
      if (done) return;
      if (phase === "answer") phase = "body";
      const reading = reader.push(bytes);
      if (reading !== null) judge(reading);
    });
    const finish = () => { if (!done) judge(reader.end()); };
    socket.on("end", finish);
    socket.on("close", finish);
    socket.on("error", (error) => fail(error.code ?? "", error.message));
  });
}
function formatRequest({ url, proxy, headers, body }) {
  const target = proxy === null ? `${url.pathname}${url.search}` : url.href;
  const user = proxy === null || proxy.username === "" ? null : `${decode(proxy.username)}:${decode(proxy.password)}`;
  const all = { host: url.host, accept: "application/json", "accept-encoding": "identity", connection: "close",
    ...body !== null && { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) },
    ...user !== null && { "proxy-authorization": `Basic ${Buffer.from(user).toString("base64")}` }, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${body === null ? "GET" : "POST"} ${target} HTTP/1.1\r\n${lines.join("")}\r\n${body ?? ""}`;
}
function decode(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}
function isAddress(hostname) { return hostname.startsWith("[") || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(hostname); }
// src/doctor/probe/route.ts
import { networkInterfaces } from "node:os";
function hasRoute(address) {
  const table = textOf("/proc/net/route");
  const wanted = toNumber(address);
  if (table === null || wanted === null || address.startsWith("127.")) return true;
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  if (own.some((each) => each.address === address)) return true;
  return table.trim().split("\n").slice(1).map((line) => line.split("	")).some(
    ([, destination = "", , , , , , mask = ""]) => (wanted & turned(mask)) >>> 0 === turned(destination));
}
function toNumber(address) {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(address)) return null;
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}
function turned(hex) { return Number.parseInt((hex.match(/../g) ?? []).reverse().join(""), 16) || 0; }
// src/doctor/probe/network.ts
async function probeGateway({ origin, env, deadline, formatsFor }) {
  const url = new URL("/v1/models", origin);
  const route = findRoute(url, env);
  const target = route.proxy ?? url;
  const port = Number(target.port || (target.protocol === "https:" ? 443 : 80));
  const resolver = readResolver();
  const hostname = target.hostname;
  const literal = isAddress(hostname);
  const { resolved, silent } = literal ? { resolved: [hostname.replace(/^\[|\]$/g, "")], silent: [] }
    : await resolveByAny(hostname, resolver, deadline);
  const common = { url, route, name: literal ? null : hostname, resolver, silent };
  const nothing2 = { now: Date.now(), formats: /* @__PURE__ */ new Map() };
  if ("phase" in resolved) {
    const detour = await lookBeside(url, route.proxy, []);
    return { ...common, ...nothing2, addresses: [], models: resolved, detour };
  }
  const question = { proxy: route.proxy, deadline, headers: { "user-agent": "aperture-doctor" }, port };
  const [models, address] = await askFirst(resolved, (host) => askAt({ ...question, url, host, body: null }));
  const now = Date.now();
  if (!isGateways(models, route)) {
    const detour = await lookBeside(url, route.proxy, resolved);
    return { ...common, ...nothing2, addresses: resolved, models, now, detour };
  }
  const wanted = "status" in models ? formatsFor(models) : [];
  const formats = await Promise.all(wanted.map(async ({ path, model }) => {
    const headers = { ...question.headers, authorization: "Bearer -", "x-api-key": "-", "anthropic-version": "2023-06-01" };
    const body = JSON.stringify({ model });
    const answer = await askAt({ ...question, url: new URL(path, origin), host: address, headers, body });
    return [`${path} ${model}`, answer];
  }));
  return { ...common, addresses: resolved, models, now, formats: new Map(formats), detour: null };
}
function isGateways(models, { proxy }) { return "status" in models && (proxy === null || /\bjson\b/i.test(models.type)); }
var patienceBeside = 1e3;
async function lookBeside(url, proxy, addresses) {
  if (proxy === null) return null;
  const deadline = performance.now() + patienceBeside;
  const common = { proxy: null, body: null, headers: { "user-agent": "aperture-doctor" }, deadline };
  const itself = async (host) => ask({ ...common, url: new URL("/", proxy), host, port: Number(proxy.port || 80) });
  const directly = async () => {
    const { hostname } = url;
    const found2 = isAddress(hostname) ? [hostname.replace(/^\[|\]$/g, "")] : await resolveInTailnet(hostname, readResolver(), deadline);
    if ("phase" in found2) return found2;
    return (await askFirst(found2, (host) => askAt({ ...common, url, host, port: Number(url.port || 80) })))[0];
  };
  const [said, direct] = await Promise.all([addresses[0] === void 0 ? null : itself(addresses[0]), directly()]);
  return { isTailscale: said !== null && "status" in said && said.text.startsWith("bogus RequestURI"), direct };
}
async function askAt(question) {
  const answer = await ask(question);
  const isLost = "phase" in answer && answer.code === "ECONNREFUSED" && !hasRoute(question.host);
  return isLost ? { ...answer, code: "ENETUNREACH" } : answer;
}
async function askFirst(addresses, one) {
  const asking = addresses.slice(0, 4).map(async (address) => [await one(address), address]);
  const usable = asking.map(async (each) => {
    const result = await each;
    if ("phase" in result[0]) throw new Error(result[0].code);
    return result;
  });
  try { return await Promise.any(usable); } catch {
    const all = await Promise.all(asking);
    return all.find(([result]) => "phase" in result && result.phase !== "connect") ?? all[0];
  }
}
async function resolveByAny(name, resolver, deadline) {
  const asked = resolveInTailnet(name, resolver, deadline).then((resolved) => ({ resolved, silent: [] }));
  if (resolver.servers.length < 2) return asked;
  const end = new AbortController();
  const first = await Promise.race([asked, askServers(name, resolver, deadline, end.signal)]);
  end.abort();
  return first ?? asked;
}
var patienceForName = 100;
async function askServers(name, { servers, search }, deadline, signal) {
  await after(patienceForName);
  if (signal.aborted) return null;
  const names2 = name.includes(".") ? [name] : [name, ...search.map((domain) => `${name}.${domain}`)];
  const patience3 = Math.max(50, (deadline - performance.now()) / 4);
  const answers = await Promise.all(servers.map((server) => askServer(server, names2, patience3)));
  const resolved = answers.find((answer) => answer !== null && answer.length > 0);
  const silent = servers.filter((_, index) => answers[index] === null);
  return resolved && silent.length > 0 ? { resolved, silent } : null;
}
async function askServer(server, names2, patience3) {
  const client = new DnsClient();
  try { client.setServers([server]); } catch { return null; }
  const asked = Promise.allSettled(names2.flatMap((name) => [client.resolve4(name), client.resolve6(name)]));
  const answers = await Promise.race([asked, after(patience3, null)]);
  client.cancel();
  const isSilent = ({ reason }) => /REFUSED|TIMEOUT|UNREACH/.test(reason.code ?? "");
  if (answers === null || answers.every((answer) => answer.status === "rejected" && isSilent(answer))) return null;
  return answers.flatMap((answer) => answer.status === "fulfilled" ? answer.value : []);
}
async function resolveInTailnet(name, resolver, deadline) {
  const full = nameInTailnet(name, resolver);
  const asked = full === null ? null : resolveName(`${full}.`, deadline);
  const resolved = await resolveName(name, deadline);
  if (!("phase" in resolved) || asked === null) return resolved;
  const said = await asked;
  return "phase" in said && said.code === "ENOTFOUND" ? said : resolved;
}
async function resolveName(name, deadline) {
  const bun = globalThis.Bun;
  const started = performance.now();
  const asking = bun === void 0 ? lookup(name, { all: true, verbatim: true }) : bun.dns.lookup(name, { backend: "libc" });
  let timer;
  const late = new Promise((resolve) => { timer = setTimeout(() => resolve("late"), Math.max(1, deadline - performance.now())); });
  try {
    const found2 = await Promise.race([asking, late]);
    if (found2 === "late") return { phase: "lookup", code: "TIMEOUT", detail: "" };
    const addresses = [...new Set(found2.map(({ address }) => address))];
    return addresses.length > 0 ? addresses : { phase: "lookup", code: "ENOTFOUND", detail: "" };
  } catch (error) {
    const { code: code2 = "", message } = error;
    const detail = `${message} (${Math.round(performance.now() - started)} ms)`;
    return { phase: "lookup", code: code2.replace(/^DNS_/, ""), detail };
  } finally { clearTimeout(timer); asking.catch(() => {}); }
}
function readResolver() {
  const lines = (textOf("/etc/resolv.conf") ?? "").split("\n").map((line) => line.replace(/[#;].*$/, "").trim().split(/\s+/));
  return { servers: lines.flatMap(([word2, server]) => word2 === "nameserver" && server !== void 0 ? [server] : []),
    search: lines.findLast(([word2]) => word2 === "search" || word2 === "domain")?.slice(1) ?? [] };
}
// src/doctor/probe/programs.ts
import { closeSync as closeSync2, existsSync as existsSync5, openSync as openSync2, readSync as readSync2, realpathSync as realpathSync2,
  statSync as statSync2 } from "node:fs";
function findPrograms(env, prefix) {
  const folders = (env["PATH"] || "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").split(":").filter(Boolean);
  const all = (name) => [...new Set(folders.map((folder) => `${folder}/${name}`).filter(isProgram))].map((path) => realpathSync2(path));
  return { opencodes: [...new Set(all("opencode"))], rg: all("rg")[0] ?? null, git: all("git")[0] ?? null,
    own: prefix === null ? null : findOwn(prefix) };
}
function findOwn(prefix) {
  const launcher = `${prefix}/bin/opencode`;
  const isThere = existsSync5(launcher);
  return { launcher: isThere ? realpathSync2(launcher) : launcher, isReplaced: isThere && !startOf(launcher).includes(launchersLine),
    binary: isProgram(`${prefix}/lib/aperture-env/opencode`), stamp: textOf(`${prefix}/lib/aperture-env/opencode.version`)?.trim() ?? null };
}
var launchersLine = "# opencode: prepares this one process for the gateway";
function startOf(path) {
  try {
    const file = openSync2(path, "r");
    try {
      const bytes = Buffer.alloc(200);
      return bytes.toString("latin1", 0, readSync2(file, bytes));
    } finally { closeSync2(file); }
  } catch { return launchersLine; }
}
function isProgram(path) {
  try { return statSync2(path).isFile() && may(path, 1); } catch { return false; }
}
function readOnlyFolders(folders) {
  return folders.filter((folder) => existsSync5(folder) && !existsSync5(`${folder}/.gitignore`) && whyNotWritable(folder) === "EROFS");
}
function isNoExec(folder) { return mountOptionsOf(folder).includes("noexec"); }
// src/doctor/probe/given.ts
import { existsSync as existsSync6 } from "node:fs";
// src/catalog/tailnet.ts
var daemonSocket = "/var/run/tailscale/tailscaled.sock";
function isTailnetAddress(address) { return /^(?:100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.\d+$|fd7a:115c:a1e0:)/i.test(address); }
// src/doctor/probe/alone.ts
import { networkInterfaces as networkInterfaces2 } from "node:os";
function isAlone() {
  const addresses = Object.values(networkInterfaces2()).flatMap((each) => each ?? []);
  return addresses.every(({ address }) => address.startsWith("127.") || address === "::1");
}
// src/connect/status.ts
function readStatus(text) {
  let value;
  try { value = JSON.parse(text); } catch { return null; }
  const status = fieldsOf(value);
  const state = status["BackendState"];
  if (typeof state !== "string") return null;
  const { AuthURL: url, Self: self, Health: health } = status;
  return {
    state,
    // What is opened by a person, who sees where it leads.
    loginUrl: typeof url === "string" && /^https?:\/\/[!-~]+$/.test(url) ? url : null,
    self: typeof self === "object" && self !== null ? machineOf(self) : null,
    peers: Object.values(fieldsOf(status["Peer"])).map(machineOf),
    health: textsOf2(health),
    hasDevice: status["TUN"] === true,
    owners: ownersOf(fieldsOf(self), fieldsOf(status["User"])),
    domain: textOr(status["MagicDNSSuffix"], "") || null
  };
}
function findMachine({ peers, domain }, host) {
  const wanted = host.toLowerCase().replace(/^\[|\]$|\.$/g, "");
  const isMeant = ({ name, addresses }) => addresses.includes(wanted) || name === wanted || domain !== null
    && name === `${wanted}.${domain.toLowerCase()}`;
  return peers.find(isMeant) ?? null;
}
function machineOf(value) {
  const { DNSName: name, TailscaleIPs: addresses, Online: online, Expired: expired, LastHandshake: shaken } = fieldsOf(value);
  const at2 = Date.parse(textOr(shaken, ""));
  return {
    name: textOr(name, "").toLowerCase().replace(/\.$/, ""),
    addresses: textsOf2(addresses),
    online: online === true,
    expired: expired === true,
    // Go's zero time is that of the year 1.
    shaken: at2 > 0 ? at2 : null
  };
}
function ownersOf({ Tags: tags, UserID: id }, users) {
  const login = textOr(fieldsOf(users[String(id)])["LoginName"], "");
  return textsOf2(tags).length > 0 || login === "" ? textsOf2(tags) : [login];
}
function fieldsOf(value) { return typeof value === "object" && value !== null ? value : {}; }
function textOr(value, otherwise) { return typeof value === "string" ? value : otherwise; }
function textsOf2(value) { return Array.isArray(value) ? value.filter((each) => typeof each === "string") : []; }
// src/connect/local-api.ts
async function askStatus(socket, deadline) {
  const answer = await ask({ url: new URL("http://local-tailscaled.sock/localapi/v0/status"), host: "local-tailscaled.sock", port: 0,
    socket, proxy: null, headers: {}, body: null, deadline });
  if ("phase" in answer) return answer;
  const status = answer.status === 200 ? readStatus(answer.text) : null;
  return status ?? { phase: "answer", code: "NO_STATUS", detail: `${answer.status}` };
}
// src/doctor/probe/daemon.ts
var patience2 = 1500;
var vendorsControl = "https://controlplane.tailscale.com";
async function untilKnown(socket, host, deadline) {
  for (; ;) {
    const status = await askStatus(socket, performance.now() + patience2);
    const isSettled = "phase" in status || status.health.some((said) => said.includes("login error"))
      || !["NoState", "Starting", "Running"].includes(status.state) || status.state === "Running"
      && (status.self?.online === true || findMachine(status, host) !== null);
    if (isSettled || performance.now() + 250 > deadline) return status;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
async function whyNoControl(status, server, given) {
  const isOut = status !== null && !("phase" in status) && status.state !== "Running" && status.loginUrl === null;
  if (!isOut || status.state === "Stopped") return null;
  const url = new URL("/key?v=1", server ?? vendorsControl);
  const route = findRoute(url, given);
  if (route.proxy !== null || route.unused !== null) return null;
  const answer = await ask({ url, host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port || (url.protocol === "https:" ? 443 : 80)), proxy: null, headers: { "user-agent": "aperture-doctor" }, body: null,
    deadline: performance.now() + patience2 });
  return "phase" in answer ? `${url.host}: ${answer.code}` : null;
}
// src/doctor/probe/given.ts
async function takeWay(_settings, given) { return { way: "network", daemon: null, folder: null, gateway: null, env: given }; }
async function lookAtConnection(_settings, _taken, given, _uid, host) {
  const socket = existsSync6(daemonSocket) ? daemonSocket : null;
  const status = socket === null ? null : await untilKnown(socket, host, performance.now() + patience2);
  const control = await whyNoControl(status, null, given);
  return { socket, status, unplugLogin: null, isAlone: isAlone(), hasTun: existsSync6("/dev/net/tun"), control, holder: null };
}
// src/connect/settings.ts
var ways = ["network", "auto", "userspace", "tailscale", "sidecar", "ts-unplug"];
function readSettings(text) {
  try {
    const { origin, managed, connect } = JSON.parse(text ?? "");
    return connect === void 0 || !ways.includes(connect.by.default) || !URL.canParse(origin) ? null
      : { ...connect, origin, managed: managed === true };
  } catch { return null; }
}
function isOnlyWay(way) { return way === "userspace" || way === "ts-unplug"; }
// src/doctor/judge/connection.ts
function judgeConnection(facts) {
  const { isAnswered: isAnswered2, seen, taken, waited, gateway } = facts;
  const status = statusOf(seen);
  if (isAnswered2) {
    const past2 = judgeDaemon(facts);
    if (past2 !== null && isOnlyWay(taken.way))
      return [{ ...past2, next: `${past2.next}; or take this network, which leads to the gateway:  APERTURE_CONNECTION=network` }];
    if (past2 !== null) return taken.way === "network" ? [] : [{ ...past2, severity: "warning" }];
    if (status === null) return [];
    const well = fine("connection", "connection", `This is ${show(status.self?.name ?? "a node")} in the tailnet`);
    return waited < slow ? [well] : [well, judgeSlow(gateway, waited)];
  }
  const past = judgeParts(facts);
  return past === null ? [] : [past];
}
function mayStillCome({ models }, { status }, host) {
  if (status === null || "phase" in status || status.state !== "Running") return false;
  const isLate = "phase" in models ? models.code === "TIMEOUT" : models.status === 502;
  return isLate && findMachine(status, host)?.online === true;
}
var slow = 2e3;
function judgeParts(facts) {
  return judgeNetwork(facts) ?? judgeUnplug(facts) ?? judgeDaemon(facts) ?? judgeDevice(facts) ?? judgeProxy(facts) ?? judgePeer(facts)
    ?? judgeNames(facts) ?? judgePath(facts);
}
function statusOf({ status }) { return status === null || "phase" in status ? null : status; }
function judgeUnplug({ taken, settings, seen, probe }) {
  if (taken.way !== "ts-unplug") return null;
  const port = taken.daemon?.port ?? settings?.port ?? 0;
  if (taken.daemon === null && seen.holder !== null) return judgeHolder(seen.holder);
  if (taken.daemon === null && settings?.managed === true && !("phase" in probe.models && probe.models.phase === "connect"))
    return found("failure", "connection", "unplug-port", `Another program than ts-unplug listens on port ${port} of the loopback`,
      "the managed configuration expects the gateway at that port, so ts-unplug cannot use another one, and does not start",
      "stop that program, or set another port for ts-unplug (aperture.connection in aperture-env.yaml), run update and rebuild");
  if (taken.daemon === null) return found("failure", "connection", "unplug-gone", "ts-unplug does not run here",
    `it serves the gateway at http://localhost:${port}, and ends with the container or if it cannot log in`,
    "aperture-connect  starts it and reports errors");
  if ("status" in probe.models && probe.models.status !== 502) return null;
  if (seen.unplugLogin !== null && "phase" in probe.models) return judgeLogin(seen.unplugLogin, settings, "aperture-connect");
  return found("failure", "connection", "unplug-lost", `ts-unplug at http://localhost:${port} does not reach the gateway`,
    "its node is not logged in, sees no machine of that name, or no grant allows the connection",
    `read ${taken.folder}/ts-unplug.log;  aperture-connect  tries again`);
}
function judgeDaemon(facts) {
  const { seen, taken, settings } = facts;
  const { status, holder } = seen;
  if (status === null) return holder === null ? judgeNothing(facts) : judgeHolder(holder);
  if ("phase" in status) return holder === null ? judgeSilent(facts, status) : judgeHolder(holder);
  const { state, self } = status;
  const again = taken.way === "network" ? "tailscale up" : "aperture-connect";
  const isBeside = taken.way === "sidecar";
  const key2 = settings === null || isBeside ? "" : `, or set ${settings.secret} and run it`;
  const node = show(self?.name || "this node");
  const refused2 = status.health.map((line) => /last login error was: (.*)/.exec(line)?.[1]).find((said) => said !== void 0) ?? "";
  if (self?.expired === true && state !== "Running") return found("failure", "connection", "login-expired",
    `The login of ${node} has expired`,
    "a person's node has to log in again after a while, unless an administrator disables key expiry for it",
    `${again}  logs in again${key2}`);
  if (state === "Running" && (self?.online === true || seen.control === null)) return null;
  if (seen.control !== null || /fetch control key|no such host|failed to resolve/i.test(refused2))
    return found("failure", "connection", "control-unreachable", "The tailnet's control server does not answer, so no login is possible",
      show(seen.control ?? "the daemon cannot reach it"),
      "check whether this network allows requests to it, and set HTTPS_PROXY if a proxy is needed; login_server below aperture.tailscale names another server");
  const good = `a new one as ${settings?.secret ?? "TS_AUTHKEY"} (reusable, not expired)`;
  const set = isBeside
    ? `${again}  shows where to log in by hand; or remove the container of Tailscale (docker rm --force), set ${good} where this one is opened, and rebuild it`
    : `set ${good}, or unset it and log in by hand; then  ${again}`;
  if (/already.used|used up/i.test(refused2))
    return found("failure", "connection", "key-used", "The key was already used", "it is a one-off key", set);
  if (/expired/i.test(refused2))
    return found("failure", "connection", "key-expired", "The auth key has expired", "keys end after 90 days at most", set);
  if (/\btags?\b/i.test(refused2)) return found("failure", "connection", "key-tags", "The key does not allow this node's tags",
    "the tailnet's policy has no tagOwners for them, or the key has other tags",
    "set tags below aperture.tailscale to the key's tags, and add them to the policy's tagOwners");
  if (refused2 !== "") return found("failure", "connection", "key-refused", "The control server does not know the auth key",
    "it was revoked or used up, belongs to another tailnet, or was copied incompletely", set);
  if (state === "NeedsMachineAuth") return found("failure", "connection", "login-approval", `${node} waits for an administrator's approval`,
    "this tailnet requires device approval", "ask for approval on the page Machines of the admin console. A pre-approved key needs none");
  if (state === "NeedsLogin") return judgeLogin(status.loginUrl, isBeside ? null : settings, again);
  if (state === "Stopped") return found("failure", "connection", "connection-stopped", `${node} is logged in, but stopped`,
    "somebody or something ran  tailscale down",
    isBeside ? "docker compose exec tailscale tailscale up  on the host starts it;  tailscale logout  there logs it out"
      : `${again}  starts it`);
  return found("failure", "connection", "connection-starting", "Tailscale's daemon has not found its tailnet yet",
    `it says ${show(state)}: it has just started, or the connection to the control server is slow`, "try again in a moment");
}
function judgeLogin(url, settings, again) {
  const key2 = settings === null ? "" : `, or set ${settings.secret} and run  aperture-connect`;
  return found("failure", "connection", "login-needed", "This container is not logged in to the tailnet",
    url === null ? "there was no login yet, or it was logged out" : "it waits for a person's login",
    url === null ? `${again}  shows where to log in${key2}` : `log in at  ${show(url, 500)}${key2.replace(",", " ")}`);
}
function judgeHolder(holder) {
  return found("failure", "connection", "state-shared", `Another container (${show(holder)}) uses the login on this volume`,
    "two daemons with one login would disconnect each other, so none was started here",
    "stop that container, or give this one a separate key or volume; then run  aperture-connect");
}
function judgeNothing({ taken, settings, gateway, isAnswered: isAnswered2, probe: { route } }) {
  if (taken.way !== "auto" || isAnswered2 || settings?.programs !== true) return null;
  if (route.proxy !== null || route.other !== null) return null;
  return found("failure", "connection", "connection-none", `Neither this network nor anything in this container leads to ${gateway.origin}`,
    "the network does not know the gateway, and Tailscale's daemon was not started",
    `aperture-connect  starts it and shows where to log in; a key in ${settings.secret} makes the login unnecessary`);
}
function judgeSilent({ taken, seen, settings }, { code: code2 }) {
  const { way } = taken;
  const where = seen.socket === "" || seen.socket === null ? "" : ` at ${show(seen.socket)}`;
  if (way === "tailscale" && !seen.hasTun) return found("failure", "connection", "no-tun",
    "Tailscale's daemon does not run: this container has no /dev/net/tun", "the Feature's daemon needs it for a network device",
    'add it ("runArgs": ["--device=/dev/net/tun"]) and rebuild; or set  connection: userspace  in aperture-env.yaml, which needs no device');
  const next = { userspace: "aperture-connect  starts it, as opencode does, and reports errors",
    tailscale: "read /var/log/tailscaled.log; if it does not exist, the container was built without the Feature: rebuild it",
    sidecar: "docker compose logs  shows why the sidecar does not run it; fix that, then recreate this container" };
  return found("failure", "connection", "daemon-silent", `No daemon of Tailscale answers${where}`,
    code2 === "ENOENT" || where === "" ? "none runs" : code2 === "EACCES" ? "this account has no access to it"
      : `nothing listens on the socket (${show(code2)})`,
    next[way] ?? `it has to run${settings === null ? "" : ", and  aperture-connect  says more"}`);
}
function judgeDevice({ taken, seen, probe }) {
  const status = statusOf(seen);
  const isWhole = taken.daemon === null && (taken.way === "tailscale" || taken.way === "sidecar");
  if (!isWhole || status === null || status.hasDevice || probe.route.proxy !== null) return null;
  return found("failure", "connection", "no-tun",
    "Tailscale's daemon has no network device, so no program here reaches the tailnet by itself",
    "it runs in userspace mode: without /dev/net/tun, or by its settings",
    taken.way === "sidecar"
      ? "give the sidecar TS_USERSPACE=false, the capability NET_ADMIN and the device /dev/net/tun, and recreate both"
      : 'add "runArgs": ["--device=/dev/net/tun"] and rebuild, or set  connection: userspace  in aperture-env.yaml');
}
function judgeProxy({ taken: { daemon, folder }, probe: { models, detour, route } }) {
  if (daemon === null || route.proxy === null || !("phase" in models || detour !== null)) return null;
  const isClosed = "phase" in models && models.phase === "connect";
  if (!isClosed && detour?.isTailscale !== false) return null;
  return found("failure", "connection", "proxy-lost",
    `${isClosed ? "Nothing" : "Something else than Tailscale's daemon"} listens on port ${daemon.port}, where its proxy should`,
    `${folder}/connect names that port for the daemon that runs here (process ${daemon.pid})`,
    `end it with  kill ${daemon.pid}  and start it again with  aperture-connect`);
}
function isOfTailnet(host, { domain }) {
  if (/^\[|^[\d.]+$/.test(host)) return isTailnetAddress(host.replace(/^\[|\]$/g, ""));
  return !host.includes(".") || domain !== null && host.endsWith(`.${domain.toLowerCase()}`);
}
function judgePeer({ seen, gateway }) {
  const status = statusOf(seen);
  const { hostname: host } = gateway;
  if (status === null || !isOfTailnet(host, status)) return null;
  const peer = findMachine(status, host);
  if (peer === null) {
    const names2 = status.peers.map(({ name }) => show(name.split(".")[0]));
    return found("failure", "connection", "peer-unlisted",
      `${show(status.self?.name ?? "This node")} sees no machine ${show(host)} in its tailnet`,
      names2.length === 0 ? "it sees no machine at all: no grant of the tailnet's policy allows it any connection"
        : `it sees ${listed(names2)}: the gateway has another name (aperture.url), or no grant of the tailnet's policy allows the connection`,
      formatAccess(gateway, status.owners, null));
  }
  if (!peer.online) return found("failure", "connection", "peer-offline", `${show(peer.name)} is in the tailnet, but offline`,
    peer.expired ? "that machine's login has expired" : "that machine is off, or has no network connection",
    "ask the gateway's administrators to start it, or to log it in again");
  return null;
}
function judgeNames({ seen, taken, probe, gateway }) {
  const status = statusOf(seen);
  const { models, resolver } = probe;
  const isUnknown = "phase" in models && models.phase === "lookup";
  if (status === null || !isUnknown || resolver.servers.includes(magicDns) || !isOfTailnet(gateway.hostname, status)) return null;
  const address = findMachine(status, gateway.hostname)?.addresses[0];
  const otherwise = address === void 0 ? "" : `; or write the gateway's address: http://${address}`;
  return found("failure", "connection", "dns-not-accepted",
    `The tailnet knows ${show(gateway.hostname)}, and its name server (${magicDns}) is not asked here`,
    "the daemon does not accept the tailnet's DNS, or another program has overwritten /etc/resolv.conf",
    taken.way === "sidecar" ? `give the sidecar TS_ACCEPT_DNS=true and recreate both${otherwise}`
      : `tailscale set --accept-dns=true  as root${otherwise}`);
}
var freshKeys = 18e4;
function judgePath({ seen, probe, gateway, waited }) {
  const status = statusOf(seen);
  const peer = status === null ? null : findMachine(status, gateway.hostname);
  const { models } = probe;
  const isLost = "phase" in models ? models.code === "TIMEOUT" && models.phase !== "body" : models.status === 502;
  if (status === null || peer === null || !isLost) return null;
  const seconds = Math.round(waited / 1e3);
  if (peer.shaken !== null && probe.now - peer.shaken < freshKeys) return found("failure", "connection", "peer-blocked",
    `${show(peer.name)} is online, but blocks port ${gateway.port || (gateway.protocol === "https:" ? 443 : 80)}`,
    `the encrypted connection works, but port connections time out after ${seconds} s: the tailnet's policy has no grant for that port, or a firewall on that machine drops it`,
    formatAccess(gateway, status.owners, peer.addresses[0] ?? null));
  return found("failure", "connection", "peer-silent", `${show(peer.name)} is in the tailnet, but did not respond within ${seconds} s`,
    "no encrypted connection was possible: UDP and the relays are blocked on one side, or another daemon uses this node's login and receives the answers",
    "tailscale netcheck  shows what is blocked; stop other daemons with this login, and try again");
}
function judgeSlow({ hostname }, waited) {
  return found("note", "connection", "peer-slow", `${show(hostname)} answered after ${(waited / 1e3).toFixed(1)} s`,
    "the encrypted connection was still being established, as after each start",
    "nothing to do; if it is always slow, tailscale netcheck  shows why");
}
// src/doctor/given-node.ts
var takeWay2 = (_settings, given) => takeWay(null, given);
var lookAtConnection2 = (_settings, taken, given, uid, host) => lookAtConnection(null, taken, given, uid, host);
// src/doctor/doctor.ts
var promptTimeout = 6e4;
var askingTimeout = 15e3;
var judgingTime = 1e4;
var connectingTime = 8e3;
var handshakeTime = 12e3;
function longest({ installation, deep, send, timeout }) {
  const connecting = installation.connect === void 0 ? 0 : connectingTime + handshakeTime;
  const asking = deep ? Math.max(timeout, askingTimeout) : 0;
  return timeout + connecting + asking + (send ? promptTimeout + timeout : 0) + judgingTime;
}
async function examine(examination) {
  const started = performance.now();
  const { installation, env: given, cwd, uid, deep, send, timeout } = examination;
  const deadline = started + timeout;
  const settings = installation.prefix === null ? null : installation.connect ?? null;
  const [headers, taken] = await Promise.all([readHeaders(installation, given, cwd), takeWay2(settings, given, uid)]);
  const asStarted = asLaunched(taken.env, installation, uid);
  const env = { ...asStarted.env, ...installation.attribution.length > 0 && { APERTURE_ENV_HEADERS: headers ?? void 0 } };
  const launched = { ...asStarted, env };
  const home = env["HOME"] || "/";
  const configHome = launched.linked === null ? {} : { XDG_CONFIG_HOME: parentOf(launched.linked.from) };
  const world = worldOf({ ...env, ...configHome }, cwd, home);
  const programs = findPrograms(env, installation.prefix);
  const binary = installation.prefix === null ? null : `${installation.prefix}/lib/aperture-env/opencode`;
  const asked = deep && binary !== null && programs.own?.binary === true ? askOpencode(binary, env, cwd, timeout) : null;
  const resolved = resolveConfig(world);
  const ownText = textOf(`${installation.share}/opencode.json`);
  const loaded = ownText === null ? null : load(ownText, installation.share, world, null);
  const own = loaded?.ok === true ? loaded : null;
  const managed = isManaged(installation, ownText);
  const { routes } = installation;
  const address = taken.env["APERTURE_URL"];
  const { origin, checks: originChecks } = judgeOrigin(address, taken.gateway === null ? installation.gateway : address, managed);
  const catalogueText = textOf(env["OPENCODE_MODELS_PATH"] ?? "");
  const authText = textOf(`${env["XDG_DATA_HOME"] || `${home}/.local/share`}/opencode/auth.json`);
  const stored = readObject(given["OPENCODE_AUTH_CONTENT"] || authText);
  const auth = readObject(env["OPENCODE_AUTH_CONTENT"] || authText);
  const wellKnown = Object.keys(stored).filter((id) => textAt(stored, id, "type") === "wellknown");
  const catalogue = catalogueText === null ? null : readObject(catalogueText);
  const choicesFor = (config2) => findChoices({ config: config2, catalogue, auth, env, routes });
  const formatsFor = (models, inDepth = deep) => formatsToTry(resolved.config, choicesFor(resolved.config), models, inDepth);
  const ask2 = (until) => probeGateway({ origin, env, deadline: until, formatsFor });
  const meant = new URL(taken.gateway ?? origin ?? "http://localhost");
  const look = () => lookAtConnection2(settings, taken, given, uid, meant.hostname);
  const asking = performance.now();
  const [first, early, answers] = await Promise.all([origin === null ? null : ask2(deadline), settings === null ? null : look(), asked]);
  const isFirst = first !== null && isAnswered(first);
  let seen = early ?? (isFirst ? null : await look());
  let probe = first;
  if (probe !== null && !isFirst && settings !== null && seen !== null && mayStillCome(probe, seen, meant.hostname)) {
    probe = await ask2(performance.now() + handshakeTime);
    seen = await look();
  }
  const facts = probe === null || seen === null ? null
    : { settings, taken, seen, gateway: meant, probe, isAnswered: isAnswered(probe),
      waited: probe === first ? 0 : performance.now() - asking };
  const connection = facts === null ? [] : judgeConnection(facts);
  const isExplained = connection.some(({ severity }) => severity === "failure");
  const filled = [...own === null ? [] : [own.filled], ...resolved.layers.map((layer) => layer.filled)];
  const secretive = resolved.problems.length > 0 || wellKnown.length > 0 || filled.some(putsIn);
  const debugged = answers === null ? null : judgeDebugConfig(answers.config, resolved.config, secretive);
  const config = debugged?.config ?? resolved.config;
  const choices2 = choicesFor(config);
  const quote = quoteFrom(filled, debugged?.config ?? null);
  const local2 = { programs, launched, env: given, version: installation.version,
    readOnly: readOnlyFolders([...resolved.folders, ...env["OPENCODE_CONFIG_DIR"] ? [env["OPENCODE_CONFIG_DIR"]] : []]),
    noExec: isNoExec(env["BUN_TMPDIR"] || env["TMPDIR"] || "/tmp"),
    packages: findPluginPackages([...configFolders(world.env, home), ...resolved.folders]),
    notKept: whyNotKept(installation.volume, launched, home), leftSessions: findLeftSessions(launched, home, privatePlaces(given, uid)),
    opencodeFolders: resolved.folders.filter((folder) => folder !== `${home}/.opencode`) };
  const through = throughGateway(choices2, origin);
  const atGateway = probe === null || isExplained ? []
    : judgeGateway({ probe, config, quote, choices: through, known: modelsOf(catalogue), timeout });
  const way = facts === null ? atGateway : withOtherWay(atGateway, facts);
  const inContainer = installation.prefix !== null;
  const isOwnFirst = programs.opencodes[0] === programs.own?.launcher;
  const checks = [...judgePrograms2(local2), ...answers === null ? [] : judgeVersion(answers.version, programs.own?.stamp ?? null),
    ...inContainer ? [...judgeFolders2(local2), ...judgeLeftovers(local2)] : [], ...judgeEnvironment(installation),
    ...judgeEnds(installation, todayFrom(given)),
    ...judgeConfig({ resolved: { ...resolved, config }, quote, choices: choices2, installation, launched, own: own?.value ?? null, origin,
      managed, given: isOwnFirst ? { ...given, APERTURE_ENV_PREFIX: void 0 } : given,
      storedKeys: Object.keys(stored).filter(
        (id) => textAt(stored, id, "type") === "api" && !["", "-"].includes(textAt(stored, id, "key")?.trim() ?? "")),
      storedLogins: Object.keys(stored).filter((id) => textAt(stored, id, "type") === "oauth"), wellKnown,
      folderFiles: folderFilesIn([...resolved.folders, ...configFolders(env, home)]),
      catalogueMissing: catalogueText === null && existsSync7(`${installation.share}/models.json`) }),
    ...judgeAttribution(installation, headers), ...debugged?.checks ?? [], ...originChecks, ...connection, ...way,
    ...judgeSurroundings(local2)];
  if (send && origin !== null) {
    const sent = await sendPrompt(installation, given, cwd, origin, secretive);
    const again = sent.every(({ severity }) => severity !== "failure") ? null
      : await probeGateway({ origin, env, deadline: performance.now() + timeout, formatsFor: (models) => formatsFor(models, true) });
    const why = again === null ? [] : judgeGateway({ probe: again, config, quote, choices: through, known: modelsOf(catalogue), timeout });
    checks.push(...why.filter(({ code: code2 }) => code2.startsWith("gateway-") && !checks.some((check) => check.code === code2)), ...sent);
  }
  return { verdict: worst(checks), origin, checks: sorted(checks), ms: performance.now() - started };
}
function isAnswered({ models }) { return "status" in models && /\bjson\b/i.test(models.type); }
function throughGateway(choices2, origin) {
  const providers = choices2.providers.filter(
    ({ addresses }) => addresses.some(({ url }) => URL.canParse(url) && new URL(url).origin === origin));
  return { ...choices2, providers };
}
function modelsOf(catalogue) {
  return new Set(Object.keys(catalogue ?? {}).flatMap((id) => entriesAt(catalogue, id, "models").map(([name]) => name)));
}
async function askOpencode(binary, env, cwd, timeout) {
  const options = { env, cwd, timeout: Math.max(timeout, askingTimeout) };
  const [version, config] = await Promise.all([run([binary, "--version"], options), run([binary, "debug", "config"], options)]);
  return { version, config };
}
async function sendPrompt({ prefix }, env, cwd, origin, secretive) {
  const program = prefix === null ? "opencode" : `${prefix}/bin/opencode`;
  const prompt = "Answer with the one word: ok";
  const ran = await run([program, "run", "--title", "aperture-doctor", prompt], { env, cwd, timeout: promptTimeout });
  return judgeSent(ran, origin, promptTimeout / 1e3, secretive);
}
var ours = ["{env:APERTURE_URL}", "{env:APERTURE_ENV_HEADERS}"];
function putsIn({ spans }) { return spans.some(({ written: written2 }) => !ours.includes(written2)); }
function readObject(text) {
  try {
    const value = JSON.parse(text ?? "{}");
    return isObject(value) ? value : {};
  } catch { return {}; }
}
// src/doctor/config/environment.ts
function readMadeFor(text) {
  let value;
  try { value = JSON.parse(text); } catch { return null; }
  const gateway = textAt(value, "origin");
  if (gateway === void 0) return null;
  const managed = at(value, "managed");
  const connect = readSettings(text);
  const plugins = ["pinned", "refuse"].find((policy) => policy === textAt(value, "plugins"));
  return { gateway, version: textAt(value, "opencode") ?? null, online: textsAt(value, "online") ?? [],
    ...plugins !== void 0 && { plugins }, managed: typeof managed === "boolean" ? managed : null,
    attribution: textsAt(value, "attribution") ?? [], volume: textAt(value, "volume") ?? null, ...connect !== null && { connect },
    routes: new Map(entriesAt(value, "providers").map(([id, routes]) => [id, new Map(pathsOf(routes))])), ends: endsOf(at(value, "ends")) };
}
function endsOf(ends) {
  return (Array.isArray(ends) ? ends : []).flatMap((end) => {
    const [model, on, replacement = ""] = [textAt(end, "model"), textAt(end, "on"), textAt(end, "replacement")];
    return model === void 0 || on === void 0 || !/^\d{4}-\d\d-\d\d$/.test(on) ? [] : [{ model, on, replacement }];
  });
}
function pathsOf(routes) {
  return (Array.isArray(routes) ? routes : []).filter(isObject).flatMap((route) => {
    const { npm, path } = route;
    return typeof npm === "string" && typeof path === "string" ? [[npm, path]] : [];
  });
}
// src/doctor/probe/installation.ts
var nothing = { gateway: "", version: null, online: [], managed: null, attribution: [], volume: null, routes: /* @__PURE__ */ new Map(),
  ends: [] };
function readInstallation(share, prefix, instead) {
  const written2 = textOf(`${share}/environment.json`);
  const file = written2 === null ? null : readMadeFor(written2);
  if (file !== null) return { ...file, share, prefix, toldBy: "file" };
  const caller = instead === null ? null : readMadeFor(instead);
  return { ...caller ?? nothing, share, prefix, toldBy: caller === null ? null : "caller" };
}
// src/doctor/verdict.ts
import { randomUUID } from "node:crypto";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
function verdictFile(env) { return `${env["XDG_STATE_HOME"] || `${env["HOME"]}/.local/state`}/aperture-env/verdict`; }
function keepVerdict(file, text) {
  const folder = file.slice(0, file.lastIndexOf("/"));
  const draft = `${file}.${randomUUID()}`;
  try {
    mkdirSync(folder, { recursive: true, mode: 448 });
    writeFileSync(draft, String(text), { mode: 384, flag: "wx" });
    renameSync(draft, file);
  } catch { rmSync(draft, { force: true }); }
}
// src/doctor/watchdog.ts
import { Worker } from "node:worker_threads";
function startWatchdog({ parent, after: after2, said, verdict }) {
  const program = `(${String(watch)})(require("node:worker_threads").workerData, require("node:fs"), process);`;
  const file = verdict === null ? null : { path: verdict.file, text: String(verdict.text) };
  try {
    const thread = new Worker(program,
      { eval: true, workerData: { parent, after: after2, said: said === null ? "" : String(said), file }, execArgv: [], env: {} });
    thread.on("error", () => {});
    thread.unref();
  } catch {}
}
function watch(words2, fs, host) {
  const started = performance.now();
  const attempt = (work) => {
    try { work(); } catch {}
  };
  setInterval(() => {
    if (host.ppid !== words2.parent) host.kill(host.pid, "SIGKILL");
    if (performance.now() - started < words2.after) return;
    words2.after = Number.POSITIVE_INFINITY;
    attempt(() => fs.writeSync(1, words2.said));
    const { file } = words2;
    if (file !== null) attempt(() => {
      const draft = `${file.path}.${host.pid}`;
      fs.mkdirSync(file.path.slice(0, file.path.lastIndexOf("/")), { recursive: true, mode: 448 });
      fs.rmSync(draft, { force: true });
      fs.writeFileSync(draft, file.text, { mode: 384, flag: "wx" });
      fs.renameSync(draft, file.path);
    });
    attempt(() => host.kill(host.pid, "SIGALRM"));
    setTimeout(() => host.kill(host.pid, "SIGKILL"), 500);
  }, 100);
}
// src/doctor/main.ts
var usage = `aperture-doctor: says whether OpenCode works here through the gateway, and what is wrong where not.

  --deep           asks OpenCode itself for its version and configuration, and tries each wire format
  --send           sends one short prompt with OpenCode
  --json           one JSON object on stdout
  --timeout <s>    how long to wait for the gateway, 2 by default
  --background     in the background and with more patience, as when a container starts; nothing is printed
  --help           shows this

Exit: 0 it works, 2 usage, 4 something is broken.
`;
async function main() {
  const options = { deep: { type: "boolean" }, send: { type: "boolean" }, json: { type: "boolean" }, quiet: { type: "boolean" },
    help: { type: "boolean", short: "h" }, timeout: { type: "string", default: "2" }, launch: { type: "boolean" },
    prefix: { type: "string", default: "/usr/local" }, parent: { type: "string", default: String(process.ppid) }, share: { type: "string" },
    environment: { type: "string" }, colour: { type: "boolean" }, columns: { type: "string" }, gateway: { type: "string" },
    opencode: { type: "string" }, online: { type: "string" } };
  let values;
  try { ({ values } = parseArgs({ options, strict: true })); } catch (error) {
    printTo(process.stderr).write(shown`${block(error.message)}\n\n${block(usage)}`);
    return 2;
  }
  if (values.help === true) { printTo(process.stdout).write(block(usage)); return 0; }
  const seconds = Number(values.timeout);
  if (!(seconds > 0 && seconds <= 600)) {
    printTo(process.stderr).write(shown`--timeout takes seconds, up to 600.\n`);
    return 2;
  }
  const { BUN_BE_BUN: _, ...env } = process.env;
  const { share = null, environment = null } = values;
  const prefix = share === null ? values.prefix : null;
  const isLaunch = values.launch === true;
  const installed = readInstallation(share ?? `${prefix}/share/aperture-env`, prefix, environment);
  const { connect: _connect, ...unconnected } = installed;
  const examination = { installation: isLaunch ? unconnected : installed, env, cwd: process.cwd(), uid: process.getuid?.() ?? null,
    deep: values.deep === true, send: values.send === true, timeout: isLaunch ? promptTimes.answer : seconds * 1e3 };
  const colour = values.colour === true || wantsColour(process.stdout, process.env);
  const columns = Number(values.columns) || process.stdout.columns || Infinity;
  const format = (report2) => values.json === true ? formatJson(report2) : formatReport(report2, colour, columns);
  const verdict = (report2) => shown`${formatVerdict(report2) ?? "ok"}\n\n${formatReport(report2, false)}`;
  const { env: launched } = asLaunched(env, examination.installation, examination.uid);
  const place = prefix === null ? null : verdictFile(launched);
  const limit = isLaunch ? promptTimes.whole : longest(examination);
  const hung = isLaunch ? reportLate(examination.installation.gateway) : reportHung(limit);
  startWatchdog({ parent: Number(values.parent), after: limit,
    said: isLaunch ? warnBeforePrompt(hung)?.line ?? null : values.quiet === true ? null : format(hung),
    verdict: place === null || isLaunch ? null : { file: place, text: verdict(hung) } });
  const report = await examine(examination);
  if (isLaunch) {
    const warning = warnBeforePrompt(report);
    if (warning !== null) await written(warning.line);
    return warning?.isCertain === true ? 3 : 0;
  }
  if (place !== null) keepVerdict(place, verdict(report));
  if (values.quiet !== true) await written(format(report));
  return report.verdict === "failure" ? 4 : 0;
}
function written(text) { return new Promise((resolve) => printTo(process.stdout).write(text, resolve)); }
function reportLate(origin) {
  const check = found("failure", "gateway", "gateway-timeout", `${origin} did not answer within a second`,
    "this machine is busy, or something on the way is silent", "wait for OpenCode, which tries for a minute");
  return { verdict: "failure", origin, checks: [check], ms: promptTimes.whole };
}
function reportHung(ms) {
  const check = found("failure", "surroundings", "doctor-hung",
    `The doctor did not finish within ${Math.round(ms / 1e3)} s, and was stopped`,
    "the gateway's answer or a file of the configuration keeps it busy, or this machine is too slow for it",
    "try again with --timeout 30; if it persists, check what answers there with  curl --max-time 5 --max-filesize 9000000  and the gateway's address with /v1/models");
  return { verdict: "failure", origin: null, checks: [check], ms };
}
var [word, ...rest] = process.argv.slice(2);
void (word === "connect" ? connectMain(rest) : main()).then((status) => process.exit(status));
