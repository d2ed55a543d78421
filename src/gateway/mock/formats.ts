/** All wire formats that the mock gateway speaks: those that Aperture serves and OpenCode can use. */
import { chat } from "./chat.ts";
import { converse } from "./converse.ts";
import { generateContent } from "./generate-content.ts";
import { messages } from "./messages.ts";
import { responses } from "./responses.ts";
import { vertex } from "./vertex.ts";
import type { Address, WireFormat } from "./wire.ts";

/** Every format; which of two came first matters to nobody, since no path is of two. */
export const wireFormats: readonly WireFormat[] = [messages, responses, chat, generateContent, vertex, converse];

/** The format that a path belongs to and what the path says, or null. */
export function findFormat(path: string): { readonly format: WireFormat; readonly address: Address } | null {
  for (const format of wireFormats) {
    const address = format.match(path);
    if (address !== null) return { format, address };
  }
  return null;
}
