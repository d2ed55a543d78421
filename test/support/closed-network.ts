/**
 * A network with no way out that holds the mock gateway as `ai` and a name server that knows no other name and writes down every name asked:
 * what a container in it can reach is the gateway, and what it tried to reach is on record.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LoggedRequest } from "../../src/gateway/mock/log.ts";
import { bundleScript, createNetwork, imageFromNodeScript, runDetached, temporaryFolder } from "./docker.ts";

const root = join(import.meta.dirname, "..", "..");

/** The network and what can be read of it. */
export interface ClosedNetwork {
  readonly name: string;
  /** Options of `docker run`, and `runArgs` of a dev container, that put a container into it. */
  readonly args: readonly string[];
  /** The name server's address, for containers that also ask the engine for each other's names: their `dns`. */
  readonly nameServer: string;
  /** Requests that the gateway has seen so far, without the doctor's: it comes when a container starts, and first without a key. */
  requests(): Promise<readonly LoggedRequest[]>;
  /** Credentials that any request came with so far, the doctor's too, each once. */
  keys(): Promise<readonly string[]>;
  /** Names that were asked for so far, each once. */
  names(): Promise<readonly string[]>;
}

/**
 * Builds it from the product's own `mock-gateway` command (in `dist/`), with `flags` such as `--grants` for that. Everything goes with
 * `disposeAll`.
 */
export async function startClosedNetwork(flags: readonly string[] = []): Promise<ClosedNetwork> {
  const network = await createNetwork({ internal: true });
  const gateway = await runDetached("node:24-bookworm-slim", {
    args: ["--network", network.name, "--volume", `${join(root, "dist")}:/app:ro`],
    command: ["node", "/app/bin.js", "mock-gateway", "--host", "0.0.0.0", "--port", "80", ...flags],
  });
  const image = await imageFromNodeScript({
    name: "aperture-env-dns",
    script: await bundleScript("test/support/dns-server.main.ts"),
  });
  const address = await gateway.address(network.name);
  const server = await runDetached(image, { args: ["--network", network.name, "--env", `RECORDS=ai=${address}`] });
  const nameServer = await server.address(network.name);
  const folder = await temporaryFolder("aperture-env-resolv");
  const resolv = join(folder, "resolv.conf");
  writeFileSync(resolv, `nameserver ${nameServer}\noptions timeout:1 attempts:1\n`, { mode: 0o644 });
  const lines = async <Line>(logs: () => Promise<{ stdout: string }>): Promise<Line[]> =>
    (await logs()).stdout
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Line);
  return {
    name: network.name,
    args: ["--network", network.name, "--volume", `${resolv}:/etc/resolv.conf:ro`],
    nameServer,
    requests: async () =>
      (await lines<LoggedRequest>(gateway.logs)).filter(
        ({ userAgent }) => userAgent !== "aperture-doctor" && userAgent !== "aperture-connect",
      ),
    keys: async () => [...new Set((await lines<LoggedRequest>(gateway.logs)).flatMap(({ keys }) => keys))].toSorted(),
    names: async () => [
      ...new Set((await lines<{ name?: string }>(server.logs)).flatMap(({ name }) => (name === undefined ? [] : [name]))),
    ],
  };
}
