/**
 * `npm run refresh`: pins a release of OpenCode and takes the model catalogue out of it, for the maintainer.
 *
 *   npm run refresh [-- --opencode <version>]
 *
 * Writes `release.json`, `models.json` (the providers that are proposed) and `models/<provider>.json` (the others) in `src/catalog/opencode`, all
 * at the very end: a failure leaves them as they were.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { execa, type Options } from "execa";
import {
  checkCatalogue,
  describeChanges,
  evaluateLiteral,
  findLiteral,
  printCatalogue,
  reduceCatalogue,
  type Catalogue,
} from "../catalog/opencode/extract.ts";
import { selections } from "../catalog/opencode/selections.ts";
import { providers } from "../catalog/providers.ts";
import { isPinnable, isRelease, newestCommonVersion, platforms, type PlatformPackage, type Release } from "../catalog/release.ts";
import { cancelledError, environmentError, usageError } from "../errors.ts";

/** The providers that the catalogue is reduced to: those that the product offers. */
const catalogueProviders = Object.keys(providers);

const usage = "npm run refresh [-- --opencode <version>]";

/** Where the programs that this script starts run, and what stops them. */
interface Surroundings {
  readonly root: string;
  readonly cancelSignal: AbortSignal;
}

/** Refreshes the data of the project at `root` and prints what changed to stdout. Cleans up what it downloaded, also when it fails. */
export async function refresh(root: string, argv: readonly string[]): Promise<void> {
  const asked = parseVersion(argv);
  const work = mkdtempSync(join(tmpdir(), "aperture-env-refresh-"));
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  // Not once(): a listener that is gone when execa's own, which comes after it, looks for others makes that one end the process at once.
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  try {
    await refreshIn(work, { root, cancelSignal: interrupted.signal }, asked);
  } catch (error) {
    throw interrupted.signal.aborted ? cancelledError() : error;
  } finally {
    process.removeListener("SIGINT", interrupt).removeListener("SIGTERM", interrupt);
    rmSync(work, { recursive: true, force: true });
  }
}

function parseVersion(argv: readonly string[]): string | undefined {
  let version: string | undefined;
  try {
    version = parseArgs({ args: [...argv], options: { opencode: { type: "string" } } }).values.opencode;
  } catch (error) {
    throw usageError("bad-arguments", (error as Error).message, usage);
  }
  if (version !== undefined && !isPinnable(version))
    throw usageError("bad-version", `${version} is not a version of OpenCode 1, such as 1.18.18.`, usage);
  return version;
}

async function refreshIn(work: string, surroundings: Surroundings, asked: string | undefined): Promise<void> {
  const folder = join(surroundings.root, "src", "catalog", "opencode");
  const releaseFile = join(folder, "release.json");
  const release = await findRelease(asked ?? (await findNewest(surroundings)), surroundings);
  const binary = await download(release, work, surroundings);
  const found = checkCatalogue(evaluateLiteral(findLiteral(readFileSync(binary))), catalogueProviders);
  const catalogue = reduceCatalogue(found, catalogueProviders, selections);
  const files = Object.entries(filesOf(catalogue)).map(([name, part]) => ({ file: join(folder, name), part }));
  const before = (readJson(releaseFile) as Partial<Release>).version;
  const old = Object.assign({}, ...files.map(({ file }) => readJson(file))) as Catalogue;
  writeFileSync(releaseFile, `${JSON.stringify(release, null, 2)}\n`);
  mkdirSync(join(folder, "models"), { recursive: true });
  for (const { file, part } of files) writeFileSync(file, printCatalogue(part));
  const was = before === release.version ? "as before" : `was ${before ?? "not pinned"}`;
  process.stdout.write([`OpenCode ${release.version}, ${was}`, ...describeChanges(old, catalogue), ""].join("\n"));
}

/** The catalogue by files: what is proposed is one, which is part of the program, and each of the others is loaded only where it is wanted. */
function filesOf(catalogue: Catalogue): Readonly<Record<string, Catalogue>> {
  const [proposed, others] = [true, false].map((wanted) =>
    Object.entries(catalogue).filter(([id]) => providers[id]!.proposed === wanted),
  ) as [[string, Catalogue[string]][], [string, Catalogue[string]][]];
  return {
    "models.json": Object.fromEntries(proposed),
    ...Object.fromEntries(others.map(([id, provider]) => [join("models", `${id}.json`), { [id]: provider }])),
  };
}

async function findNewest(surroundings: Surroundings): Promise<string> {
  const names = ["opencode-ai", ...Object.keys(platforms)];
  // npm gives a package's only version as a text instead of a list.
  const lists = await Promise.all(names.map(async (name) => [await view(name, "versions", surroundings)].flat().map(String)));
  const newest = newestCommonVersion(lists);
  if (newest === null) throw environmentError("no-release", "The npm registry has no OpenCode 1.x for all platforms.", usage);
  return newest;
}

async function findRelease(version: string, surroundings: Surroundings): Promise<Release> {
  const found = await Promise.all(
    Object.entries(platforms).map(async ([name, platform]): Promise<[string, Partial<PlatformPackage>]> => {
      const integrity = await view(`${name}@${version}`, "dist.integrity", surroundings);
      return [name, { ...platform, ...(typeof integrity === "string" && { integrity }) }];
    }),
  );
  const missing = found.filter(([, { integrity }]) => integrity === undefined).map(([name]) => name);
  if (missing.length > 0)
    throw usageError(
      "incomplete-release",
      `The npm registry has no ${version} of ${missing.join(", ")}.`,
      "Leave --opencode out: then the newest version that has all packages is taken.",
    );
  const release: unknown = { version, packages: Object.fromEntries(found) };
  if (!isRelease(release)) throw new Error(`npm states an integrity for OpenCode ${version} that is not one sha512.`);
  return release;
}

/** Downloads the package for this machine, checks it and gives the path of the binary. On a system other than Linux any one serves: it is only read. */
async function download(release: Release, work: string, surroundings: Surroundings): Promise<string> {
  const arch = process.arch === "arm64" ? "arm64" : "amd64";
  const libc = existsSync("/etc/alpine-release") ? "musl" : "glibc";
  const [name, { integrity }] = Object.entries(release.packages).find(([, entry]) => entry.arch === arch && entry.libc === libc)!;
  process.stderr.write(`Downloading ${name} ${release.version} (60 MB)\n`);
  const packed = await run("npm", ["pack", `${name}@${release.version}`, "--pack-destination", work], surroundings);
  const tarball = readdirSync(work).find((file) => file.endsWith(".tgz"));
  if (packed.exitCode !== 0 || tarball === undefined)
    throw environmentError("download-failed", `npm could not download ${name} ${release.version}.`, packed.stderr);
  const digest = createHash("sha512")
    .update(readFileSync(join(work, tarball)))
    .digest("base64");
  if (`sha512-${digest}` !== integrity)
    throw environmentError("wrong-integrity", `${name} ${release.version} is not what the registry states: sha512-${digest}.`);
  // From within the folder: GNU tar takes the colon of a Windows path for a host's.
  const inside = "package/bin/opencode";
  const unpacked = await run("tar", ["-xzf", tarball, inside], { ...surroundings, root: work });
  if (unpacked.exitCode !== 0) throw environmentError("unpack-failed", `tar could not unpack ${inside}.`, unpacked.stderr);
  return join(work, inside);
}

/** One field of a package as npm has it, or undefined where the registry has no such package or version. */
async function view(what: string, field: string, surroundings: Surroundings): Promise<unknown> {
  const { exitCode, stdout, stderr } = await run("npm", ["view", what, field, "--json"], surroundings);
  if (exitCode === 0) return stdout.trim() === "" ? undefined : JSON.parse(stdout);
  if (/\bE404\b|\bETARGET\b/.test(stderr)) return undefined;
  throw environmentError("registry-failed", `npm could not ask the registry for ${what}.`, stderr);
}

/** Runs a program to its end, whatever it gives; throws where it cannot be started. */
async function run(
  program: "npm" | "tar",
  args: readonly string[],
  { root, cancelSignal }: Surroundings,
): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  const settings = { cwd: root, cancelSignal, reject: false, stdin: "ignore", timeout: 600_000 } satisfies Options;
  const { exitCode, stdout, stderr, shortMessage } = await execa(program, args, settings);
  if (exitCode === undefined)
    throw environmentError("no-program", `${program} did not run to its end: ${shortMessage}`, "Is it installed?");
  return { exitCode, stdout, stderr };
}

function readJson(file: string): unknown {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
}
