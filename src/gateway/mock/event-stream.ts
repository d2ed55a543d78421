/**
 * The binary framing of AWS's event streams: `application/vnd.amazon.eventstream`.
 *
 * Layout: Amazon Transcribe developer guide, "Event stream encoding", and Smithy specification, "Amazon Event Stream": total length, length of
 * the headers, CRC-32 of these two, headers, payload, CRC-32 of all before it; numbers are big-endian.
 */
import { crc32 } from "node:zlib";

/** The content type of a stream of such messages. */
export const awsEventStream = "application/vnd.amazon.eventstream";

/** The type of a header whose value is a string. */
const stringType = 7;

/** Two lengths and a checksum before the headers, a checksum behind the payload. */
const overhead = 16;

/** One message with headers that are strings. */
export function formatMessage(headers: Readonly<Record<string, string>>, payload: string): Uint8Array {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => formatHeader(name, value)));
  const body = Buffer.from(payload);
  const lengths = Buffer.concat([uint32(overhead + head.length + body.length), uint32(head.length)]);
  const message = Buffer.concat([lengths, uint32(crc32(lengths)), head, body]);
  return Buffer.concat([message, uint32(crc32(message))]);
}

/** One event with its payload as JSON. */
export function formatAwsEvent(type: string, payload: object): Uint8Array {
  const headers = { ":event-type": type, ":content-type": "application/json", ":message-type": "event" };
  return formatMessage(headers, JSON.stringify(payload));
}

function formatHeader(name: string, value: string): Buffer {
  const [key, text] = [Buffer.from(name), Buffer.from(value)];
  return Buffer.concat([Buffer.from([key.length]), key, Buffer.from([stringType, text.length >> 8, text.length & 255]), text]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
