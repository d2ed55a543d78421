/** `discover`: lists what a gateway serves to the asking person, and writes it into the spec. */
import { todayFrom } from "../../clock.ts";
import { decisionError, usageError } from "../../errors.ts";
import { askForModels } from "../../gateway/discover.ts";
import type { Discovery } from "../../gateway/listed.ts";
import { defaultOrigin, parseOrigin } from "../../gateway/origin.ts";
import { formatLock, hashText, lockPath, normalise, type Lock } from "../../lock/lock.ts";
import type { Plan, Write } from "../../plan/plan.ts";
import { describeDiscovery, formatCount, formatDiscovery, remarks } from "../../report/discovery.ts";
import { readLockFile, readSpecText } from "../../repo/environment.ts";
import { findCwd, findTarget, look } from "../../repo/scan.ts";
import type { Merged } from "../../spec/discovered.ts";
import { specPath, type SpecEntries } from "../../spec/spec.ts";
import { block, json, shown, type Shown } from "../../text/terminal.ts";
import { listSome, upperFirst } from "../../text/words.ts";
import type { Command } from "../args.ts";
import { paintFor, type Io } from "../io.ts";
import { executePlan, openPrompt, settleEarlierRun, type Prompt } from "./plan-execution.ts";
import { showNotes } from "./plan-screen.ts";

type DiscoverCommand = Extract<Command, { kind: "discover" }>;

/** The parts of the repository that it reads. */
interface Here {
  readonly root: string;
  readonly spec: { readonly text: string; readonly entries: SpecEntries } | null;
  readonly lock: Lock | null;
}

/**
 * Runs it and gives the exit status, 0. Throws errors for people: 2 for a wrong address or flag, and if a confirmation is needed without an
 * interactive terminal; 3 if the spec cannot be edited; 4 if the gateway does not answer with a list of models.
 */
export async function runDiscover(command: DiscoverCommand, io: Io): Promise<number> {
  const { write, timeout, switches } = command;
  const { root } = findTarget(findCwd(io.cwd, switches.cwd), null);
  const prompt = write ? await openPrompt(switches, io) : null;
  const earlier = write ? await settleEarlierRun(root, switches, prompt, io) : [];
  const spec = await import("../../spec/file.ts");
  // Listing another gateway needs no spec, so a broken spec is no obstacle.
  const here = write || command.origin === null ? readHere(root, spec.parseSpec) : { root, spec: null, lock: null };
  const { origin, notes } = findOrigin(command, here, io.env);
  const [body, known] = await Promise.all([
    askForModels({ origin, timeout, env: io.env }),
    spec.loadAllProviders(todayFrom(io.env)),
  ]);
  const found = spec.readModels(body, known);
  const merged = spec.mergeDiscovery(found, { origin, spec: here.spec, lock: here.lock?.answers ?? null }, known);
  const said = [...earlier, ...notes, ...remarks(found), ...merged.notes, ...describeNotListed(merged)];
  if (!switches.json) {
    const table = formatDiscovery(found, merged, paintFor(io), io.columns);
    io.stdout.write(shown`${formatCount(origin, found)}\n\n${table}\n`);
    showNotes(said, io);
  }
  const written = write ? await writeDown(command, here, merged, prompt, io) : null;
  if (switches.json) io.stdout.write(formatJson(origin, found, merged, here, said, written));
  return 0;
}

function readHere(root: string, parseSpec: (text: string) => SpecEntries): Here {
  const text = readSpecText(root);
  return { root, spec: text === null ? null : { text, entries: parseSpec(text) }, lock: readLockFile(root).lock };
}

const variables = ["APERTURE_ENV_URL", "APERTURE_ENDPOINT", "APERTURE_URL"];

/** The gateway to ask: from the command line, the spec, a variable, or the default. */
function findOrigin(
  { origin, write }: DiscoverCommand,
  { spec, lock }: Here,
  env: Io["env"],
): { origin: string; notes: readonly string[] } {
  const entry = spec?.entries.url;
  const kept = spec === null ? undefined : (entry?.value ?? lock?.answers.url);
  const variable = variables.find((name) => (env[name] ?? "").trim() !== "");
  const [subject, text] =
    origin !== null
      ? ["discover", origin]
      : kept !== undefined
        ? ["aperture.url", kept]
        : variable !== undefined
          ? [variable, env[variable]!]
          : ["The gateway", defaultOrigin];
  const parsed = parseOrigin(typeof text === "string" ? text : "");
  if (!parsed.ok) {
    const fix = `${upperFirst(parsed.fix)}.`;
    throw usageError(
      "bad-origin",
      `${subject}: ${parsed.why}.`,
      fix,
      origin === null && entry !== undefined ? entry.place : undefined,
    );
  }
  const url = kept === undefined ? null : parseOrigin(String(kept));
  const isOther = write && url?.ok === true && url.value !== parsed.value;
  return {
    origin: parsed.value,
    notes: [...parsed.notes, ...(isOther ? [`${specPath} uses ${url.value}, but ${parsed.value} was asked`] : [])],
  };
}

function describeNotListed({ notListed }: Merged): string[] {
  if (notListed.length === 0) return [];
  return [
    `the gateway does not list ${listSome(notListed, 6, 5)} to you; others may have a grant for it, so remove it from ${specPath} yourself if it no longer exists`,
  ];
}

/** The result of `--write`. */
interface Written {
  readonly status: "written" | "unchanged" | "planned" | "no-spec";
  readonly next: string | null;
}

async function writeDown({ switches }: DiscoverCommand, here: Here, merged: Merged, prompt: Prompt, io: Io): Promise<Written> {
  const { edited } = merged;
  if (!edited.ok) {
    const where = { file: specPath, line: edited.line, column: edited.column };
    throw decisionError(
      "spec-not-edited",
      `The spec cannot be changed here: ${edited.why}.`,
      "Edit the spec by hand, and run again.",
      where,
    );
  }
  if (here.spec === null) {
    if (!switches.json) {
      io.stderr.write(
        shown`\nThere is no ${specPath} here. To create an environment with these models, save this as ${specPath} and run  npm create aperture-env@latest\n`,
      );
      io.stdout.write(shown`\n${block(edited.text)}`);
    }
    return { status: "no-spec", next: "npm create aperture-env@latest" };
  }
  const plan = planFor(here, edited.text);
  if (plan.changes.length > 0 && prompt === null && !switches.yes && !switches.dryRun) {
    if (!switches.json) await showDiff(plan, io);
    throw usageError(
      "missing-answers",
      "Not an interactive terminal, so nothing was written.",
      "Confirm with --yes, or preview with --dry-run.",
    );
  }
  const show = async (changed: Plan): Promise<void> => (switches.json ? undefined : showDiff(changed, io));
  const { status } = await executePlan(
    { build: () => plan, warnings: [], show, question: `Write this into ${specPath}?` },
    switches,
    prompt,
    io,
  );
  const outcome = status === "written" || status === "planned" ? status : "unchanged";
  const next =
    outcome !== "written" ? null : here.lock === null ? "npm create aperture-env@latest" : "npx create-aperture-env update";
  if (!switches.json) {
    const summaries = {
      written: `Written: ${specPath}.`,
      planned: "Nothing was written (--dry-run).",
      unchanged: `Nothing to do: ${specPath} has what the gateway serves.`,
    };
    io.stdout.write(shown`\n${summaries[outcome]}\n`);
    if (next !== null) io.stderr.write(shown`\nNext:\n  ${next}\n`);
  }
  return { status: outcome, next };
}

async function showDiff(plan: Plan, io: Io): Promise<void> {
  if (plan.changes.length === 0) return;
  const { formatDiff } = await import("../../report/diff.ts");
  io.stdout.write(shown`\n${formatDiff({ ...plan, lock: null })}`);
}

/** The spec's edit. An unedited generated spec stays marked as generated, so that `remove` deletes it. */
function planFor({ root, spec, lock }: Here, after: string): Plan {
  const before = spec!.text;
  const none = { root, warnings: [], findings: [] };
  if (after === before) return { ...none, changes: [], lock: null };
  const changes: Write[] = [{ kind: "edit", path: specPath, before, after, executable: false }];
  const entry = lock?.files[specPath];
  const found = look(root, lockPath);
  if (lock === null || entry === undefined || found.kind !== "text" || entry.hash !== hashText(normalise(before)))
    return { ...none, changes, lock: null };
  const files = { ...lock.files, [specPath]: { ...entry, hash: hashText(normalise(after)) } };
  // A lock of an older version is rewritten by update.
  if (formatLock(lock) !== normalise(found.text)) return { ...none, changes, lock: null };
  return {
    ...none,
    changes,
    lock: { kind: "replace", path: lockPath, before: found.text, after: formatLock({ ...lock, files }), executable: false },
  };
}

function formatJson(
  origin: string,
  found: Discovery,
  merged: Merged,
  { spec }: Here,
  notes: readonly string[],
  written: Written | null,
): Shown {
  const { edited, notListed, model, smallModel } = merged;
  const object = {
    schemaVersion: 1,
    status: written?.status ?? "discovered",
    origin,
    providers: describeDiscovery(found),
    model,
    small_model: smallModel,
    notListed,
    notes,
    spec: edited.ok ? { path: specPath, exists: spec !== null, changes: edited.text !== spec?.text, text: edited.text } : null,
    ...(written !== null && written.next !== null && { next: [written.next] }),
  };
  return shown`${json(object, 2)}\n`;
}
