/** Mock gateways for tests, and readers for what they stream. */
import { afterEach, expect } from "vitest";
import { wireFormats } from "../../src/gateway/mock/formats.ts";
import { startMockGateway, type MockGateway, type MockGatewayOptions } from "../../src/gateway/mock/server.ts";
import type { WireFormatName } from "../../src/gateway/mock/wire.ts";

/** One model on every wire format. Its name is such that a path has to encode it. */
export const everywhere = {
  id: "vendor.all-rounder-v1:0",
  provider: { id: "house", name: "House" },
  endpoints: wireFormats.map(({ path }) => path),
};

/** The path on which a model is asked in that format, whole and streaming. */
export const pathsFor: Readonly<Record<WireFormatName, (model: string, stream: boolean) => string>> = {
  messages: () => "/v1/messages",
  responses: () => "/v1/responses",
  chat: () => "/v1/chat/completions",
  "generate-content": (model, stream) => `/v1beta/models/${encodeURIComponent(model)}:${googleMethod(stream)}`,
  vertex: (model, stream) =>
    `/v1/projects/_aperture_auto_vertex_project_id_/locations/_aperture_auto_vertex_region_/publishers/google/models/${encodeURIComponent(model)}:${googleMethod(stream)}`,
  converse: (model, stream) => `/bedrock/model/${encodeURIComponent(model)}/${stream ? "converse-stream" : "converse"}`,
};

function googleMethod(stream: boolean): string {
  return stream ? "streamGenerateContent?alt=sse" : "generateContent";
}

/** The smallest request that says `text`, in that format. */
export function bodyFor(format: WireFormatName, model: string, text: string, stream = false): Record<string, unknown> {
  switch (format) {
    case "messages":
    case "chat":
      return { model, stream, max_tokens: 100, messages: [{ role: "user", content: text }] };
    case "responses":
      return { model, stream, input: text };
    case "generate-content":
    case "vertex":
      return { contents: [{ role: "user", parts: [{ text }] }] };
    case "converse":
      return { messages: [{ role: "user", content: [{ text }] }] };
  }
}

const open: MockGateway[] = [];

/** Starts a gateway with the one model everywhere and a clock that stands still. It ends with the test. */
export async function startGateway(options: Partial<MockGatewayOptions> = {}): Promise<MockGateway> {
  const gateway = await startMockGateway({ models: [everywhere], now: () => new Date("2026-01-02T03:04:05.678Z"), ...options });
  open.push(gateway);
  return gateway;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((gateway) => gateway.close()));
});

/** Posts JSON. */
export function post(gateway: MockGateway, path: string, body: unknown): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return fetch(gateway.origin + path, { method: "POST", headers, body: JSON.stringify(body), redirect: "manual" });
}

/** Says `text` to a model in that format. */
export function ask(
  gateway: MockGateway,
  format: WireFormatName,
  text: string,
  stream = false,
  model = everywhere.id,
): Promise<Response> {
  return post(gateway, pathsFor[format](model, stream), bodyFor(format, model, text, stream));
}

/** One event of any stream: its name, where the format gives one, and its data. */
export interface SentEvent {
  readonly name: string;
  readonly data: any;
}

/** Server-sent events. Data that is no JSON is given as text. */
export function parseEvents(text: string): SentEvent[] {
  expect(text.endsWith("\n\n")).toBe(true);
  return text
    .slice(0, -2)
    .split("\n\n")
    .map((block) => {
      const [, name = "", data = ""] = /^(?:event: (.+)\n)?data: (.+)$/.exec(block) ?? [];
      return { name, data: /^[[{]/.test(data) && data !== "[DONE]" ? JSON.parse(data) : data };
    });
}

/** The names of events with repeated ones told once. */
export function orderOf(events: readonly SentEvent[]): string[] {
  return events.map(({ name }) => name).filter((name, index, names) => name !== names[index - 1]);
}

/** CRC-32, bit by bit, so that nothing of ours or of Node's own checks itself (polynomial of IEEE 802.3, reflected). */
export function slowCrc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** Reads AWS's event stream and checks every length and checksum on the way. */
export function parseAwsEvents(bytes: Uint8Array): SentEvent[] {
  const events: SentEvent[] = [];
  let rest = Buffer.from(bytes);
  while (rest.length > 0) {
    const [total, headersLength] = [rest.readUInt32BE(0), rest.readUInt32BE(4)];
    const message = rest.subarray(0, total);
    expect(message.length).toBe(total);
    expect(message.readUInt32BE(8)).toBe(slowCrc32(message.subarray(0, 8)));
    expect(message.readUInt32BE(total - 4)).toBe(slowCrc32(message.subarray(0, total - 4)));
    const headers: Record<string, string> = {};
    for (let at = 12; at < 12 + headersLength;) {
      const nameEnd = at + 1 + message[at]!;
      expect(message[nameEnd]).toBe(7);
      const valueEnd = nameEnd + 3 + message.readUInt16BE(nameEnd + 1);
      headers[message.toString("utf8", at + 1, nameEnd)] = message.toString("utf8", nameEnd + 3, valueEnd);
      at = valueEnd;
    }
    expect(headers).toEqual({
      ":event-type": expect.any(String),
      ":content-type": "application/json",
      ":message-type": "event",
    });
    events.push({ name: headers[":event-type"]!, data: JSON.parse(message.toString("utf8", 12 + headersLength, total - 4)) });
    rest = rest.subarray(total);
  }
  return events;
}
