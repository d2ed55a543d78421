/** What the two wire formats have in common: their shape for the router, and how a conversation is read and answered. */

/** A JSON object whose fields have not been looked at yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** One server-sent event. In both APIs the event's name is repeated as the `type` of its data. */
export interface ServerEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Everything that an answer is made of, before it has a wire format. */
export interface Answer {
  /** Counts the answers of one gateway from 1; ids derive from it, so that two runs give the same bytes. */
  readonly number: number;
  readonly model: string;
  readonly text: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly created: Date;
}

/** One API as a client sees it: where it is, how to read its requests and how to write its answers. */
export interface WireFormat {
  /** The path on the gateway, as in the `supported_endpoints` of `GET /v1/models`. */
  readonly path: string;
  /** The last text that the user wrote, or null where the request holds none. */
  readonly lastUserText: (body: JsonObject) => string | null;
  /** The answer as one JSON document. */
  readonly complete: (answer: Answer) => JsonObject;
  /** The answer as the events of a stream, in their order. */
  readonly events: (answer: Answer) => readonly ServerEvent[];
  /** An error with that HTTP status; `code` is for programs, where the format has a place for it. */
  readonly error: (status: number, message: string, code?: string) => JsonObject;
}

/** How much of the user's text is echoed, in characters. */
const echoLimit = 200;

/** The answer to `said`: honest about what wrote it, and a proof that the request was read. */
export function answerText(model: string, said: string | null): string {
  const echo = said === null ? "It found no text of yours." : `You said: ${cut(said.trim(), echoLimit)}`;
  return `This is the mock gateway, answering as ${model}. ${echo}`;
}

/** The first `limit` characters of `text`, with `…` where something was left out. Never half of a surrogate pair. */
export function cut(text: string, limit: number): string {
  // Twice the limit in UTF-16 units holds at least the limit in characters: a prompt of megabytes is not taken apart for its beginning.
  const characters = Array.from(text.slice(0, 2 * limit));
  return characters.length > limit || text.length > 2 * limit ? `${characters.slice(0, limit).join("")}…` : text;
}

/** A plausible number of tokens: four characters each, the rule of thumb of both vendors for English. At least one. */
export function countTokens(characters: number): number {
  return Math.max(1, Math.ceil(characters / 4));
}

/** `text` in pieces as a model would stream them: words with the space before them. They join to `text` again. */
export function splitWords(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

/**
 * The last text of the user in a list of `{ role, content }`, where content is a string or blocks. Blocks of another type than
 * `textType` (images, tool results) are passed over, and so are messages that hold nothing else.
 */
export function lastUserTextIn(messages: unknown, textType: string): string | null {
  if (!Array.isArray(messages)) return null;
  for (const message of messages.toReversed()) {
    if (!isObject(message) || message["role"] !== "user") continue;
    const content = message["content"];
    if (typeof content === "string") return content;
    if (!Array.isArray(content)) continue;
    const block = content.findLast((each) => isObject(each) && each["type"] === textType && typeof each["text"] === "string");
    if (block !== undefined) return block.text;
  }
  return null;
}

/** Whether `value` is a JSON object and not null or a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
