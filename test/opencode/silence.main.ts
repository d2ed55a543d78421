/**
 * One command in a network that holds a gateway called `ai` and a name server, and nothing else: the program for the inside of the network
 * namespace. Its first argument is `{"env":{…},"folder":…}`, the rest is the command; it writes one line of JSON with all that was seen.
 */
import { spawn } from "node:child_process";
import { lookup } from "node:dns/promises";
import { text } from "node:stream/consumers";
import { startMockGateway } from "../../src/gateway/mock/server.ts";
import { startDnsServer } from "../support/dns-server.ts";

/** What the program writes. */
export interface Seen {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Each name that was asked for, with the type: `ai A`. */
  readonly names: readonly string[];
  /** Path and model of each request at the gateway, and whether it came with nothing but the placeholder. */
  readonly requests: readonly { readonly path: string; readonly model: string | null; readonly placeholder: boolean }[];
}

const [settings = "", program = "", ...args] = process.argv.slice(2);
const { env, folder, models } = JSON.parse(settings) as {
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly models: Parameters<typeof startMockGateway>[0]["models"];
};
const dns = await startDnsServer({ host: "127.0.0.1", port: 53, records: { ai: "127.0.0.1" } });
const gateway = await startMockGateway({ models, port: 80 });
const started = spawn(program, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"], timeout: 100_000 });
const ended = new Promise<number | null>((resolve) => started.on("close", (status) => resolve(status)));
const [stdout, stderr, exitCode] = await Promise.all([text(started.stdout), text(started.stderr), ended]);
// Whatever asks here is on record, and a name that nobody has is not found: else the record would prove nothing.
await lookup("canary.example").catch(() => {});
const seen: Seen = {
  exitCode,
  stdout,
  stderr,
  names: [...new Set(dns.queries.map(({ name, type }) => `${name} ${type}`))].sort(),
  requests: gateway.requests.map(({ path, model, placeholder }) => ({ path, model, placeholder })),
};
process.stdout.write(`${JSON.stringify(seen)}\n`);
await Promise.all([dns.close(), gateway.close()]);
