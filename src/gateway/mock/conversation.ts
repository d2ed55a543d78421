/** What was said so far, without its wire format, and what the mock gateway answers to it. */
import { cut, isObject, objectsIn, type JsonObject } from "./json.ts";

/** One text of the user, or one result of a tool. What the model said is of no interest here. */
export interface Turn {
  readonly from: "user" | "tool";
  readonly text: string;
}

/** What a request says, oldest first, and the names of the tools that it offers. */
export interface Conversation {
  readonly turns: readonly Turn[];
  readonly tools: readonly string[];
}

/** A tool that the answer calls. */
export interface ToolCall {
  readonly name: string;
  readonly input: JsonObject;
}

/** What is answered: a text, or a call and no text. */
export interface Said {
  readonly text: string;
  readonly call: ToolCall | null;
}

/** How much of the user's text or of a tool's result is echoed, in characters. */
const echoLimit = 200;

/** How far a call is looked for in the user's text, in characters. */
const callLimit = 10_000;

/**
 * The answer: honest about what wrote it, and a proof that the request was read. A text of the user that begins with
 * `mock-tool <name> <json>` is answered with a call of that tool, if the request offers it, and the tool's result with its beginning.
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

/** The call that a text begins with, or null. What stands behind its JSON does not matter. */
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

/** A turn of the user, where `text` is one. */
export function fromUser(text: unknown): readonly Turn[] {
  return typeof text === "string" ? [{ from: "user", text }] : [];
}

/** A turn of a tool with whatever it gave. */
export function fromTool(result: unknown): Turn {
  return { from: "tool", text: textOf(result) };
}

/** The turns in a content that is one text, or a list of blocks of which `read` knows some. */
export function turnsIn(content: unknown, read: (block: JsonObject) => readonly Turn[]): readonly Turn[] {
  return typeof content === "string" ? fromUser(content) : objectsIn(content).flatMap(read);
}

/** The text in a result: plain, in a list of blocks, or in the field where the format's SDKs put it; else the whole as JSON. */
function textOf(result: unknown): string {
  if (typeof result === "string") return result;
  if (Array.isArray(result)) return result.map(textOf).join("\n");
  if (!isObject(result)) return result === undefined ? "" : JSON.stringify(result);
  const text = ["text", "output", "content", "result", "json"].map((name) => result[name]).find((each) => each !== undefined);
  return text === undefined ? JSON.stringify(result) : textOf(text);
}
