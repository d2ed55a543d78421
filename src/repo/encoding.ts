/** What is told of a file whose bytes are no UTF-8 text: the encoding that it seems to have, and the place where that shows. Pure. */

/** Whether a text that UTF-8 makes of bytes is UTF-16 without its mark: of plain text in that, every second byte is a zero. */
export function isWide(text: string): boolean {
  return text.includes("\0") && text.split("\0").length * 3 > text.length;
}

/** As the end of a sentence that begins with "is". `text` is what UTF-8 makes of the bytes, with marks where it cannot. */
export function describeEncoding(bytes: Buffer, text: string): string {
  const mark = bytes.subarray(0, 2).toString("latin1");
  if (mark === "\u00ff\u00fe" || mark === "\u00fe\u00ff" || isWide(text)) return "UTF-16 text";
  const again = Buffer.from(text, "utf8");
  let at = 0;
  while (at < bytes.length && bytes[at] === again[at]) at++;
  const before = bytes.subarray(0, at).toString("latin1");
  const line = before.split("\n").length;
  // Bytes below are of other files than texts.
  const guess = bytes.some((byte) => byte < 9) ? "" : ", as Latin-1 and Windows-1252 have it";
  return `not UTF-8 text: line ${line} has the byte 0x${bytes[at]!.toString(16).toUpperCase().padStart(2, "0")}${guess}`;
}
