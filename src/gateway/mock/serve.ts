/**
 * Runs a mock gateway for people and programs, until somebody ends it. What is imported here is one file of the published program, which
 * `verify` also runs in a container: it needs nothing beside itself.
 */
import { joined, json as asJson, shown, type Printer } from "../../text/terminal.ts";
import type { Fault } from "./faults.ts";
import { limitModels, type MockModel } from "./models.ts";
import { startMockGateway } from "./server.ts";

export { printTo } from "../../text/terminal.ts";

/** What is served. */
export interface Serving {
  readonly models: readonly MockModel[];
  readonly port: number;
  readonly host: string;
  /** Begins the log with a line that tells a program where the gateway is. */
  readonly json: boolean;
  /** What goes wrong on purpose. */
  readonly faults: readonly Fault[];
  /** Globs over `provider/model` that let models through; null lets all through. */
  readonly grants: readonly string[] | null;
}

/** What it touches of its process. */
export interface MockGatewayIo {
  readonly stdout: Pick<Printer, "write">;
  readonly stderr: Pick<Printer, "write">;
  /** Its abort ends the gateway. */
  readonly signal: AbortSignal;
}

/**
 * Runs the gateway and resolves once the signal aborts. stdout gets one JSON object per request and nothing else, people are told on stderr.
 * Throws an environment error where it cannot listen.
 */
export async function serveMockGateway(serving: Serving, { stdout, stderr, signal }: MockGatewayIo): Promise<void> {
  const { models, port, host, json, faults, grants } = serving;
  const print = (value: unknown): void => stdout.write(shown`${asJson(value)}\n`);
  const gateway = await startMockGateway({ models, faults, grants, host, port, onRequest: print });
  const { origin } = gateway;
  const ui = `${origin}/ui/`;
  if (json) print({ schemaVersion: 1, origin, ui });
  const lines = [
    `The mock gateway listens on ${origin} with ${countModels(limitModels(models, { faults, grants }).length)}. It answers by itself; no model is behind it.`,
    `  Point an environment at it:  APERTURE_URL=${origin}`,
    `  See what it was asked:       ${ui}`,
    ...(faults.length === 0 ? [] : [`  Goes wrong on purpose:       ${faults.join(", ")}`]),
    ...(isLoopback(host) ? [] : ["  Other machines reach it, too: they can use it and read what it was asked."]),
    "Ctrl-C ends it.",
  ];
  stderr.write(shown`${joined(lines, "\n")}\n`);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await gateway.close();
}

function countModels(count: number): string {
  return count === 1 ? "1 model" : `${count} models`;
}

function isLoopback(host: string): boolean {
  return host === "" || host === "localhost" || host === "::1" || host.startsWith("127.");
}
