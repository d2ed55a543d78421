/**
 * Generated environments on this machine: rendered in process, installed below a prefix by their own scripts, and run in a place and with
 * variables that are the test's own, none of this machine's.
 */
import {
  chmodSync,
  copyFileSync,
  constants,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { spawnSync } from "node:child_process";
import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { expect } from "vitest";
import { doctorSum, doctorText, givenDoctorText, networkDoctorText } from "../../src/catalog/doctor-text.ts";
import { featureFolder } from "../../src/catalog/files.ts";
import { proposedProviders } from "../../src/catalog/providers.ts";
import { pinnedRelease, type Release } from "../../src/catalog/release.ts";
import { startMockGateway, type LoggedRequest, type MockModel } from "../../src/gateway/mock/server.ts";
import { demandOf } from "../../src/parts/compose.ts";
import { doctorOf } from "../../src/parts/node.ts";
import type { Answers } from "../../src/questions/types.ts";
import { renderEnvironment } from "../../src/render/render.ts";
import { installLocally, type LocalInstallation } from "../../src/scripts/install-locally.ts";
import { generatorVersion } from "../../src/version.ts";
import { plainAnswers } from "../support/answers.ts";
import { catalogue } from "../support/catalogue.ts";

const cache = join(import.meta.dirname, "..", "..", "node_modules", ".cache", "aperture-env");

const made: string[] = [];

/** An empty folder that every account can enter, gone with `removeFolders`. */
export function makeFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "aperture-env-test-")));
  chmodSync(folder, 0o755);
  made.push(folder);
  return folder;
}

/** For `afterAll`. OpenCode leaves 5 MB of code in the temporary folder of each run, and it is gone here. */
export function removeFolders(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** The proposed providers, the defaults of the first, the plain Debian. */
export const defaultAnswers: Answers = {
  ...plainAnswers,
  name: "test",
  providers: Object.values(proposedProviders).map(({ id, defaultApi }) => ({ id, api: defaultApi })),
};

/** Writes the Feature folder of those answers and gives its path. */
export function writeFeature(answers: Partial<Answers> = {}, release: Release = pinnedRelease): string {
  const folder = makeFolder();
  const all: Answers = { ...defaultAnswers, ...answers };
  const shape = { kind: "own" } as const;
  const { files } = renderEnvironment({
    answers: all,
    release,
    registry: "",
    shape,
    doctor:
      all.doctor === "package"
        ? { version: generatorVersion, sha256: doctorSum }
        : { whole: doctorText, given: givenDoctorText, network: networkDoctorText }[doctorOf(demandOf(all, shape).runtime)],
    catalogue,
  });
  for (const { path, text } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return join(folder, featureFolder);
}

/** Installs those answers with the real OpenCode; its configuration for /etc is below the prefix, too. */
export async function install(answers: Partial<Answers> = {}): Promise<LocalInstallation> {
  const installation = await installLocally(writeFeature(answers), makeFolder(), cache);
  // A file of its own instead of a link into this checkout, which other accounts need not be able to enter.
  const binary = join(installation.prefix, "lib", "aperture-env", "opencode");
  const cached = realpathSync(binary);
  rmSync(binary);
  try {
    linkSync(cached, binary);
  } catch {
    copyFileSync(cached, binary, constants.COPYFILE_FICLONE);
  }
  return installation;
}

/** Installs those answers with a shell script in place of OpenCode's binary. */
export async function installStub(script: string, answers: Partial<Answers> = {}): Promise<LocalInstallation> {
  const prefix = makeFolder();
  const binary = join(prefix, "lib", "aperture-env", "opencode");
  mkdirSync(dirname(binary), { recursive: true });
  writeFileSync(binary, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const env = { APERTURE_ENV_PREFIX: prefix };
  const feature = writeFeature(answers);
  // As a Dockerfile has it: there the binary comes from another stage.
  rmSync(join(feature, "opencode"), { recursive: true });
  await execa("sh", [join(feature, "install.sh")], {
    stdin: "ignore",
    env: { ...env, APERTURE_ENV_MANAGED: join(prefix, "etc") },
  });
  return { prefix, opencode: join(prefix, "bin", "opencode"), env };
}

/** Where a run takes place: a home, a temporary folder and a folder to work in, all empty. */
export interface Place {
  readonly home: string;
  readonly tmp: string;
  readonly work: string;
}

/** Makes a place that belongs to this account, or to another one. */
export function makePlace(owner?: Account): Place {
  const folder = makeFolder();
  const place = { home: join(folder, "home"), tmp: join(folder, "tmp"), work: join(folder, "work") };
  for (const path of Object.values(place)) mkdirSync(path);
  if (owner !== undefined) spawnSync("chown", [`${owner.uid}:${owner.gid}`, ...Object.values(place)]);
  return place;
}

/** An account by its numbers. Nothing else needs to know it. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** What a run gave. `exitCode` is null where it was ended by a signal. */
export interface Ran {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** For one run. A variable that is `undefined` is taken away. */
export interface RunOptions {
  readonly place: Place;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly account?: Account | undefined;
  readonly timeout?: number;
}

/** Runs a program in a place, with PATH, HOME, TMPDIR and what `env` adds, and nothing more. Does not throw for what it does. */
export async function run([program = "", ...args]: readonly string[], options: RunOptions): Promise<Ran> {
  const { place, account, timeout = 60_000 } = options;
  const env = Object.fromEntries(
    Object.entries({ PATH: process.env["PATH"], HOME: place.home, TMPDIR: place.tmp, ...options.env }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
  const result = await execa(program, args, {
    cwd: place.work,
    env,
    extendEnv: false,
    stdin: "ignore",
    reject: false,
    timeout,
    stripFinalNewline: false,
    ...account,
  });
  return {
    exitCode: result.exitCode ?? null,
    signal: result.signal ?? null,
    stdout: result.stdout,
    stderr: result.timedOut ? `${result.stderr}\nended after ${timeout} ms` : result.stderr || (result.originalMessage ?? ""),
  };
}

/** A mock gateway, and every byte that was sent to it. */
export interface TappedGateway {
  readonly origin: string;
  readonly requests: readonly LoggedRequest[];
  /** Headers and bodies as they came. */
  received(): string;
  close(): Promise<void>;
}

/** Starts a gateway with every model of the catalogue for the proposed providers and those of `more`, given as `provider/model`. */
export async function startGateway(more: readonly string[] = []): Promise<TappedGateway> {
  const models = Object.values(proposedProviders).flatMap(({ id, name, wireFormats, defaultApi }) =>
    [
      ...Object.keys(catalogue[id]!.models),
      ...more.filter((model) => model.startsWith(`${id}/`)).map((model) => model.slice(id.length + 1)),
    ].map((model) => ({ id: model, provider: { id, name }, endpoints: [wireFormats[defaultApi]!.path] })),
  );
  return tapGateway(models);
}

/** Starts a gateway with these models. */
export async function tapGateway(models: readonly MockModel[]): Promise<TappedGateway> {
  const gateway = await startMockGateway({ models });
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  const tap = createServer((client) => {
    const server = connect(gateway.port, "127.0.0.1");
    client.on("data", (chunk) => chunks.push(chunk));
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => other.destroy()).on("close", () => sockets.delete(socket));
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => tap.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(tap.address() as AddressInfo).port}`,
    requests: gateway.requests,
    received: () => Buffer.concat(chunks).toString("latin1"),
    close: async () => {
      tap.close();
      for (const socket of sockets) socket.destroy();
      await gateway.close();
    },
  };
}

/** The arguments of one question, without the request for a title. */
export function ask(model: string): string[] {
  return ["run", "--title", "test", "--model", model, "hi"];
}

/** OpenCode answered as that model, and the gateway saw only good requests with the placeholder. */
export function expectAnswer(ran: Ran, model: string, gateway: TappedGateway): void {
  const [provider = "", ...name] = model.split("/");
  const { wireFormats, defaultApi } = proposedProviders[provider]!;
  expect(ran.exitCode, ran.stderr + ran.stdout).toBe(0);
  expect(ran.stdout).toContain(`answering as ${name.join("/")}. You said: hi`);
  expect(gateway.requests).toContainEqual(
    expect.objectContaining({ method: "POST", path: wireFormats[defaultApi]!.path, model: name.join("/"), stream: true }),
  );
  expect(gateway.requests.filter(({ status, placeholder }) => status !== 200 || !placeholder)).toEqual([]);
}

/** Keys, names and addresses that look real: none may switch anything on, and none may leave the machine. */
export const bait = {
  ANTHROPIC_API_KEY: "sk-ant-api03-Bait0Anthropic0123456789",
  OPENAI_API_KEY: "sk-proj-Bait0OpenAI0123456789",
  GITHUB_TOKEN: "ghp_Bait0GitHub0123456789",
  HF_TOKEN: "hf_Bait0HuggingFace0123456789",
  AWS_ACCESS_KEY_ID: "AKIABAIT0AWS0123456",
  AWS_SECRET_ACCESS_KEY: "Bait0AWSSecret0123456789",
  AWS_SESSION_TOKEN: "Bait0AWSSession0123456789",
  AWS_REGION: "bait-aws-1",
  GOOGLE_CLOUD_PROJECT: "bait-google-project",
  GOOGLE_APPLICATION_CREDENTIALS: "/bait/google.json",
} as const;

/** Which of the bait is in a text. */
export function findBait(text: string): string[] {
  return Object.entries(bait)
    .filter(([, value]) => text.includes(value))
    .map(([name]) => name);
}

/** An account that is not this one and that no file of this machine belongs to; or why a process cannot be it. */
export function otherAccount(): Account | string {
  if (process.getuid?.() !== 0) return "only root can start a process as another account";
  // Of this process alone, since the launcher makes folders by this number.
  const account = { uid: 60_000 + (process.pid % 5_000), gid: 60_000 };
  const folder = makeFolder();
  const { status, error } = spawnSync("test", ["-x", folder], { ...account, cwd: "/" });
  if (error !== undefined) return `no process can be started as another account here (${error.message})`;
  return status === 0 ? account : `other accounts cannot enter ${dirname(folder)}`;
}

/** Whether mount namespaces can be made here, or why not. */
export function whyNoMounts(): string | null {
  if (process.getuid?.() !== 0) return "only root can mount";
  const { status, error } = spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], { stdio: "ignore" });
  return status === 0
    ? null
    : `no mount namespace can be made here (${error === undefined ? "not permitted" : "there is no unshare"})`;
}

/**
 * A command in a mount namespace of its own, after shell code that may use `mount` and two functions: `read_only` and `writable` change how the
 * rest of the namespace sees the folders that they are given.
 */
export function withMounts(code: string, command: readonly string[]): string[] {
  const change = (option: string): string =>
    `{ for folder; do [ ! -d "$folder" ] || { mount --bind "$folder" "$folder"; mount -o remount,bind,${option} "$folder"; }; done; }`;
  const script = [`read_only() ${change("ro")}`, `writable() ${change("rw")}`, code, 'exec "$@"'].join("\n");
  return ["unshare", "--mount", "sh", "-euc", script, "sh", ...command];
}

/** Where a program is, by PATH, or null. */
export function findProgram(name: string): string | null {
  const { status, stdout } = spawnSync("sh", ["-c", 'command -v "$1"', "sh", name], { encoding: "utf8" });
  return status === 0 && stdout.startsWith("/") ? stdout.trimEnd() : null;
}

/** Reads JSON that OpenCode or we wrote. */
export function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, "utf8"));
}
