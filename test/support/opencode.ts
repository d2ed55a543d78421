/** The real OpenCode for tests, as the generated files fetch it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { renderEnvironment } from "../../src/render/render.ts";
import { plainAnswers } from "./answers.ts";
import { catalogue } from "./catalogue.ts";
import { fetchOpencode, whyNotHere } from "../../src/scripts/install-locally.ts";

const root = join(import.meta.dirname, "..", "..");
const cache = join(root, "node_modules", ".cache", "aperture-env");
const script = "opencode/fetch.sh";

/** What `fetch.sh` says where nothing could be fetched; a wrong checksum is none of these. */
const offline = /no npm, and no registry is known|(?:npm|curl|wget) could not fetch/;

/**
 * The path of OpenCode's binary in the pinned version. The first call fetches it with the generated `fetch.sh`, sha512 checked; it is kept for
 * the next runs. Null where this machine cannot have it, after a line that says why: tests are then skipped. Throws where what was fetched is wrong.
 */
export function opencodeBinary(): Promise<string | null> {
  once ??= find();
  return once;
}

let once: Promise<string | null> | undefined;

async function find(): Promise<string | null> {
  const reason = whyNotHere();
  if (reason !== null) return skip(reason);
  const folder = mkdtempSync(join(tmpdir(), "aperture-env-fetch-"));
  try {
    mkdirSync(dirname(join(folder, script)), { recursive: true });
    writeFileSync(join(folder, script), renderFetch());
    return join(await fetchOpencode(folder, cache), "opencode");
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    if (!offline.test(stderr)) throw error;
    return skip(`OpenCode ${pinnedRelease.version} could not be fetched (${stderr.trim().split("\n").at(-1)?.split(". ")[0]})`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function skip(reason: string): null {
  process.stderr.write(`Skipped: tests with the real OpenCode on ${process.platform}-${process.arch}, because ${reason}.\n`);
  return null;
}

function renderFetch(): string {
  const { files } = renderEnvironment({
    answers: plainAnswers,
    release: pinnedRelease,
    registry: "",
    shape: { kind: "own" },
    doctor: "",
    catalogue,
  });
  return files.find((file) => file.path.endsWith(script))!.text;
}
