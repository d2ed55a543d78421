/**
 * `npm run demo`: the whole product on this machine, without a tailnet, a gateway or Docker. Generates an environment for a sample repository,
 * installs it below a temporary folder with the generated scripts, and lets the real OpenCode answer through the mock gateway.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { proposedProviders as providers } from "../catalog/providers.ts";
import { modelsOfCatalogue } from "../gateway/mock/stock.ts";
import { startMockGateway, type LoggedRequest } from "../gateway/mock/server.ts";
import { installLocally, whyNotHere } from "./install-locally.ts";

const say = (text: string): unknown => process.stderr.write(`${text}\n`);
const show = (text: string): unknown => process.stdout.write(`${text}\n`);

/** Runs the demo and gives the exit status. Removes its temporary files, also when interrupted. */
export async function demo(root: string): Promise<number> {
  const reason = whyNotHere();
  if (reason !== null) {
    say(`${reason}. Run the demo in WSL or in a container; the generator itself works here.`);
    return 4;
  }
  const work = mkdtempSync(join(tmpdir(), "aperture-env-demo-"));
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  // Not `once`: while a listener exists, no library's exit hook ends the process before the clean-up below.
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  try {
    return await runDemo(root, work, interrupted.signal);
  } catch (error) {
    if (interrupted.signal.aborted) return 130;
    throw error;
  } finally {
    process.removeListener("SIGINT", interrupt).removeListener("SIGTERM", interrupt);
    rmSync(work, { recursive: true, force: true });
    say(`     Cleaned up: ${work} is gone.`);
  }
}

async function runDemo(root: string, work: string, cancelSignal: AbortSignal): Promise<number> {
  const repository = join(work, "sample");
  mkdirSync(repository);
  writeFileSync(join(repository, "package.json"), '{ "name": "sample", "private": true }\n');
  say("2/6  Generating an environment for a sample repository:  create-aperture-env --yes");
  const { stdout } = await execa(process.execPath, [join(root, "dist", "bin.js"), "--yes"], {
    cwd: repository,
    cancelSignal,
    stdin: "ignore",
    stderr: "ignore",
  });
  show(stdout);
  show(listTree(repository, "     "));

  say(
    "3/6  Installing it below a temporary folder with the generated scripts (fetches OpenCode once, 60 MB, and checks its sha512)",
  );
  const stop = showProgress();
  const environment = await installLocally(
    join(repository, ".devcontainer", "aperture-env"),
    join(work, "prefix"),
    join(root, "node_modules", ".cache", "aperture-env"),
  ).finally(stop);

  const gateway = await startMockGateway({ models: await modelsOfCatalogue() });
  say(`4/6  Mock gateway on ${gateway.origin} (its log, as a page: ${gateway.origin}/ui/)`);
  try {
    for (const { id, defaults } of Object.values(providers)) {
      const model = `${id}/${defaults.model}`;
      say(`5/6  APERTURE_URL=${gateway.origin} opencode run --model ${model} "say hi"`);
      const answer = await execa(environment.opencode, ["run", "--model", model, "say hi"], {
        cwd: repository,
        cancelSignal,
        stdin: "ignore",
        stderr: "pipe",
        timeout: 120_000,
        extendEnv: false,
        env: {
          ...environment.env,
          PATH: process.env["PATH"] ?? "",
          HOME: join(work, "home"),
          TMPDIR: join(work, "tmp"),
          APERTURE_URL: gateway.origin,
        },
      });
      show(`     ${answer.stdout.trim()}`);
    }
  } finally {
    await gateway.close();
  }
  say("6/6  What the gateway saw:");
  for (const request of gateway.requests) show(`     ${formatRequest(request)}`);
  const honest =
    gateway.requests.length > 0 && gateway.requests.every((request) => request.placeholder && request.status === 200);
  say(
    honest
      ? "     Every request came with the placeholder key, and only the gateway was asked."
      : "     Something is off: see the requests above.",
  );
  return honest ? 0 : 1;
}

function formatRequest({ method, path, status, model, keys }: LoggedRequest): string {
  return `${method} ${path.padEnd(14)} ${status}  model ${String(model).padEnd(18)}  key ${keys.join(", ")}`;
}

/** The files below a folder, indented by depth. */
function listTree(folder: string, indent: string): string {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? [`${indent}${name}/`, listTree(path, `${indent}  `)] : [`${indent}${name}`];
    })
    .join("\n");
}

/** Prints a dot per second on a terminal during a long step. */
function showProgress(): () => void {
  if (process.stderr.isTTY !== true) return () => {};
  process.stderr.write("     ");
  const timer = setInterval(() => process.stderr.write("."), 1000);
  return () => {
    clearInterval(timer);
    process.stderr.write("\n");
  };
}
