/** Builds and starts the dev container, runs the doctor in it and sends one prompt. Works on a copy, and leaves nothing behind. */
import { randomBytes, randomInt } from "node:crypto";
import { join } from "node:path";
import { emittedModel } from "../../catalog/compact.ts";
import { configurationPath, environmentPath, workspaceOf } from "../../catalog/files.ts";
import { loadCatalogue } from "../../catalog/models.ts";
import { AppError, cancelledError, formatPlace } from "../../errors.ts";
import { modelsOfAnswers } from "../../gateway/mock/stock.ts";
import type { Lock } from "../../lock/lock.ts";
import type { Copy } from "../../repo/copy.ts";
import { look } from "../../repo/scan.ts";
import type { Answers } from "../../questions/types.ts";
import { formatVerificationJson } from "../../report/json.ts";
import { formatSteps } from "../../report/text.ts";
import { readBeside } from "../../repo/installed.ts";
import { shown } from "../../text/terminal.ts";
import { prepareContainers, requireDocker } from "../../verify/containers.ts";
import { findInitializeCommand, findWithheld, hostVariables, type HostCommand } from "../../verify/host.ts";
import { verify, type Mock } from "../../verify/verify.ts";
import type { Command } from "../args.ts";
import { paintFor, type Io } from "../io.ts";
import { chooseDevContainer, copyChosen } from "./dev-container.ts";
import { describeDrift } from "./drift.ts";
import { openPrompt, terminalOf, type Prompt } from "./plan-execution.ts";

const titles = {
  start: "building and starting the dev container",
  "mock-gateway": "starting a mock gateway in the container",
  doctor: "running the doctor in the container",
  prompt: "sending one prompt",
} as const;

/** Runs it and gives the exit status: 0 if everything works, 4 if not. */
export async function runVerify(
  { directory, switches, mock, config, model, runInitializeCommand }: Extract<Command, { kind: "verify" }>,
  io: Io,
): Promise<number> {
  const chosen = chooseDevContainer("verify", { directory, switches, config }, io);
  const { target, lock, file, text, cli } = chosen;
  const say = (line: string): void => void (switches.json || io.stderr.write(shown`${line}\n`));
  const prompt = await openPrompt(switches, io);
  await allowInitializeCommand(findInitializeCommand(file, text), runInitializeCommand, prompt, io);
  for (const { name, where } of findWithheld(file, text, io.env))
    say(`${formatPlace(where)}: uses ${name} of this machine, which verify does not pass on; it is empty in the container`);
  const drift = await describeDrift(target, io);
  if (drift !== null) say(`Note: ${drift}.`);
  const here = { target: target.root, env: hostVariables(io.env) };
  const version = await requireDocker(here);
  const asked = model ?? lock.answers.model;
  const began = Date.now();
  const seconds = (): string => `${((Date.now() - began) / 1000).toFixed(0).padStart(3)} s`;
  const signal = io.interrupted();
  say(`${seconds()}  copying the repository`);
  const copy = await copyChosen(chosen, io);
  const run = randomBytes(6).toString("hex");
  const containers = prepareContainers({
    cli,
    folder: join(copy.folder, workspaceOf(file)),
    config: file.slice(workspaceOf(file).length),
    run,
    version,
    signal,
    here,
  });
  try {
    const mocked = mock ? await mockFor(lock.answers) : null;
    if (mocked !== null) pointManaged(copy, lock, `http://127.0.0.1:${mocked.port}`);
    const steps = await verify({
      containers,
      model: emittedModel(lock.answers, asked) ?? asked,
      url: lock.answers.url,
      mock: mocked,
      now: () => Date.now(),
      onStep: (name) => say(`${seconds()}  ${titles[name]}${name === "start" ? ` (${file})` : ""}`),
    });
    if (signal.aborted) throw cancelledError();
    const works = steps.every(({ ok }) => ok);
    if (switches.json) io.stdout.write(formatVerificationJson(target.root, file, steps));
    else io.stdout.write(formatSteps(steps, paintFor(io)));
    return works ? 0 : 4;
  } catch (error) {
    // Containers may have started after the cancellation.
    throw signal.aborted ? cancelledError() : error;
  } finally {
    say(`${seconds()}  removing the container, its images and the copy`);
    // Of what a container wrote into the copy root removes its own first.
    await containers.remove().finally(() => copy.remove());
  }
}

/** Asks before a command of the repository runs outside of a container. Throws exit 3 without an interactive terminal. */
async function allowInitializeCommand(command: HostCommand | null, isAllowed: boolean, prompt: Prompt, io: Io): Promise<void> {
  if (command === null || isAllowed) return;
  const { where, lines } = command;
  const what = "initializeCommand runs on this machine, outside of any container, before the container is built:";
  const details = lines.flatMap((line) => line.split(/\r\n|\r|\n/)).map((line) => `  ${line}`);
  if (prompt === null)
    throw new AppError({
      code: "initialize-command",
      exit: 3,
      message: what,
      details,
      hint: "If you trust it, run again with --run-initialize-command",
      where,
    });
  io.stderr.write(shown`${formatPlace(where)}: ${what}\n`);
  for (const line of details) io.stderr.write(shown`${line}\n`);
  if (!(await prompt.askYes(terminalOf(io), "Run it on this machine?"))) throw cancelledError();
}

/** A managed configuration contains the address, and ignores APERTURE_URL. In the copy it names the mock gateway. */
function pointManaged({ folder, write }: Copy, { answers, files }: Lock, mock: string): void {
  if (!answers.managed) return;
  const names = [configurationPath, environmentPath].map((path) => path.slice(path.lastIndexOf("/aperture-env/")));
  for (const path of Object.keys(files)) {
    const found = names.some((name) => path.endsWith(name)) ? look(folder, path) : null;
    if (found?.kind === "text") write(path, found.text.replaceAll(`"${answers.url}`, `"${mock}`));
  }
}

/** The mock gateway's program with the environment's models. A managed configuration needs the port in advance. */
async function mockFor(answers: Answers): Promise<Mock> {
  const catalogue = await loadCatalogue(answers.providers.map(({ id }) => id));
  const port = answers.managed ? randomInt(20_000, 32_000) : 0;
  return { program: readBeside("serve.js"), models: modelsOfAnswers(answers, catalogue), port };
}
