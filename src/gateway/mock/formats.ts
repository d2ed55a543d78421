/** All wire formats of the mock gateway: those that Aperture serves and OpenCode can use. */
import { chat } from "./chat.ts";
import { converse } from "./converse.ts";
import { generateContent } from "./generate-content.ts";
import { messages } from "./messages.ts";
import { responses } from "./responses.ts";
import { vertex } from "./vertex.ts";
import type { Address, WireFormat } from "./wire.ts";

/** Every format. The order does not matter, because no path belongs to two. */
export const wireFormats: readonly WireFormat[] = [messages, responses, chat, generateContent, vertex, converse];

/** The format of a path and the path's details, or null. */
export function findFormat(path: string): { readonly format: WireFormat; readonly address: Address } | null {
  for (const format of wireFormats) {
    const address = format.match(path);
    if (address !== null) return { format, address };
  }
  return null;
}
