/** A conversation independent of the wire format, and the mock gateway's answer to it. */
import { cut, isObject, objectsIn, type JsonObject } from "./json.ts";

/** One text of the user, or one result of a tool. The model's own turns are not needed. */
export interface Turn {
  readonly from: "user" | "tool";
  readonly text: string;
}

/** The turns of a request, oldest first, and the names of the tools that it offers. */
export interface Conversation {
  readonly turns: readonly Turn[];
  readonly tools: readonly string[];
}

/** A tool that the answer calls. */
export interface ToolCall {
  readonly name: string;
  readonly input: JsonObject;
}

/** The answer: a text, or a call without a text. */
export interface Said {
  readonly text: string;
  readonly call: ToolCall | null;
}

/** How much of the user's text or of a tool's result is echoed, in characters. */
const echoLimit = 200;

/** How much of the user's text is searched for a call, in characters. */
const callLimit = 10_000;

/**
 * The answer: it says that a mock wrote it, and repeats the request's beginning. If the user's text begins with `mock-tool <name> <json>` and the
 * request offers that tool, the answer is a call of it, and the answer to the tool's result repeats that one's beginning.
 */
export function answerTo({ turns, tools }: Conversation, model: string): Said {
  const asked = turns.findLastIndex(({ from }) => from === "user");
  const result = turns.slice(asked + 1).at(-1);
  const said = turns[asked]?.text;
  const call = said === undefined || result !== undefined ? null : readCall(said);
  if (call !== null && tools.includes(call.name)) return { text: "", call };
  const echo =
    result !== undefined
      ? `The tool's result begins: ${cut(result.text.trim(), echoLimit)}`
      : said === undefined
        ? "It found no text of yours."
        : `You said: ${cut(said.trim(), echoLimit)}`;
  return { text: `This is the mock gateway, answering as ${model}. ${echo}`, call: null };
}

/** The call at the beginning of a text, or null. Any text after its JSON is ignored. */
export function readCall(text: string): ToolCall | null {
  const [, name, rest] = /^\s*mock-tool +(\S+) +(\{[^]*)$/.exec(unquote(text.slice(0, callLimit))) ?? [];
  if (name === undefined || rest === undefined) return null;
  for (let end = rest.indexOf("}"); end !== -1; end = rest.indexOf("}", end + 1)) {
    const input = parse(rest.slice(0, end + 1));
    if (isObject(input)) return { name, input };
  }
  return null;
}

/** `opencode run` puts an argument with spaces into quotes before it sends it (observed with opencode-ai 1.18.18). */
function unquote(text: string): string {
  if (!/^\s*"mock-tool /.test(text)) return text;
  return text.trim().replace(/^"|"$/g, "").replaceAll('\\"', '"');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A turn of the user; none if `text` is no text. */
export function fromUser(text: unknown): readonly Turn[] {
  return typeof text === "string" ? [{ from: "user", text }] : [];
}

/** A turn of a tool with its result. */
export function fromTool(result: unknown): Turn {
  return { from: "tool", text: textOf(result) };
}

/** The turns of a content: one text, or a list of blocks, of which `read` supports some. */
export function turnsIn(content: unknown, read: (block: JsonObject) => readonly Turn[]): readonly Turn[] {
  return typeof content === "string" ? fromUser(content) : objectsIn(content).flatMap(read);
}

/** The text of a result: plain, in a list of blocks, or in the field that the format's SDKs use; else the whole as JSON. */
function textOf(result: unknown): string {
  if (typeof result === "string") return result;
  if (Array.isArray(result)) return result.map(textOf).join("\n");
  if (!isObject(result)) return result === undefined ? "" : JSON.stringify(result);
  const text = ["text", "output", "content", "result", "json"].map((name) => result[name]).find((each) => each !== undefined);
  return text === undefined ? JSON.stringify(result) : textOf(text);
}
