/**
 * Runs a mock gateway until somebody ends it. This module and its imports are one file of the published package, which `verify` also runs in a
 * container, so they import no package.
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
  /** The log's first line has the gateway's address, for programs. */
  readonly json: boolean;
  /** Faults for all requests. */
  readonly faults: readonly Fault[];
  /** Globs over `provider/model` of the models that are served; null for all. */
  readonly grants: readonly string[] | null;
}

/** The parts of the process that it uses. */
export interface MockGatewayIo {
  readonly stdout: Pick<Printer, "write">;
  readonly stderr: Pick<Printer, "write">;
  /** Ends the gateway. */
  readonly signal: AbortSignal;
}

/**
 * Runs the gateway, and resolves when the signal aborts. stdout gets one JSON object per request and nothing else; messages for people go to stderr.
 * Throws an environment error if it cannot listen.
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
    `  See its requests:            ${ui}`,
    ...(faults.length === 0 ? [] : [`  Faults on purpose:           ${faults.join(", ")}`]),
    ...(isLoopback(host) ? [] : ["  Other machines can reach it: they can use it, and read the log of requests."]),
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
