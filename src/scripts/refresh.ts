/**
 * `npm run refresh`: pins a release of OpenCode, and extracts the model catalogue from the newest one; for the maintainer.
 *
 *   npm run refresh [-- --opencode <version>] [--catalogue <version>]
 *
 * The catalogue can be from a newer release than the pinned one: models change every week, and a registry may have the newest version for one platform
 * only, which is enough for the catalogue, but not for a pin.
 *
 * Writes `release.json`, `catalogue.json` (where the models are from), `models.json` (the providers that are proposed) and
 * `models/<provider>.json` (the others) in `src/catalog/opencode`, all at the end, so that a failure changes nothing.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { execa, type Options } from "execa";
import {
  checkCatalogue,
  dateOf,
  describeChanges,
  evaluateLiteral,
  findLiteral,
  printCatalogue,
  reduceCatalogue,
  type Catalogue,
} from "../catalog/opencode/extract.ts";
import { selections } from "../catalog/opencode/selections.ts";
import { providers } from "../catalog/providers.ts";
import {
  isPinnable,
  isRelease,
  newestCommonVersion,
  newestVersion,
  platforms,
  type CatalogueRelease,
  type PlatformPackage,
  type Release,
} from "../catalog/release.ts";
import { retiringModels } from "../catalog/retirements.ts";
import { cancelledError, environmentError, usageError } from "../errors.ts";

/** The providers of the catalogue: those that the product offers. */
const catalogueProviders = Object.keys(providers);

/** Packages with a binary that contains the catalogue: those of a release, and those for newer processors, which may be of a newer version. */
const readable = [...Object.keys(platforms), ...Object.keys(platforms).map((name) => name.replace("-baseline", ""))];

const usage = "npm run refresh [-- --opencode <version>] [--catalogue <version>]";

/** The requested versions; the newest by default. */
interface Asked {
  readonly opencode: string | undefined;
  readonly catalogue: string | undefined;
}

/** The folder for the programs that this script starts, and the signal that stops them. */
interface Surroundings {
  readonly root: string;
  readonly cancelSignal: AbortSignal;
}

/** Refreshes the data of the project at `root` and prints the changes to stdout. Removes its downloads, also when it fails. */
export async function refresh(root: string, argv: readonly string[]): Promise<void> {
  const asked = parseVersions(argv);
  const work = mkdtempSync(join(tmpdir(), "aperture-env-refresh-"));
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  // Not once(): execa's listener runs later, and ends the process at once if it finds no other listener.
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

function parseVersions(argv: readonly string[]): Asked {
  let asked: Asked;
  try {
    const { values } = parseArgs({ args: [...argv], options: { opencode: { type: "string" }, catalogue: { type: "string" } } });
    asked = { opencode: values.opencode, catalogue: values.catalogue };
  } catch (error) {
    throw usageError("bad-arguments", (error as Error).message, usage);
  }
  const wrong = Object.values(asked).find((version) => version !== undefined && !isPinnable(version));
  if (wrong !== undefined) throw usageError("bad-version", `${wrong} is not a version of OpenCode 1, such as 1.18.18.`, usage);
  return asked;
}

async function refreshIn(work: string, surroundings: Surroundings, asked: Asked): Promise<void> {
  const folder = join(surroundings.root, "src", "catalog", "opencode");
  const [releaseFile, catalogueFile] = [join(folder, "release.json"), join(folder, "catalogue.json")];
  const versions = await listVersions(surroundings);
  const release = await findRelease(asked.opencode ?? findNewest(versions), surroundings);
  const source = await findBinary(versions, asked.catalogue, surroundings);
  const binary = await download(source, work, surroundings);
  const found = checkCatalogue(evaluateLiteral(findLiteral(readFileSync(binary))), catalogueProviders);
  const from: CatalogueRelease = { version: source.version, date: dateOf(found) };
  const before = (readJson(releaseFile) as Partial<Release>).version;
  const last = readJson(catalogueFile) as Partial<CatalogueRelease>;
  const old = Object.assign({}, ...readAll(folder)) as Catalogue;
  const catalogue = reduceCatalogue(found, catalogueProviders, selections, { ids: retiringModels, last: old });
  writeFileSync(releaseFile, `${JSON.stringify(release, null, 2)}\n`);
  writeFileSync(catalogueFile, `${JSON.stringify(from, null, 2)}\n`);
  mkdirSync(join(folder, "models"), { recursive: true });
  for (const [name, part] of Object.entries(filesOf(catalogue))) writeFileSync(join(folder, name), printCatalogue(part));
  const was = (now: string, earlier: string | undefined): string => (earlier === now ? "as before" : `was ${earlier ?? "none"}`);
  const lines = [
    `OpenCode ${release.version}, ${was(release.version, before)}`,
    `Catalogue of ${from.date}, out of ${from.version}, ${was(from.version, last.version)}`,
    ...describeChanges(old, catalogue),
    "",
  ];
  process.stdout.write(lines.join("\n"));
}

/** The files of the previous catalogue. */
function readAll(folder: string): unknown[] {
  return ["models.json", ...catalogueProviders.map((id) => join("models", `${id}.json`))].map((name) =>
    readJson(join(folder, name)),
  );
}

/** The catalogue by files: one for the proposed providers, which is part of the program, and one for each other provider, which is loaded on demand. */
function filesOf(catalogue: Catalogue): Readonly<Record<string, Catalogue>> {
  const [proposed, others] = [true, false].map((wanted) =>
    Object.entries(catalogue).filter(([id]) => providers[id]!.proposed === wanted),
  ) as [[string, Catalogue[string]][], [string, Catalogue[string]][]];
  return {
    "models.json": Object.fromEntries(proposed),
    ...Object.fromEntries(others.map(([id, provider]) => [join("models", `${id}.json`), { [id]: provider }])),
  };
}

/** npm's versions of each package. */
async function listVersions(surroundings: Surroundings): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = [...new Set(["opencode-ai", ...readable])];
  // npm gives a package's only version as a text instead of a list.
  const lists = await Promise.all(
    names.map(async (name) => [(await view(name, "versions", surroundings)) ?? []].flat().map(String)),
  );
  return new Map(names.map((name, index) => [name, lists[index]!]));
}

function findNewest(versions: ReadonlyMap<string, readonly string[]>): string {
  const newest = newestCommonVersion(["opencode-ai", ...Object.keys(platforms)].map((name) => versions.get(name) ?? []));
  if (newest === null) throw environmentError("no-release", "The npm registry has no OpenCode 1.x for all platforms.", usage);
  return newest;
}

/** One package with a binary. */
interface Source {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
}

/** The package of the requested version, or of the newest one of any platform: all packages of a version have the same catalogue. */
async function findBinary(
  versions: ReadonlyMap<string, readonly string[]>,
  asked: string | undefined,
  surroundings: Surroundings,
): Promise<Source> {
  const version = asked ?? newestVersion(readable.map((name) => versions.get(name) ?? []));
  const name = readable.find((one) => versions.get(one)?.includes(version ?? ""));
  if (version === null || name === undefined)
    throw usageError("no-binary", `The npm registry has no package with the binary of OpenCode ${version ?? "1.x"}.`, usage);
  const integrity = await view(`${name}@${version}`, "dist.integrity", surroundings);
  if (typeof integrity !== "string")
    throw environmentError("no-integrity", `The npm registry states no integrity of ${name} ${version}.`);
  return { name, version, integrity };
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

/** Downloads and checks a package, and gives the path of its binary, which is read and not run. */
async function download({ name, version, integrity }: Source, work: string, surroundings: Surroundings): Promise<string> {
  process.stderr.write(`Downloading ${name} ${version} (60 MB)\n`);
  const packed = await run("npm", ["pack", `${name}@${version}`, "--pack-destination", work], surroundings);
  const tarball = readdirSync(work).find((file) => file.endsWith(".tgz"));
  if (packed.exitCode !== 0 || tarball === undefined)
    throw environmentError("download-failed", `npm could not download ${name} ${version}.`, packed.stderr);
  const digest = createHash("sha512")
    .update(readFileSync(join(work, tarball)))
    .digest("base64");
  if (`sha512-${digest}` !== integrity)
    throw environmentError("wrong-integrity", `${name} ${version} is not what the registry states: sha512-${digest}.`);
  // With the folder as the current one: GNU tar treats the colon of a Windows path as a host name's.
  const inside = "package/bin/opencode";
  const unpacked = await run("tar", ["-xzf", tarball, inside], { ...surroundings, root: work });
  if (unpacked.exitCode !== 0) throw environmentError("unpack-failed", `tar could not unpack ${inside}.`, unpacked.stderr);
  return join(work, inside);
}

/** One field of a package, as npm prints it; undefined if the registry has no such package or version. */
async function view(what: string, field: string, surroundings: Surroundings): Promise<unknown> {
  const { exitCode, stdout, stderr } = await run("npm", ["view", what, field, "--json"], surroundings);
  if (exitCode === 0) return stdout.trim() === "" ? undefined : JSON.parse(stdout);
  if (/\bE404\b|\bETARGET\b/.test(stderr)) return undefined;
  throw environmentError("registry-failed", `npm could not ask the registry for ${what}.`, stderr);
}

/** Runs a program to its end, with any exit status; throws if it cannot be started. */
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
