/** The doctor of an installed environment where all is well and where everything hangs, and discovery of a long list. */
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { listModels, type MockModel } from "../../src/gateway/mock/models.ts";
import { startMockGateway, type Fault } from "../../src/gateway/mock/server.ts";
import { modelsOfCatalogue } from "../../src/gateway/mock/stock.ts";
import { installLocally, whyNotHere } from "../../src/scripts/install-locally.ts";
import type { Figure } from "./bench.ts";
import { compare, median, runOnce } from "./measure.ts";

/** `aperture-doctor` by OpenCode's own runtime. Absolute budgets: it runs when a container starts, and somebody waits for what it says. */
export async function measureDoctor(root: string, work: string): Promise<Figure[]> {
  const reason = whyNotHere();
  if (reason !== null) {
    process.stdout.write(`skip  doctor: ${reason}\n`);
    return [];
  }
  const repository = join(work, "doctor");
  mkdirSync(repository);
  await execa(process.execPath, [join(root, "dist", "bin.js"), "--yes"], { cwd: repository, stdin: "ignore" });
  const feature = join(repository, ".devcontainer", "aperture-env");
  const cache = join(root, "node_modules", ".cache", "aperture-env");
  const prefix = join(work, "doctor-prefix");
  const { env } = await installLocally(feature, prefix, cache);
  const models = await modelsOfCatalogue();

  const time = async (faults: readonly Fault[], args: readonly string[], exit: number): Promise<number> => {
    const gateway = await startMockGateway({ models, faults });
    try {
      const variables = { ...env, PATH: process.env["PATH"], HOME: join(work, "doctor-home"), TMPDIR: work };
      const runs: number[] = [];
      for (let round = 0; round < 6; round++) {
        const { ms, exitCode } = await runOnce({
          command: [join(prefix, "bin", "aperture-doctor"), ...args],
          options: { cwd: repository, env: { ...variables, APERTURE_URL: gateway.origin } },
        });
        if (exitCode !== exit) throw new Error(`aperture-doctor ${args.join(" ")} ended with ${exitCode}`);
        if (round > 0) runs.push(ms);
      }
      return median(runs);
    } finally {
      await gateway.close();
    }
  };
  const figure = (what: string, ms: number, most: number): Figure => ({
    what,
    measured: `${(ms / 1000).toFixed(2)} s`,
    budget: `at most ${most.toFixed(1)} s`,
    met: ms <= most * 1000,
  });
  return [
    figure("doctor, all is well", await time([], [], 0), 0.7),
    figure("doctor, the gateway hangs", await time(["stall"], [], 4), 3),
    figure("doctor --deep, all is well", await time([], ["--deep"], 0), 4),
    figure("doctor --deep, the gateway hangs", await time(["stall"], ["--deep"], 4), 4),
  ];
}

/** `discover` of 2,000 models against one of 20: it also makes and reads again the spec that it would write, which grows with them. */
export async function measureDiscovery(root: string): Promise<Figure[]> {
  const model = (index: number): MockModel => ({
    id: `model-${index}`,
    provider: { id: `provider-${index % 20}`, name: `Provider ${index % 20}` },
    endpoints: ["/v1/chat/completions"],
  });
  const serve = async (count: number): Promise<{ origin: string; close: () => void }> => {
    const body = JSON.stringify(listModels(Array.from({ length: count }, (_, index) => model(index))));
    const server = createServer((_request, response) => response.setHeader("content-type", "application/json").end(body));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => void server.close() };
  };
  const [long, short] = await Promise.all([serve(2000), serve(20)]);
  try {
    const discover = (origin: string): readonly [string, ...string[]] => [
      process.execPath,
      join(root, "dist", "bin.js"),
      "discover",
      origin,
      "--json",
    ];
    const { ours, theirs, time } = await compare({ command: discover(long.origin) }, { command: discover(short.origin) }, 9);
    return [
      {
        what: "discovery of 2,000 models, against 20",
        measured: `${time.toFixed(2)} (${ours.ms.toFixed(0)} ms : ${theirs.ms.toFixed(0)} ms)`,
        budget: "at most 3.00",
        met: time <= 3,
      },
    ];
  } finally {
    long.close();
    short.close();
  }
}
