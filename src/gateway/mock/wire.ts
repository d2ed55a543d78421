/** What the wire formats share: their interface for the router, reading requests, and writing streams. */
import type { Conversation, ToolCall } from "./conversation.ts";
import type { JsonObject } from "./json.ts";

/** The names of the APIs, as in the catalogue of providers. */
export type WireFormatName = "messages" | "responses" | "chat" | "generate-content" | "vertex" | "converse";

/** An answer, independent of the wire format. */
export interface Answer {
  /** The number of the answer, from 1; ids derive from it, so that two runs give the same bytes. */
  readonly number: number;
  readonly model: string;
  /** Empty if a tool is called. */
  readonly text: string;
  /** The tool that the answer calls, or null. */
  readonly call: ToolCall | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly created: Date;
}

/** The details of a request in its path; null for those that are in the body. */
export interface Address {
  readonly model: string | null;
  readonly stream: boolean | null;
}

/** What a format's stream may depend on. */
export interface StreamRequest {
  readonly body: JsonObject;
  readonly query: URLSearchParams;
}

/** The pieces of a stream. */
export interface Stream {
  readonly contentType: string;
  readonly pieces: readonly (string | Uint8Array)[];
}

/** One API: its path, its requests and its answers. */
export interface WireFormat {
  readonly name: WireFormatName;
  /** The path on the gateway, as in the `supported_endpoints` of `GET /v1/models`. */
  readonly path: string;
  /** The details in a request's path; null if the path does not belong to this format. */
  readonly match: (path: string) => Address | null;
  /** The user's texts, the tools' results and the tools on offer. */
  readonly read: (body: JsonObject) => Conversation;
  /** The answer as one JSON document. */
  readonly complete: (answer: Answer) => JsonObject;
  /** The answer as a stream. */
  readonly stream: (answer: Answer, request: StreamRequest) => Stream;
  /** An error with that HTTP status; `code` is for programs, if the format has a field for it. */
  readonly error: (status: number, message: string, code?: string) => JsonObject;
  /** Headers of an error. */
  readonly errorHeaders?: (status: number) => Readonly<Record<string, string>>;
}

/** The content type of server-sent events. */
export const eventStream = "text/event-stream; charset=utf-8";

/** Matches the single path of a format with the model in the body. */
export function matchExactly(path: string): WireFormat["match"] {
  return (asked) => (asked === path ? { model: null, stream: null } : null);
}

/** Matches paths with the URL-encoded model in the group `model`; `streams` tells by the group `method` whether a stream is requested. */
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

/** A plausible number of tokens: one for four characters, the vendors' estimate for English. At least one. */
export function countTokens(characters: number): number {
  return Math.max(1, Math.ceil(characters / 4));
}

/** `text` in pieces as a model streams them: words, each with the space before it. Joined, they are `text`. */
export function splitWords(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

/** The input of a tool call as pieces of JSON, as models stream it. */
export function splitInput({ input }: ToolCall): string[] {
  return JSON.stringify(input).match(/.{1,12}/gsu) ?? [];
}
