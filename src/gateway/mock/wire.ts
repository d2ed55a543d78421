/** What the wire formats have in common: their shape for the router, and helpers for reading requests and writing streams. */
import type { Conversation, ToolCall } from "./conversation.ts";
import type { JsonObject } from "./json.ts";

/** The name of each API, as the catalogue of providers calls it. */
export type WireFormatName = "messages" | "responses" | "chat" | "generate-content" | "vertex" | "converse";

/** Everything that an answer is made of, before it has a wire format. */
export interface Answer {
  /** Counts the answers of one gateway from 1; ids derive from it, so that two runs give the same bytes. */
  readonly number: number;
  readonly model: string;
  /** Empty where a tool is called. */
  readonly text: string;
  /** The one tool that the answer calls, or null. */
  readonly call: ToolCall | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly created: Date;
}

/** What a path says of a request. What it leaves to the body is null. */
export interface Address {
  readonly model: string | null;
  readonly stream: boolean | null;
}

/** What a format may look at to choose how it streams. */
export interface StreamRequest {
  readonly body: JsonObject;
  readonly query: URLSearchParams;
}

/** A stream as it is sent, piece by piece. */
export interface Stream {
  readonly contentType: string;
  readonly pieces: readonly (string | Uint8Array)[];
}

/** One API as a client sees it: where it is, how to read its requests and how to write its answers. */
export interface WireFormat {
  readonly name: WireFormatName;
  /** The path on the gateway, as in the `supported_endpoints` of `GET /v1/models`. */
  readonly path: string;
  /** What the path of a request says, or null where it is none of this format. */
  readonly match: (path: string) => Address | null;
  /** The user's texts, the tools' results and the tools on offer. */
  readonly read: (body: JsonObject) => Conversation;
  /** The answer as one JSON document. */
  readonly complete: (answer: Answer) => JsonObject;
  /** The answer as a stream. */
  readonly stream: (answer: Answer, request: StreamRequest) => Stream;
  /** An error with that HTTP status; `code` is for programs, where the format has a place for it. */
  readonly error: (status: number, message: string, code?: string) => JsonObject;
  /** Headers that an error has beside its body. */
  readonly errorHeaders?: (status: number) => Readonly<Record<string, string>>;
}

/** The content type of server-sent events. */
export const eventStream = "text/event-stream; charset=utf-8";

/** Matches the one path of a format whose requests say the rest in their body. */
export function matchExactly(path: string): WireFormat["match"] {
  return (asked) => (asked === path ? { model: null, stream: null } : null);
}

/** Matches paths that name the model, URL-encoded, in the group `model`; `streams` tells by the group `method` whether a stream is meant. */
export function matchModel(pattern: RegExp, streams: string): WireFormat["match"] {
  return (asked) => {
    const { model, method } = pattern.exec(asked)?.groups ?? {};
    const name = model === undefined ? null : decode(model);
    return name === null ? null : { model: name, stream: method === streams };
  };
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** One server-sent event (HTML standard, "Server-sent events"). JSON has no line breaks, so one data line is enough. */
export function formatEvent(data: unknown, name?: string): string {
  const text = typeof data === "string" ? data : JSON.stringify(data);
  return `${name === undefined ? "" : `event: ${name}\n`}data: ${text}\n\n`;
}

/** Server-sent events whose name is repeated as the `type` of their data. */
export function streamOfTyped(events: readonly (JsonObject & { readonly type: string })[]): Stream {
  return { contentType: eventStream, pieces: events.map((event) => formatEvent(event, event.type)) };
}

/** A plausible number of tokens: four characters each, the rule of thumb of the vendors for English. At least one. */
export function countTokens(characters: number): number {
  return Math.max(1, Math.ceil(characters / 4));
}

/** `text` in pieces as a model would stream them: words with the space before them. They join to `text` again. */
export function splitWords(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

/** The input of a tool call as JSON in pieces, which are no JSON by themselves, as models stream it. */
export function splitInput({ input }: ToolCall): string[] {
  return JSON.stringify(input).match(/.{1,12}/gsu) ?? [];
}
