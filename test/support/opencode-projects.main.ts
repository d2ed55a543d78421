/**
 * Real OpenCode as one server, asked once in each of several projects, in a network where the gateway is called `ai` and every other name leads to
 * a stranger that writes down who calls: the program for the inside of a network namespace. Its standard input is `Questions`; it writes one line
 * of JSON, `Asked` by the name of the project.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { startMockGateway } from "../../src/gateway/mock/server.ts";
import { startDnsServer } from "./dns-server.ts";

/** One project and what is asked in it. */
export interface Project {
  /** Texts of its files; `$work` in them is its folder. */
  readonly files: Readonly<Record<string, string>>;
  readonly agent?: string;
  /** `provider/model`. */
  readonly model?: string;
  /** The name of a command instead of a prompt. */
  readonly command?: string;
  /** What is then in auth.json, as after a login. */
  readonly logins?: Readonly<Record<string, unknown>>;
}

/** What is done. */
export interface Questions {
  /** The program and its arguments that start a server; the port is added. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where projects are made. */
  readonly folder: string;
  readonly models: Parameters<typeof startMockGateway>[0]["models"];
  readonly projects: Readonly<Record<string, Project>>;
}

/** What came of one question. */
export interface Asked {
  /** What the model answered; empty where there was no answer. */
  readonly answer: string;
  /** What OpenCode said instead, or null. */
  readonly error: string | null;
  /** Models that the gateway was asked for, in the order of their names. */
  readonly models: readonly string[];
  /** Every request there came with nothing but the placeholder. */
  readonly placeholder: boolean;
  /** Who else was called: port, method, host and path, with `!` in front where the prompt was in it. */
  readonly strangers: readonly string[];
  /** Names that were asked for, but for the gateway's. */
  readonly names: readonly string[];
  /** The project's own code ran: it left a file `ran`. */
  readonly ran: boolean;
  /** The logins are still what they were. */
  readonly kept: boolean;
}

const prompt = "the-secret-prompt";
const questions = JSON.parse(await text(process.stdin)) as Questions;
const dns = await startDnsServer({ host: "127.0.0.1", port: 53, records: { ai: "127.0.0.1" }, others: "127.0.0.2" });
const gateway = await startMockGateway({ models: questions.models, port: 80 });
const strangers: string[] = [];
const stranger = createHttpServer((request, response) => {
  void text(request).then((body) => {
    const called = `80 ${request.method} ${request.headers.host}${request.url}`;
    strangers.push(body.includes(prompt) ? `!${called}` : called);
    response.writeHead(404, { "content-type": "application/json" }).end("{}");
  });
});
stranger.on("connect", (request, socket) => {
  strangers.push(`80 CONNECT ${request.url}`);
  socket.destroy();
});
const closed = createServer((socket) => {
  strangers.push("443");
  socket.on("error", () => {}).destroy();
});
stranger.listen(80, "127.0.0.2");
closed.listen(443, "127.0.0.2");
await Promise.all([once(stranger, "listening"), once(closed, "listening")]);

const port = 4096;
const [program = "", ...args] = questions.command;
const opencode = spawn(program, [...args, "--port", String(port)], {
  cwd: questions.folder,
  env: questions.env,
  stdio: ["ignore", "pipe", "pipe"],
});
let said = "";
for (const stream of [opencode.stdout, opencode.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
await new Promise<void>((resolve, reject) => {
  opencode.stdout.on("data", () => said.includes("listening on") && resolve());
  opencode.on("close", () => reject(new Error(`it ended: ${said}`)));
});

async function call(
  folder: string,
  path: string,
  body: unknown,
): Promise<{ readonly ok: boolean; readonly value: unknown; readonly text: string }> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}?directory=${encodeURIComponent(folder)}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(60_000),
    });
    const answered = await response.text();
    return { ok: response.ok, value: response.ok ? (JSON.parse(answered) as unknown) : null, text: answered };
  } catch (error) {
    return { ok: false, value: null, text: String(error) };
  }
}

async function ask(name: string, { files, agent, model, command, logins }: Project): Promise<Asked> {
  const authFile = join(questions.env["HOME"] ?? "/", ".local", "share", "opencode", "auth.json");
  const auth = logins === undefined ? null : JSON.stringify(logins);
  if (auth !== null) writeFileSync(authFile, auth);
  const folder = join(questions.folder, name.replaceAll(/[^a-z0-9]+/gi, "-"));
  mkdirSync(join(folder, ".git"), { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content.replaceAll("$work", folder));
  }
  const before = { requests: gateway.requests.length, strangers: strangers.length, names: dns.queries.length };
  const session = await call(folder, "/session", {});
  const { id } = (session.value ?? {}) as { readonly id?: string };
  const [providerID = "", ...rest] = (model ?? "").split("/");
  const choice = model === undefined ? {} : { model: { providerID, modelID: rest.join("/") } };
  const result =
    id === undefined
      ? session
      : command === undefined
        ? await call(folder, `/session/${id}/message`, {
            parts: [{ type: "text", text: prompt }],
            ...(agent && { agent }),
            ...choice,
          })
        : await call(folder, `/session/${id}/command`, { command, arguments: prompt });
  const message = (result.value ?? {}) as {
    readonly info?: { readonly error?: unknown };
    readonly parts?: readonly { readonly type: string; readonly text?: string }[];
  };
  // Titles are made beside the answer.
  await new Promise((resolve) => setTimeout(resolve, 300));
  await call(folder, "/instance/dispose", {});
  const seen = gateway.requests.slice(before.requests);
  return {
    answer: (message.parts ?? []).flatMap((part) => (part.type === "text" ? [part.text ?? ""] : [])).join(""),
    error: result.ok ? (message.info?.error === undefined ? null : JSON.stringify(message.info.error)) : result.text,
    models: seen.flatMap(({ model: asked }) => asked ?? []).sort(),
    placeholder: seen.every(({ placeholder }) => placeholder),
    strangers: strangers.slice(before.strangers),
    names: [...new Set(dns.queries.slice(before.names).map((query) => query.name))].filter((each) => each !== "ai").sort(),
    ran: existsSync(join(folder, "ran")),
    kept: auth === null || readFileSync(authFile, "utf8") === auth,
  };
}

const asked: Record<string, Asked> = {};
for (const [name, project] of Object.entries(questions.projects)) asked[name] = await ask(name, project);
process.stdout.write(`${JSON.stringify(asked)}\n`);
opencode.kill("SIGKILL");
stranger.closeAllConnections();
stranger.close();
closed.close();
await Promise.all([dns.close(), gateway.close()]);
