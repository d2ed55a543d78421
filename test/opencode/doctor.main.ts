/**
 * The doctor in a network of its own, once for each fault: the program for the inside of the namespaces. Its standard input is JSON with the
 * installation and the cases; it writes one line of JSON with what the doctor said of each.
 */
import { spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { startDnsServer } from "../support/dns-server.ts";

/** What a gateway does. */
export type Behaviour =
  | "good"
  | "closed"
  | "stall"
  | "garbage"
  | "reset"
  | "cut"
  | {
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
      /** The answer to every prompt. */
      readonly post?:
        | number
        | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> };
    };

/** A fault and how to make it. `$work`, `$home`, `$tmp`, `$prefix` and `$tools` in texts are the case's folders. */
export interface Case {
  /** The lines of resolv.conf. */
  readonly resolv?: string;
  /** Where the name server listens, or that it never answers, or that there is none. */
  readonly dns?: string;
  readonly records?: Readonly<Record<string, string>>;
  /** Names that the name server does not answer for. */
  readonly mute?: readonly string[];
  readonly gateway?: Behaviour;
  readonly port?: number;
  readonly env?: Readonly<Record<string, string | null>>;
  readonly files?: Readonly<Record<string, string>>;
  /** Shell code before and after. */
  readonly before?: string;
  readonly after?: string;
  readonly args?: readonly string[];
  /** A proxy on port 3128 that works. */
  readonly proxy?: boolean;
}

/** What came of one. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
  /** The file that the launcher looks at; null where there is none. */
  readonly verdict: string | null;
}

/** What is handed in. */
export interface Input {
  readonly prefix: string;
  readonly tools: string;
  readonly resolv: string;
  readonly folder: string;
  /** The body of a good list. */
  readonly models: string;
  readonly cases: Readonly<Record<string, Case>>;
}

const input = JSON.parse(await text(process.stdin)) as Input;
const outcomes: Record<string, Outcome> = {};
for (const [name, one] of Object.entries(input.cases)) outcomes[name] = await play(one);
// Exiting does not wait for a pipe by itself.
process.stdout.write(`${JSON.stringify(outcomes)}\n`, () => process.exit(0));

async function play(one: Case): Promise<Outcome> {
  const { prefix, tools, resolv } = input;
  const root = mkdtempSync(join(input.folder, "case-"));
  const folders = { work: join(root, "work"), home: join(root, "home"), tmp: join(root, "tmp"), prefix, tools };
  for (const folder of [folders.work, folders.home, folders.tmp]) mkdirSync(folder);
  mkdirSync(join(folders.work, ".git"));
  const put = (value: string): string =>
    value.replace(/\$(work|home|tmp|prefix|tools)\b/g, (_whole, name: keyof typeof folders) => folders[name]);
  for (const [path, content] of Object.entries(one.files ?? {})) {
    mkdirSync(dirname(put(path)), { recursive: true });
    writeFileSync(put(path), put(content));
  }
  writeFileSync(resolv, one.resolv ?? "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
  const closing: (() => unknown)[] = [];
  await startDns(one, closing);
  await startGateway(one, closing);
  if (one.proxy === true) await startProxy(closing);
  sh(put(one.before ?? ""));
  const env = Object.fromEntries(
    Object.entries({
      PATH: `${prefix}/bin:${tools}`,
      HOME: folders.home,
      TMPDIR: folders.tmp,
      APERTURE_ENV_PREFIX: prefix,
      OPENCODE_TEST_MANAGED_CONFIG_DIR: join(root, "managed"),
      ...one.env,
    }).flatMap(([name, value]) => (value === null ? [] : [[name, put(value)] as const])),
  );
  const started = performance.now();
  const child = spawn("/bin/sh", [join(prefix, "bin", "aperture-doctor"), ...(one.args ?? ["--json"])], {
    cwd: folders.work,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  const ms = performance.now() - started;
  sh(put(one.after ?? ""));
  for (const close of closing) await close();
  const verdict = readOr(join(folders.home, ".local", "state", "aperture-env", "verdict"));
  rmSync(root, { recursive: true, force: true });
  return { status: status as number | null, stdout, stderr, ms, verdict };
}

function sh(code: string): void {
  if (code === "") return;
  const { status, stderr } = spawnSync("sh", ["-euc", code], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${code}: ${stderr}`);
}

function readOr(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

async function startDns(
  { dns = "127.0.0.1", records = { ai: "127.0.0.1" }, mute = [] }: Case,
  closing: (() => unknown)[],
): Promise<void> {
  if (dns === "none") return;
  if (dns === "silent") {
    const socket = createSocket("udp4");
    socket.bind(53, "127.0.0.1");
    await once(socket, "listening");
    closing.push(() => socket.close());
    return;
  }
  const server = await startDnsServer({ host: dns, port: 53, records, mute });
  closing.push(() => server.close());
}

async function startGateway({ gateway = "good", port = 80 }: Case, closing: (() => unknown)[]): Promise<void> {
  if (gateway === "closed") return;
  const answers = gateway === "good" ? { status: 200, body: input.models, headers: {}, post: 400 } : gateway;
  const server =
    typeof answers === "string"
      ? createServer((socket) => misbehave(answers, socket))
      : createHttpServer((asked, reply) => answer(answers, asked, reply));
  await listen(server, port, closing);
}

function answer(how: Exclude<Behaviour, string>, { method }: IncomingMessage, reply: ServerResponse): void {
  const { status, body = "", headers = {}, post = 400 } = how;
  const given =
    method !== "POST"
      ? { status, body: body === "models" ? input.models : body, headers }
      : typeof post === "number"
        ? { status: post, body: "{}", headers }
        : post;
  reply.writeHead(given.status, { "content-type": "application/json", ...given.headers });
  reply.end(given.body);
}

function misbehave(how: string, socket: Socket): void {
  socket.on("error", () => {});
  socket.once("data", () => {
    if (how === "garbage") socket.end("SSH-2.0-nothing\r\n");
    if (how === "reset") socket.resetAndDestroy();
    if (how === "cut") socket.end("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{");
  });
}

async function startProxy(closing: (() => unknown)[]): Promise<void> {
  const server = createHttpServer((asked, reply) => {
    // What is asked of the proxy itself.
    if (asked.url!.startsWith("/")) return void reply.writeHead(404).end();
    const passed = request(asked.url!, { method: asked.method, headers: asked.headers }, (answered) => {
      reply.writeHead(answered.statusCode!, answered.headers);
      answered.pipe(reply);
    });
    passed.on("error", () => reply.destroy());
    asked.pipe(passed);
  });
  await listen(server, 3128, closing);
}

async function listen(server: Server, port: number, closing: (() => unknown)[]): Promise<void> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.listen(port, "0.0.0.0");
  await once(server, "listening");
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
}
