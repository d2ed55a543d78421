/** `mock-gateway`: runs the mock gateway with all models of the catalogue until it is interrupted. */
import { modelsOfCatalogue } from "../../gateway/mock/models.ts";
import { startMockGateway } from "../../gateway/mock/server.ts";

/** What the command line says. */
export interface MockGatewayFlags {
  readonly port: number;
  readonly host: string;
  /** Begins the log with a line that tells a program where the gateway is. */
  readonly json: boolean;
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
  const { port, host, json } = options;
  const models = modelsOfCatalogue();
  const print = (value: unknown): unknown => stdout.write(`${JSON.stringify(value)}\n`);
  const gateway = await startMockGateway({ models, host, port, onRequest: print });
  const { origin } = gateway;
  const ui = `${origin}/ui/`;
  if (json) print({ schemaVersion: 1, origin, ui });
  stderr.write(
    [
      `The mock gateway listens on ${origin} with ${models.length} models. It answers by itself; no model is behind it.`,
      `  Point an environment at it:  APERTURE_URL=${origin}`,
      `  See what it was asked:       ${ui}`,
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

function isLoopback(host: string): boolean {
  return host === "" || host === "localhost" || host === "::1" || host.startsWith("127.");
}
