/**
 * Reads one HTTP/1.1 answer incrementally (RFC 9110, 9112). The server is not trusted: each byte is read once, sizes are limited, and an answer that
 * violates the rules on message length is an error, because a lenient reader could read forever, or read another text than a proxy on the way. The
 * result does not depend on how the bytes are split into packets.
 */
import type { Answer } from "../explain.ts";

/** An answer, and the time of its Date header in milliseconds. */
export interface DatedAnswer extends Answer {
  readonly date: number | null;
}

/** The result. `NOT_HTTP`: the bytes do not begin as HTTP does. `BAD_HTTP`: they violate its rules; `why` says how. `CUT`: they end too early. */
export type Reading =
  | { readonly ok: true; readonly answer: DatedAnswer }
  | { readonly ok: false; readonly code: "NOT_HTTP" | "BAD_HTTP" | "CUT"; readonly why: string };

/** Takes bytes until it has an answer. */
export interface Reader {
  /** Gives the result as soon as it is certain; null while more bytes are needed. */
  push(bytes: Buffer): Reading | null;
  /** Gives the result when the connection is closed. */
  end(): Reading;
}

/** The longest body in bytes: longer than any list of models (20,000 models are 5 MB). Of an error only a sentence is shown. */
const largestBody = 8 * 1024 * 1024;
const largestErrorBody = 64 * 1024;
/** In bytes, for all headers and trailers together, including those of 1xx answers. */
const largestHead = 64 * 1024;
/** In bytes, for the line before a chunk, with its extensions. */
const longestChunkLine = 256;
/** Only a hostile server sends that many chunks. */
const mostChunks = 65_536;

type State = "status" | "fields" | "length" | "close" | "size" | "data" | "data-end" | "trailers";

class Broken {
  readonly code: "NOT_HTTP" | "BAD_HTTP";
  readonly why: string;

  constructor(why: string, code: "NOT_HTTP" | "BAD_HTTP" = "BAD_HTTP") {
    this.why = why;
    this.code = code;
  }
}

/** Creates a reader for one answer to a GET or a POST. */
export function createReader(): Reader {
  let state: State = "status";
  let line = "";
  let headBytes = 0;
  let chunks = 0;
  /** How many bytes of the body or the chunk are missing. */
  let left = 0;
  let version = "";
  let status = 0;
  let fields = new Map<string, string[]>();
  let lastField: string[] | null = null;
  const body = createBody();
  let result: Reading | null = null;

  const finish = (tooLarge = false): void => {
    const first = (name: string): string | null => fields.get(name)?.[0] ?? null;
    result = {
      ok: true,
      answer: {
        status,
        location: first("location"),
        type: first("content-type") ?? "",
        retryAfter: first("retry-after"),
        date: Date.parse(first("date") ?? "") || null,
        tooLarge,
        text: body.text(),
      },
    };
  };
  const isError = (): boolean => status < 200 || status > 299;
  const take = (bytes: Buffer): void => {
    const limit = isError() ? largestErrorBody : largestBody;
    const room = limit - body.length();
    body.add(bytes.length > room ? bytes.subarray(0, room) : bytes);
    if (bytes.length > room) finish(!isError());
  };
  const readStatus = (text: string): void => {
    const found = /^HTTP\/(1\.[01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/.exec(text);
    if (found === null) throw new Broken("its first line is none");
    version = found[1]!;
    status = Number(found[2]);
    fields = new Map();
    lastField = null;
    state = "fields";
  };
  const readField = (text: string): void => {
    if (/[^\t\x20-\x7e\x80-\xff]/.test(text)) throw new Broken("a control character is in a header");
    if (/^[\t ]/.test(text)) {
      // A header over several lines is obsolete; clients have to join it (RFC 9112, 5.2).
      if (lastField === null) throw new Broken("its headers begin with a blank");
      lastField.push(`${lastField.pop()!} ${text.trim()}`.trim());
      return;
    }
    const found = /^([\w!#$%&'*+.^`|~-]+):(.*)$/.exec(text);
    if (found === null) throw new Broken("a header has no name");
    const name = found[1]!.toLowerCase();
    lastField = fields.get(name) ?? [];
    lastField.push(found[2]!.trim());
    fields.set(name, lastField);
  };
  const endHead = (): void => {
    if (status === 101) throw new Broken("it changes the protocol, which nobody asked for");
    if (status < 200) {
      state = "status";
      return;
    }
    if (status === 204 || status === 304) return finish();
    const coding = fields.get("transfer-encoding");
    const length = fields.get("content-length");
    const content = fields.get("content-encoding");
    if (content !== undefined && content.some((each) => !/^(?:identity)?$/i.test(each)))
      throw new Broken("it is compressed, which nobody asked for");
    if (coding !== undefined) {
      if (length !== undefined) throw new Broken("it has both a length and chunks");
      if (version === "1.0" || coding.length !== 1 || coding[0]!.toLowerCase() !== "chunked")
        throw new Broken("its transfer encoding is not chunked");
      state = "size";
    } else if (length !== undefined) {
      if (length.length !== 1 || !/^\d{1,15}$/.test(length[0]!)) throw new Broken("its length is no number");
      left = Number(length[0]);
      if (left === 0) return finish();
      if (left > largestBody && !isError()) return finish(true);
      state = "length";
    } else state = "close";
  };
  const readSize = (text: string): void => {
    const size = /^([\da-f]{1,8})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/i.exec(text)?.[1];
    if (size === undefined) throw new Broken("the size of a chunk is no number");
    left = Number.parseInt(size, 16);
    chunks++;
    if (chunks > mostChunks) throw new Broken("it has too many chunks");
    state = left === 0 ? "trailers" : "data";
    lastField = null;
  };
  const readLine = (text: string): void => {
    if (state === "status") readStatus(text);
    else if (state === "size") readSize(text);
    else if (state === "data-end") {
      if (text !== "") throw new Broken("a chunk is longer than it says");
      state = "size";
    } else if (text !== "") readField(text);
    else if (state === "fields") endHead();
    else finish();
  };
  /** Gives how many of the bytes belong to the current line. */
  const takeLine = (bytes: Buffer, from: number): number => {
    const end = bytes.indexOf(10, from);
    const to = end === -1 ? bytes.length : end + 1;
    // Of a packet without a line end, only as much as a line may have.
    const some = Math.min(to, from + largestHead + 1);
    line += bytes.toString("latin1", from, some);
    if (state === "status" && !"HTTP/".startsWith(line.slice(0, 5))) throw new Broken("it does not begin as HTTP", "NOT_HTTP");
    if (state === "size" || state === "data-end") {
      if (line.length > longestChunkLine) throw new Broken("the line before a chunk is too long");
    } else {
      headBytes += some - from;
      if (headBytes > largestHead) throw new Broken("its headers are too long");
    }
    if (end !== -1) {
      if (!/^[^\r\n]*\r\n$/.test(line)) throw new Broken("a line ends in another way than HTTP's");
      const text = line.slice(0, -2);
      line = "";
      readLine(text);
    }
    return to;
  };
  const takeBody = (bytes: Buffer, from: number): number => {
    const to = state === "close" ? bytes.length : Math.min(bytes.length, from + left);
    take(bytes.subarray(from, to));
    if (state === "close") return to;
    left -= to - from;
    if (left === 0 && result === null) {
      if (state === "length") finish();
      else state = "data-end";
    }
    return to;
  };

  return {
    push(bytes) {
      try {
        for (let at = 0; at < bytes.length && result === null;) {
          const isBody = state === "length" || state === "close" || state === "data";
          at = isBody ? takeBody(bytes, at) : takeLine(bytes, at);
        }
      } catch (error) {
        if (!(error instanceof Broken)) throw error;
        result = { ok: false, code: error.code, why: error.why };
      }
      return result;
    },
    end() {
      if (result === null && state === "close") finish();
      if (result === null && state === "status" && line.length < 5 && line !== "")
        result = { ok: false, code: "NOT_HTTP", why: "it does not begin as HTTP" };
      return result ?? { ok: false, code: "CUT", why: "it ended in the middle" };
    },
  };
}

interface Body {
  add(bytes: Buffer): void;
  length(): number;
  text(): string;
}

/** A buffer that doubles when it is full, so that many small pieces cost no more than one large piece. */
function createBody(): Body {
  let bytes = Buffer.alloc(0);
  let length = 0;
  return {
    add(piece) {
      if (length + piece.length > bytes.length) {
        const larger = Buffer.alloc(Math.max(4096, bytes.length * 2, length + piece.length));
        bytes.copy(larger, 0, 0, length);
        bytes = larger;
      }
      piece.copy(bytes, length);
      length += piece.length;
    },
    length: () => length,
    text: () => bytes.toString("utf8", 0, length),
  };
}
