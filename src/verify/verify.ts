/**
 * Proves an environment: a copy of the repository is built and started as a dev container, the doctor runs in it, and one prompt goes through
 * the gateway, or through a mock gateway that runs in the container itself, so that no network is needed. Everything is removed afterwards.
 */
import { environmentError } from "../errors.ts";
import { isList, isRecord, isText } from "../forms.ts";
import type { MockModel } from "../gateway/mock/models.ts";
import type { Spawned } from "../repo/spawn.ts";
import { linesOf } from "../text/terminal.ts";
import type { Containers } from "./containers.ts";

/** One step and its result. */
export interface VerificationStep {
  readonly name: "start" | "mock-gateway" | "doctor" | "prompt";
  readonly ok: boolean;
  readonly ms: number;
  /** The result in one or a few lines. */
  readonly message: string;
}

/** A mock gateway to start. */
export interface Mock {
  /** The text of its program, a CommonJS module with what src/gateway/mock/serve.ts exports. */
  readonly program: string;
  readonly models: readonly MockModel[];
  /** The port that it listens on; 0 for any free one. */
  readonly port: number;
}

/** What is verified. */
export interface Verification {
  readonly containers: Containers;
  /** `provider/model`, as OpenCode takes it. */
  readonly model: string;
  /** The gateway's origin, to name the page where a prompt shows up. */
  readonly url: string;
  /** Null with the real gateway. */
  readonly mock: Mock | null;
  readonly now: () => number;
  /** Called before each step. */
  readonly onStep: (name: VerificationStep["name"]) => void;
}

/** Runs the steps until one fails. Throws for a problem of the machine, such as a failed build. */
export async function verify({ containers, model, url, mock, now, onStep }: Verification): Promise<readonly VerificationStep[]> {
  const steps: VerificationStep[] = [];
  const step = async (name: VerificationStep["name"], act: () => Promise<{ ok: boolean; message: string }>): Promise<boolean> => {
    onStep(name);
    const began = now();
    const { ok, message } = await act();
    steps.push({ name, ok, ms: now() - began, message });
    return ok;
  };
  let env: Readonly<Record<string, string>> = {};

  await step("start", async () => {
    await containers.up();
    return { ok: true, message: "built and started" };
  });
  if (mock !== null) {
    await step("mock-gateway", async () => {
      const origin = await startMock(containers, mock);
      env = { APERTURE_URL: origin };
      return { ok: true, message: `runs in the container at ${origin}` };
    });
  }
  if (
    !(await step("doctor", async () =>
      readVerdict(await containers.exec(["aperture-doctor", "--json"], { env, timeout: 30_000 })),
    ))
  )
    return steps;
  await step("prompt", async () => {
    // A given title saves one request. stdin is closed, because OpenCode waits for an open one (observed with 1.18.18).
    const command = ["opencode", "run", "--title", "verify", "--model", model, "Say hi in one word."];
    const { exitCode, stdout, stderr } = await containers.exec(command, { env, timeout: 120_000 });
    const said = lastLine(stdout);
    if (exitCode === 0 && said !== "")
      return { ok: true, message: `${model}: ${said}${mock === null ? ` (it shows up on ${url}/ui/)` : ""}` };
    const why = exitCode === null ? "no answer within two minutes" : lastLine(stderr) || `exit ${exitCode}`;
    return { ok: false, message: `${model} did not answer: ${why}` };
  });
  return steps;
}

const file = "/tmp/aperture-env-verify";

/** Starts the mock gateway in the container by OpenCode's own runtime, and gives its origin. */
async function startMock(containers: Containers, { program, models, port }: Mock): Promise<string> {
  const serving = { models, port, host: "127.0.0.1", json: true, faults: [], grants: null };
  const io = "{ stdout: printTo(process.stdout), stderr: printTo(process.stderr), signal: new AbortController().signal }";
  const call = `const { printTo, serveMockGateway } = module.exports;\nserveMockGateway(${JSON.stringify(serving)}, ${io});`;
  await containers.write(`${program}\n${call}\n`, `${file}.cjs`);
  const script = [
    `umask 077`,
    // These switches keep a bunfig.toml and a .env of the repository out (seen with 1.18.18 and 1.18.33).
    `cd / && BUN_BE_BUN=1 nohup /usr/local/lib/aperture-env/opencode --config=/dev/null --no-env-file ${file}.cjs >${file}.log 2>&1 </dev/null &`,
    `i=0; while [ $i -lt 100 ]; do grep -m 1 -o 'http://127.0.0.1:[0-9]*' ${file}.log 2>/dev/null && exit 0; i=$((i + 1)); sleep 0.1; done`,
    `cat ${file}.log >&2; exit 1`,
  ].join("\n");
  const { exitCode, stdout, stderr } = await containers.exec(["sh", "-c", script]);
  const origin = /http:\/\/127\.0\.0\.1:\d+/.exec(stdout)?.[0];
  if (exitCode === 0 && origin !== undefined) return origin;
  throw environmentError(
    "mock-not-started",
    `The mock gateway did not start in the container: ${lastLine(stderr) || lastLine(stdout)}`,
  );
}

/** What is told of a check; the image may be anybody's, so the doctor in it may say anything. */
interface Told {
  readonly severity: string;
  readonly code: string;
  readonly message: string;
  readonly next: string | null;
}

/** The doctor's verdict: fine if there is no warning and no failure. */
function readVerdict({ exitCode, stdout, stderr }: Spawned): { ok: boolean; message: string } {
  const checks = readChecks(stdout);
  if (checks === null)
    return { ok: false, message: `the doctor could not run: ${lastLine(stderr) || lastLine(stdout) || `exit ${exitCode}`}` };
  const bad = checks.filter(({ severity }) => severity === "failure" || severity === "warning");
  const lines = bad.map(({ code, message, next }) => `${code}: ${message}${next === null ? "" : `\n  ${next}`}`);
  return { ok: exitCode === 0, message: lines.length === 0 ? `${checks.length} checks, nothing found` : lines.join("\n") };
}

/** The checks of a report as JSON; null for what is none. */
function readChecks(text: string): readonly Told[] | null {
  try {
    const report: unknown = JSON.parse(text);
    const checks = isRecord(report) ? report["checks"] : null;
    return isList(checks, isTold) ? checks : null;
  } catch {
    return null;
  }
}

function isTold(value: unknown): value is Told {
  return (
    isRecord(value) &&
    [value["severity"], value["code"], value["message"]].every(isText) &&
    (value["next"] === null || isText(value["next"]))
  );
}

function lastLine(text: string): string {
  return linesOf(text).at(-1) ?? "";
}
