/** A DNS server that knows a few names, denies all others and remembers what it was asked. UDP and TCP. */
import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";

/** A question that was asked: the name in lower case without a final dot, the type as `A`, `AAAA` or its number. */
export interface DnsQuery {
  readonly name: string;
  readonly type: string;
}

/** What to answer, and where. */
export interface DnsServerOptions {
  readonly host: string;
  readonly port?: number;
  /** IPv4 addresses by name. A name here has no other record; every other name does not exist. */
  readonly records: Readonly<Record<string, string>>;
  /** Names that are asked in vain. */
  readonly mute?: readonly string[];
  /** The IPv4 address of every other name, which then exists. */
  readonly others?: string;
  readonly onQuery?: (query: DnsQuery) => void;
}

/** A running server. */
export interface DnsServer {
  readonly port: number;
  readonly queries: readonly DnsQuery[];
  close(): Promise<void>;
}

const types: Readonly<Record<number, string>> = {
  1: "A",
  2: "NS",
  5: "CNAME",
  6: "SOA",
  12: "PTR",
  15: "MX",
  16: "TXT",
  28: "AAAA",
  33: "SRV",
  65: "HTTPS",
};

/** Starts a server. Port 0, the default, takes one that is free for both UDP and TCP. */
export async function startDnsServer({
  host,
  port = 0,
  records,
  mute = [],
  others,
  onQuery,
}: DnsServerOptions): Promise<DnsServer> {
  const queries: DnsQuery[] = [];
  const addresses = new Map(Object.entries(records).map(([name, address]) => [name.toLowerCase(), encodeAddress(address)]));
  const other = others === undefined ? undefined : encodeAddress(others);
  const respond = (message: Buffer): Buffer | undefined => {
    const question = readQuestion(message);
    if (question === undefined) return undefined;
    const query = { name: question.name, type: types[question.type] ?? String(question.type) };
    queries.push(query);
    onQuery?.(query);
    if (mute.includes(query.name)) return undefined;
    return encodeReply(message, question, addresses.get(query.name) ?? other);
  };

  const [udp, tcp] = await bindBoth(host, port);
  udp.on("message", (message, from) => {
    const reply = respond(message);
    if (reply !== undefined) udp.send(reply, from.port, from.address);
  });
  const closing = new AbortController();
  tcp.on("connection", (socket) => {
    let received = Buffer.alloc(0);
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      // over TCP, every message comes after its length in two bytes
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        const reply = respond(received.subarray(2, end));
        received = received.subarray(end);
        if (reply === undefined) return void socket.destroy();
        socket.write(Buffer.concat([uint16(reply.length), reply]));
      }
    });
    closing.signal.addEventListener("abort", () => socket.destroy());
  });

  return {
    port: udp.address().port,
    queries,
    close: async () => {
      const closed = Promise.all([once(udp, "close"), once(tcp, "close")]);
      udp.close();
      tcp.close();
      closing.abort();
      await closed;
    },
  };
}

async function bindBoth(host: string, port: number): Promise<[DatagramSocket, Server]> {
  for (let attempt = 1; ; attempt += 1) {
    const tcp = createServer();
    tcp.listen(port, host);
    await once(tcp, "listening");
    const udp = createSocket(host.includes(":") ? "udp6" : "udp4");
    try {
      udp.bind((tcp.address() as AddressInfo).port, host);
      await once(udp, "listening");
      return [udp, tcp];
    } catch (error) {
      tcp.close();
      // somebody else may have the UDP port of the TCP port that we were given
      if (port !== 0 || attempt === 10) throw error;
    }
  }
}

interface Question {
  readonly name: string;
  readonly type: number;
  /** Where it ends in the message. */
  readonly end: number;
}

const headerLength = 12;

/** The question of a standard query that has exactly one; anything else is not answered. */
function readQuestion(message: Buffer): Question | undefined {
  if (message.length < headerLength || (message[2]! & 0b1111_1000) !== 0 || message.readUInt16BE(4) !== 1) return undefined;
  const labels: string[] = [];
  let offset = headerLength;
  for (;;) {
    const length = message[offset];
    // from 64 on it is not a label but a pointer, for which a question has no use
    if (length === undefined || length > 63 || offset + 1 + length > message.length) return undefined;
    offset += 1 + length;
    if (length === 0) break;
    labels.push(message.toString("latin1", offset - length, offset));
  }
  if (offset + 4 > message.length) return undefined;
  return { name: labels.join(".").toLowerCase(), type: message.readUInt16BE(offset), end: offset + 4 };
}

function encodeReply(message: Buffer, { type, end }: Question, address: Buffer | undefined): Buffer {
  const answered = address !== undefined && type === 1;
  const header = Buffer.alloc(headerLength);
  message.copy(header, 0, 0, 2); // the id
  header[2] = 0b1000_0100 | (message[2]! & 1); // a response, authoritative; recursion desired as asked
  header[3] = 0b1000_0000 | (address === undefined ? 3 : 0); // recursion available; NXDOMAIN or no error
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answered ? 1 : 0, 6);
  const parts = [header, message.subarray(headerLength, end)];
  // the name is a pointer to the question; type A, class IN, 1 s to live, 4 bytes
  if (answered) parts.push(uint16(0xc000 | headerLength), uint16(1), uint16(1), uint16(0), uint16(1), uint16(4), address);
  return Buffer.concat(parts);
}

function encodeAddress(address: string): Buffer {
  const bytes = address.split(".").map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : 256));
  if (bytes.length !== 4 || bytes.some((byte) => byte > 255)) throw new Error(`${address} is not an IPv4 address`);
  return Buffer.from(bytes);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
