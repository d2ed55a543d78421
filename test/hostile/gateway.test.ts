/**
 * A gateway of somebody who means harm: `discover` and the doctor (by Node, and by OpenCode's own runtime where it can be had) end in time, with
 * what is wrong, and take no more memory than a list of models needs.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import fc from "../support/random-cases.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { doctorText } from "../../src/catalog/doctor-text.ts";
import { featureFolder } from "../../src/catalog/files.ts";
import { createReader, type Reading } from "../../src/gateway/http/reader.ts";
import { modelsOfCatalogue } from "../../src/gateway/mock/stock.ts";
import { runPiped } from "../cli/harness.ts";
import { bundleScript } from "../support/docker.ts";
import { opencodeBinary } from "../support/opencode.ts";
import { processorTime } from "../support/processor-time.ts";

const list = JSON.stringify({
  object: "list",
  data: (await modelsOfCatalogue()).map(({ id, provider, endpoints }) => ({
    id,
    supported_endpoints: endpoints,
    metadata: { provider },
  })),
});
const head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
const chunked = `${head}transfer-encoding: chunked\r\n\r\n`;
const chunk = (data: string, size = Buffer.byteLength(data).toString(16)): string => `${size}\r\n${data}\r\n`;
const whole = (body: string, more = ""): string => `${head}${more}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const sized = (body: string): string => whole(JSON.stringify({ object: "list", data: "@" }).replace('"@"', body));

/** What is sent once the request is there: all of it, or the last part for ever. */
type Behaviour =
  | { readonly send: string | Buffer; readonly again?: string; readonly stay?: boolean }
  | ((socket: Socket) => void);

const once = (send: string | Buffer): Behaviour => ({ send });
const flood = (send: string, again: string): Behaviour => ({ send, again });

/** By name: what the gateway does, and the codes of what is said; any of them will do. */
const cases: Readonly<Record<string, readonly [Behaviour, ...string[]]>> = {
  "a good list": [once(whole(list)), "ok"],
  "a good list in chunks": [once(chunked + chunk(list.slice(0, 99)) + chunk(list.slice(99)) + chunk("")), "ok"],
  "one with extensions and trailers": [
    once(`${chunked}${Buffer.byteLength(list).toString(16).toUpperCase()} ;a=b;c="d"\r\n${list}\r\n0\r\nx: y\r\n\r\n`),
    "ok",
  ],
  "one of HTTP/1.0, until the end": [once(`HTTP/1.0 200 OK\r\n\r\n${list}`), "ok"],
  "one after early hints, and a second answer behind it": [
    once(`HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${whole(list)}${whole("{}")}`),
    "ok",
  ],
  "one with a folded header": [
    once(`${head}x: a\r\n  b\r\n\tc\r\ncontent-length: ${Buffer.byteLength(list)}\r\n\r\n${list}`),
    "ok",
  ],
  "a hundred thousand models": [
    once(whole(list.replace("[", `[${Array.from({ length: 100_000 }, (_, index) => `{"id":"m${index}"},`).join("")}`))),
    "ok",
  ],

  ...Object.fromEntries(
    ["-6", "-1", "+6", "0x6", " 6", "6 6", "", "zz", "6,6", "1.5", "FFFFFFFFF", "8000000000000000", "٦"].map((size) => [
      `a chunk of the size ${JSON.stringify(size)}`,
      [once(`${chunked}${size}\r\n{"data"\r\n0\r\n\r\n`), "gateway-not-http"],
    ]),
  ),
  "a chunk of 4 GB": [flood(`${chunked}FFFFFFFF\r\n`, "x".repeat(65_536)), "gateway-too-large"],
  "a chunk that is longer than it says": [once(`${chunked}3\r\n{"data":[]}\r\n0\r\n\r\n`), "gateway-not-http"],
  "an extension without end": [flood(`${chunked}5;`, "x".repeat(1024)), "gateway-not-http"],
  "chunks of one byte without end": [flood(chunked, chunk(" ").repeat(1000)), "gateway-not-http"],
  "large chunks without end": [flood(chunked, chunk(" ".repeat(65_536))), "gateway-too-large"],
  "trailers without end": [flood(`${chunked}0\r\n`, "x: y\r\n".repeat(100)), "gateway-not-http"],

  ...Object.fromEntries(
    ["-5", "+5", "0x10", "1e3", "5, 5", "5 5", "", "99999999999999999999", "five"].map((length) => [
      `the length ${JSON.stringify(length)}`,
      [once(`${head}content-length: ${length}\r\n\r\n{"data":[]}`), "gateway-not-http"],
    ]),
  ),
  "two lengths": [once(`${head}content-length: 5\r\ncontent-length: 11\r\n\r\n{"data":[]}`), "gateway-not-http"],
  "the same length twice": [once(`${head}content-length: 11\r\nContent-Length: 11\r\n\r\n{"data":[]}`), "gateway-not-http"],
  "a length and chunks": [
    once(`${head}content-length: 11\r\ntransfer-encoding: chunked\r\n\r\n${chunk(list)}0\r\n\r\n`),
    "gateway-not-http",
  ],
  "a length of 9 GB": [once(`${head}content-length: 9000000000\r\n\r\n{`), "gateway-too-large"],
  ...Object.fromEntries(
    ["gzip, chunked", "chunked, chunked", "identity", "chunked;q=1", "xchunked"].map((coding) => [
      `the transfer encoding ${coding}`,
      [once(`${head}transfer-encoding: ${coding}\r\n\r\n${chunk(list)}0\r\n\r\n`), "gateway-not-http"],
    ]),
  ),
  "chunks in HTTP/1.0": [once(chunked.replace("1.1", "1.0") + chunk(list) + chunk("")), "gateway-not-http"],
  "what is compressed, though nobody asked": [once(whole("\u001f\u008b\b\0", "content-encoding: gzip\r\n")), "gateway-not-http"],

  "continue without end": [flood("", "HTTP/1.1 100 Continue\r\n\r\n".repeat(100)), "gateway-not-http"],
  "another protocol": [once("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n"), "gateway-not-http"],
  "headers without end": [flood(head, "x: y\r\n".repeat(100)), "gateway-not-http"],
  "one header without end": [flood(`${head}x: `, "y".repeat(4096)), "gateway-not-http"],
  "a first line without end": [flood("HTTP/1.1 200 ", "y".repeat(4096)), "gateway-not-http"],
  "a header without a name": [once(`${head}: x\r\n\r\n`), "gateway-not-http"],
  "a blank before the colon": [once(`${head}content-length : 5\r\n\r\n12345`), "gateway-not-http"],
  "a fold before the first header": [once("HTTP/1.1 200 OK\r\n x\r\n\r\n"), "gateway-not-http"],
  "a NUL in a header": [once(`${head}x: \0\r\n\r\n`), "gateway-not-http"],
  "bare line feeds": [once(whole(list).replaceAll("\r\n", "\n")), "gateway-not-http"],
  "bare carriage returns": [once(`${head}x: a\rcontent-length: 5\r\n\r\n`), "gateway-not-http"],
  ...Object.fromEntries(
    [
      "HTTP/1.1 2000 OK",
      "HTTP/9.9 200 OK",
      "HTTP/1.1 099 OK",
      "HTTP/1.1 -20 OK",
      "HTTP/1.1",
      "HTTP/2 200",
      "HTTP/1.1  200 OK",
    ].map((first) => [`the first line ${first}`, [once(`${first}\r\ncontent-length: 2\r\n\r\n{}`), "gateway-not-http"]]),
  ),
  "an alert of TLS": [once(Buffer.from("1503010002022a", "hex")), "gateway-speaks-tls"],
  "another protocol's greeting": [once("SSH-2.0-nothing\r\n"), "gateway-speaks-tls"],
  "noise without end": [flood("\u0000\u00ff", "\u0000\u00ff".repeat(4096)), "gateway-speaks-tls"],

  ...Object.fromEntries(
    [
      "HTTP/1.1 200",
      head,
      `${head}content-length: 500\r\n\r\n{`,
      `${chunked}5`,
      `${chunked}5\r\n{`,
      `${chunked}${chunk("{")}0\r\nx: y\r\n`,
    ].map((send, index) => [`an end in the middle (${index + 1})`, [once(send), "gateway-cut-off"]]),
  ),
  "a reset in the middle": [
    (socket) => socket.write(`${head}content-length: 500\r\n\r\n{`, () => setTimeout(() => socket.resetAndDestroy(), 20)),
    "gateway-cut-off",
    "gateway-reset",
  ],
  "an end without a word": [once(""), "gateway-reset"],
  silence: [{ send: "", stay: true }, "gateway-slow"],
  "a body that does not come": [{ send: `${head}content-length: 10\r\n\r\n{`, stay: true }, "gateway-slow"],
  drops: [
    (socket) => {
      const timer = setInterval(() => socket.write(" "), 30);
      socket.write(`${head}\r\n`);
      socket.on("close", () => clearInterval(timer));
    },
    "gateway-slow",
  ],
  "a body without end": [flood(`${head}\r\n`, " ".repeat(65_536)), "gateway-too-large"],
  "an error without end": [flood("HTTP/1.1 500 No\r\n\r\n", "x".repeat(65_536)), "gateway-failed"],
  "no content, with a length": [{ send: "HTTP/1.1 204 No\r\ncontent-length: 5\r\n\r\n", stay: true }, "gateway-not-json"],
  "not modified": [{ send: "HTTP/1.1 304 No\r\ncontent-length: 5\r\n\r\n", stay: true }, "gateway-redirect"],
  "a redirect, which is not followed": [
    once("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"),
    "gateway-redirect",
  ],

  "lists in lists, 200,000 deep": [once(whole("[".repeat(200_000))), "gateway-not-json"],
  "the same, closed": [once(sized("[".repeat(200_000) + "]".repeat(200_000))), "gateway-not-json"],
  "objects in objects, 200,000 deep": [once(sized(`${'{"data":'.repeat(200_000)}1${"}".repeat(200_000)}`)), "gateway-not-json"],
  "an error 200,000 deep": [once(`HTTP/1.1 500 No\r\n\r\n${'{"error":'.repeat(200_000)}`), "gateway-failed"],
  "a million models that are none": [once(sized(`[${"{},".repeat(1_000_000)}{}]`)), "gateway-not-json"],
  "two million lists": [once(sized(`[${"[],".repeat(2_000_000)}[]]`)), "gateway-not-json"],
  "one text of 7 MB": [once(sized(`[{"id":"${"x".repeat(7_000_000)}"}]`)), "gateway-other-shape", "ok", "model-not-served"],
  "keys that objects have already": [
    once(whole('{"__proto__":{"data":[]},"constructor":1}')),
    "gateway-other-shape",
    "gateway-not-json",
  ],
};

let folder: string;
let discover: string;
let doctor: string;
let share: string;
const runtime = await opencodeBinary();
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "aperture-env-gateway-")));
  discover = join(folder, "discover.mjs");
  writeFileSync(discover, await bundleScript("test/hostile/gateway.main.ts"));
  doctor = join(folder, "doctor.mjs");
  writeFileSync(join(folder, "real.mjs"), doctorText);
  writeFileSync(
    doctor,
    'import { writeSync } from "node:fs";\nprocess.on("exit", () => writeSync(2, `rss ${process.resourceUsage().maxRSS}`));\nawait import("./real.mjs");\n',
  );
  const root = join(folder, "repository");
  mkdirSync(root);
  expect((await runPiped(["--yes", "--url", "http://127.0.0.1:1"], root)).exit).toBe(0);
  share = join(root, featureFolder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Milliseconds that are waited for an answer, and those that a process may take for all. */
const timeout = 1500;
const longest = 30_000;
/** In kB. A doctor with a short list takes 50,000 to 90,000. */
const mostMemory = 250_000;

interface Outcome {
  readonly codes: readonly string[];
  readonly rss: number;
  readonly ms: number;
}

async function start(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ stdout: string; stderr: string; ms: number }> {
  const started = performance.now();
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    cwd: folder,
    env: { PATH: "/usr/bin:/bin", HOME: folder, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), longest);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  clearTimeout(timer);
  return { stdout, stderr, ms: performance.now() - started };
}

async function askDiscover(origin: string): Promise<Outcome> {
  const { stdout, stderr, ms } = await start([process.execPath, discover, origin, String(timeout)], {});
  expect(stdout, stderr).toMatch(/^\{/);
  return { ...(JSON.parse(stdout) as Outcome), ms };
}

async function askDoctor(origin: string, command: readonly string[], env: Readonly<Record<string, string>>): Promise<Outcome> {
  const flags = [`--share=${share}`, `--environment={"origin":"${origin}"}`, "--json", `--timeout=${timeout / 1000}`];
  const { stdout, stderr, ms } = await start([...command, doctor, ...flags], { APERTURE_URL: origin, ...env });
  expect(stdout, stderr).toMatch(/^\{/);
  const { checks } = JSON.parse(stdout) as { checks: readonly { code: string; group: string }[] };
  const codes = checks
    .filter(({ group }) => group === "gateway" || group === "models")
    .map(({ code }) => (code === "gateway" ? "ok" : code));
  return { codes, rss: Number(/rss (\d+)/.exec(stderr)?.[1]), ms };
}

async function serve(behaviour: Behaviour): Promise<{ origin: string; connections(): number; close(): void }> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    socket.once("data", () => {
      if (typeof behaviour === "function") return behaviour(socket);
      const { send, again, stay = false } = behaviour;
      if (again === undefined) {
        if (stay) socket.write(send);
        else socket.end(send);
        return;
      }
      const pour = (): void => {
        while (socket.writable && socket.write(again, "latin1"));
      };
      socket.write(send, "latin1");
      socket.on("drain", pour);
      pour();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

describe.skipIf(process.platform === "win32")("each answer, by discover and by the doctor", () => {
  let most = 0;
  test.each(Object.entries(cases))("%s", async (_name, [behaviour, ...expected]) => {
    const server = await serve(behaviour);
    try {
      const asked = [
        askDiscover(server.origin),
        askDoctor(server.origin, [process.execPath], {}),
        ...(runtime === null
          ? []
          : [askDoctor(server.origin, [runtime, "--config=/dev/null", "--no-env-file"], { BUN_BE_BUN: "1" })]),
      ];
      for (const { codes, rss, ms } of await Promise.all(asked)) {
        expect(
          expected.some((code) => codes.includes(code)),
          `${codes.join()} instead of ${expected.join()}`,
        ).toBe(true);
        if (!expected.includes("ok")) expect(codes).not.toContain("ok");
        expect(rss).toBeLessThan(mostMemory);
        expect(ms).toBeLessThan(longest);
        most = Math.max(most, rss);
      }
      // Each asks once: nothing is followed, and nothing tried again.
      if (!expected.includes("ok")) expect(server.connections()).toBe(asked.length);
    } finally {
      server.close();
    }
  });

  afterAll(() => process.stderr.write(`hostile gateway: at most ${Math.round(most / 1024)} MB of memory\n`));
});

describe("the reader, with bytes of any kind", () => {
  const readAll = (pieces: readonly Buffer[]): Reading => {
    const reader = createReader();
    for (const piece of pieces) {
      const reading = reader.push(piece);
      if (reading !== null) return reading;
    }
    return reader.end();
  };
  const cut = (bytes: Buffer, at: readonly number[]): Buffer[] => {
    const places = [
      0,
      ...at.filter((place) => place > 0 && place < bytes.length).sort((left, right) => left - right),
      bytes.length,
    ];
    return places.slice(1).map((place, index) => bytes.subarray(places[index], place));
  };

  const word = fc.constantFrom(
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.0 404 No\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 204 No\r\n",
    "transfer-encoding: chunked\r\n",
    "Transfer-Encoding: Chunked\r\n",
    "content-length: 5\r\n",
    "content-length: 12",
    "content-encoding: identity\r\n",
    "x: y\r\n",
    " folded\r\n",
    "\r\n",
    "\r\n\r\n",
    "\n",
    "\r",
    "5\r\nabcde\r\n",
    "a;x=y\r\n0123456789\r\n",
    "0\r\n\r\n",
    "-6\r\n",
    "ffffffff\r\n",
    "000000000\r\n",
    '{"data":[]}',
    "é",
    "\0",
    ":",
  );
  const answers = fc.oneof(
    fc.array(word, { maxLength: 14 }).map((words) => Buffer.from(words.join(""))),
    fc.array(word, { maxLength: 10 }).map((words) => Buffer.from(`HTTP/1.1 200 OK\r\n${words.join("")}`)),
    fc.array(word, { maxLength: 10 }).map((words) => Buffer.from(`${chunked}${words.join("")}`)),
    fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
    fc.tuple(fc.array(fc.string({ maxLength: 20 }), { maxLength: 6 }), fc.nat(200), fc.nat(255)).map(([parts, at, byte]) => {
      const bytes = Buffer.from(`${chunked}${parts.map((part) => chunk(part)).join("")}0\r\n\r\n`);
      bytes[at % bytes.length] = byte;
      return bytes;
    }),
  );

  test("the result does not depend on how the bytes are split, and nothing throws", () => {
    fc.assert(
      fc.property(answers, fc.array(fc.nat(300), { maxLength: 8 }), (bytes, places) => {
        const expected = readAll([bytes]);
        expect(readAll(Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(expected);
        expect(readAll(cut(bytes, places))).toEqual(expected);
        for (let at = 1; at < bytes.length; at++) expect(readAll(cut(bytes, [at]))).toEqual(expected);
      }),
      { numRuns: 3000 },
    );
  });

  test("what is written by the rules is read as it was written", () => {
    const fields = fc.array(
      fc.constantFrom("x: y\r\n", "Date: Tue, 01 Jan 2030 00:00:00 GMT\r\n", "retry-after:60 \r\n", "a:\r\n b\r\n"),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(
        fields,
        fc.array(fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" }), { maxLength: 8 }),
        fc.constantFrom("chunks", "length", "end"),
        (lines, parts, how) => {
          const body = parts.join("");
          const first = `HTTP/1.1 200 OK\r\n${lines.join("")}`;
          const answer = {
            chunks: `${first}transfer-encoding: chunked\r\n\r\n${parts.map((part) => chunk(part)).join("")}0\r\n\r\n`,
            length: `${first}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
            end: `${first}\r\n${body}`,
          }[how];
          const reading = readAll([Buffer.from(answer)]);
          expect(reading.ok && reading.answer.text).toBe(body);
          expect(reading.ok && reading.answer.retryAfter).toBe(lines.includes("retry-after:60 \r\n") ? "60" : null);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("each byte is looked at once: ten times the pieces take about ten times as long", () => {
    const spent = (count: number): number => {
      const reader = createReader();
      reader.push(Buffer.from(`${head}\r\n`));
      const piece = Buffer.from("x");
      const started = processorTime();
      for (let index = 0; index < count; index++) reader.push(piece);
      return processorTime() - started;
    };
    spent(10_000);
    const [few, many] = [Math.min(spent(100_000), spent(100_000)), Math.min(spent(1_000_000), spent(1_000_000))];
    expect(many).toBeLessThan(Math.max(few, 5) * 40);
  });
});
