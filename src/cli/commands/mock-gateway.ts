/** `mock-gateway`: runs the mock gateway until it is interrupted, with all models of the catalogue or those that are named. */
import type { Fault } from "../../gateway/mock/faults.ts";
import { limitModels, modelsOfCatalogue, selectModels } from "../../gateway/mock/models.ts";
import { startMockGateway } from "../../gateway/mock/server.ts";

/** What the command line says. */
export interface MockGatewayFlags {
  readonly port: number;
  readonly host: string;
  /** Begins the log with a line that tells a program where the gateway is. */
  readonly json: boolean;
  /** What goes wrong on purpose. */
  readonly faults: readonly Fault[];
  /** The only models, plain or as `provider/model`; null takes the catalogue's. */
  readonly models: readonly string[] | null;
  /** Globs over `provider/model` that let models through; null lets all through. */
  readonly grants: readonly string[] | null;
}

/** What the command touches of its process. */
export interface MockGatewayIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  /** Its abort ends the gateway. */
  readonly signal: AbortSignal;
}

/**
 * Runs the gateway and resolves to the exit status, 0, once the signal aborts. stdout gets one JSON object per request and nothing
 * else, people are told on stderr. Throws an environment error where it cannot listen.
 */
export async function runMockGateway(options: MockGatewayFlags, { stdout, stderr, signal }: MockGatewayIo): Promise<number> {
  const { port, host, json, faults, grants } = options;
  const models = options.models === null ? modelsOfCatalogue() : selectModels(modelsOfCatalogue(), options.models);
  const print = (value: unknown): unknown => stdout.write(`${JSON.stringify(value)}\n`);
  const gateway = await startMockGateway({ models, faults, grants, host, port, onRequest: print });
  const { origin } = gateway;
  const ui = `${origin}/ui/`;
  if (json) print({ schemaVersion: 1, origin, ui });
  stderr.write(
    [
      `The mock gateway listens on ${origin} with ${countModels(limitModels(models, options).length)}. It answers by itself; no model is behind it.`,
      `  Point an environment at it:  APERTURE_URL=${origin}`,
      `  See what it was asked:       ${ui}`,
      ...(faults.length === 0 ? [] : [`  Goes wrong on purpose:       ${faults.join(", ")}`]),
      ...(isLoopback(host) ? [] : ["  Other machines reach it, too: they can use it and read what it was asked."]),
      "Ctrl-C ends it.",
      "",
    ].join("\n"),
  );
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await gateway.close();
  return 0;
}

function countModels(count: number): string {
  return count === 1 ? "1 model" : `${count} models`;
}

function isLoopback(host: string): boolean {
  return host === "" || host === "localhost" || host === "::1" || host.startsWith("127.");
}
