/**
 * One command over many repositories, with one report. Nothing of a repository is kept after it is reported, and a failure in one does not stop
 * the others.
 */
import { formatPlace, isAppError, type ExitStatus } from "../../errors.ts";
import { describeChanges, describeError, describeFinding, describeObservation } from "../../report/json.ts";
import { formatCounts, formatLanded, formatNoted, formatProblems } from "../../report/text.ts";
import { explainRefusal } from "../../repo/disk-errors.ts";
import { findTarget, type Target } from "../../repo/scan.ts";
import { block, joined, json as asJson, shown, type Showable, type Shown } from "../../text/terminal.ts";
import { paintFor, type Io } from "../io.ts";
import { summarise, type Done } from "./done.ts";
import { exitOf } from "./plan-screen.ts";

/** One repository's result. */
export interface Visit {
  /** One word; the final line counts repositories by it. */
  readonly status: string;
  readonly exit: 0 | ExitStatus;
  /** The rest of its line, and further lines. */
  readonly text: Showable;
  /** Notes, which many folders may have alike. */
  readonly notes?: readonly Shown[];
  /** Its object in the JSON report. */
  readonly json: object;
  /** Its section of the Markdown report. */
  readonly markdown?: string;
}

/** The form of the report. */
export interface Reporting {
  readonly json: boolean;
  /** One Markdown document. */
  readonly markdown?: boolean;
  /** The folder that names are relative to. */
  readonly cwd: string;
  /** A missing folder is an error, and not skipped. */
  readonly mustExist?: boolean;
  /** Prints the report in another form than lines. */
  readonly print?: {
    each(directory: string, found: Visit): void;
    end(total: string): void;
  };
}

/** The most important exit status: a bug first, then the environment, then a decision, then usage. */
const severity: readonly (0 | ExitStatus)[] = [0, 2, 3, 4, 1];

/** Visits each folder in the given order. A folder without an environment is reported as skipped. Gives the worst exit status. */
export async function visitAll(
  directories: readonly string[],
  how: Reporting,
  io: Io,
  visit: (target: Target, directory: string) => Promise<Visit>,
): Promise<number> {
  const { json, markdown = false, print } = how;
  const paint = paintFor(io);
  const counts = new Map<string, number>();
  const told = new Set<string>();
  let exit: 0 | ExitStatus = 0;
  if (json) io.stdout.write(shown`{"schemaVersion":1,"repositories":[`);
  else if (markdown) io.stdout.write(shown`# Aperture environments\n\n`);
  for (const [index, directory] of directories.entries()) {
    const found = await visitOne(directory, how, visit);
    counts.set(found.status, (counts.get(found.status) ?? 0) + 1);
    if (severity.indexOf(found.exit) > severity.indexOf(exit)) exit = found.exit;
    if (print !== undefined) print.each(directory, found);
    else if (json) {
      io.stdout.write(
        shown`${index === 0 ? "" : ","}\n${asJson({ directory, status: found.status, exit: found.exit, ...found.json })}`,
      );
    } else if (markdown) {
      const { formatSection } = await import("../../report/markdown.ts");
      const said = typeof found.text === "object" ? found.text.toString() : String(found.text);
      io.stdout.write(block(`${found.markdown ?? formatSection(directory, `${found.status}: ${said}`)}\n`));
    } else {
      const style = found.exit !== 0 ? "red" : ["unchanged", "fine", "skipped"].includes(found.status) ? "dim" : "green";
      io.stdout.write(shown`${paint(style, found.status.padEnd(9))} ${directory}${found.text}${formatNotes(found, told)}\n`);
    }
  }
  const total = `${directories.length === 1 ? "1 folder" : `${directories.length} folders`}: ${[...counts].map(([status, count]) => `${count} ${status}`).join(", ")}.`;
  if (print !== undefined) print.end(total);
  else if (json) io.stdout.write(shown`\n],"counts":${asJson(Object.fromEntries(counts))}}\n`);
  else io.stdout.write(markdown ? shown`${total}\n` : shown`\n${total}\n`);
  return exit;
}

/** Its notes in full; of those that an earlier folder had, only how many they are. */
function formatNotes({ notes = [] }: Visit, told: Set<string>): Shown {
  const fresh = notes.filter((note) => !told.has(note.toString()));
  for (const note of fresh) told.add(note.toString());
  const known = notes.length - fresh.length;
  const repeated = known === 0 ? "" : shown`\n    ${known === 1 ? "1 note" : `${known} notes`} as above`;
  return joined([...fresh, repeated]);
}

/** One repository's change as its part of the report. */
export async function visitOf(done: Done, directory: string, summary: boolean, diff: boolean): Promise<Visit> {
  const { outcome } = done;
  const { status, plan, revision } = outcome;
  const text = summary ? await summarise(done, directory) : null;
  const landed = summary ? (await import("../../report/markdown.ts")).formatBranch(outcome.branch) : "";
  const patch = diff ? shown`\n${(await import("../../report/diff.ts")).formatDiff(plan)}` : "";
  return {
    status,
    exit: exitOf(outcome),
    text: shown`${status === "unchanged" ? "" : `  ${formatCounts(plan)}`}${formatLanded(outcome)}${formatProblems(plan)}${patch}`.trimEnd(),
    notes: formatNoted(plan.findings, plan.warnings),
    json: {
      root: plan.root,
      revision,
      changes: describeChanges(plan).filter((change) => !("why" in change && change.why === "same")),
      remaining: (plan.remaining ?? []).map(describeObservation),
      warnings: plan.warnings,
      findings: plan.findings.map(describeFinding),
      ...(text !== null && { summary: text }),
      ...(outcome.branch !== undefined && { branch: outcome.branch }),
    },
    ...(text !== null && { markdown: `${text}${landed}` }),
  };
}

/** Refusals that skip a folder, by their codes. */
const skipped: Readonly<Record<string, string>> = {
  "no-such-folder": "is not there",
  "not-a-folder": "is not a folder",
  "bare-repository": "is a git repository without a work tree",
  "no-environment": "has no environment",
  "model-not-used": "does not name that model",
};

async function visitOne(
  directory: string,
  { cwd, mustExist = false }: Reporting,
  visit: (target: Target, directory: string) => Promise<Visit>,
): Promise<Visit> {
  try {
    const target = findTarget(cwd, directory);
    const why = target.exists || mustExist ? null : skipped["no-such-folder"]!;
    if (why === null) return await visit(target, directory);
    return { status: "skipped", exit: 0, text: `  ${why}`, json: { why } };
  } catch (thrown) {
    const error = explainRefusal(thrown);
    const described = describeError(error);
    const why = mustExist && described.code === "no-such-folder" ? undefined : skipped[described.code];
    if (why !== undefined) return { status: "skipped", exit: 0, text: `  ${why}`, json: { why } };
    const where = isAppError(error) && error.where !== undefined ? `${formatPlace(error.where)}: ` : "";
    const lines = isAppError(error) ? error.lines : [described.message];
    const hint = isAppError(error) && error.hint !== undefined ? [error.hint] : [];
    return {
      status: "failed",
      exit: described.exit as ExitStatus,
      text: shown`\n    ${where}${joined([...lines, ...hint], "\n    ")}`,
      json: { error: described },
    };
  }
}
