/**
 * One command over many repositories: one report, nothing kept of a repository once it is reported, and what fails in one stops no other.
 */
import { formatPlace, isAppError, type ExitStatus } from "../../errors.ts";
import { describeError } from "../../report/json.ts";
import { explainRefusal } from "../../repo/disk-errors.ts";
import { hasEnvironment } from "../../repo/environment.ts";
import { findTarget, type Target } from "../../repo/scan.ts";
import { joined, json as asJson, shown, type Showable } from "../../text/terminal.ts";
import { paintFor, type Io } from "../io.ts";

/** What came of one repository. */
export interface Visit {
  /** One word, by which repositories are counted in the end. */
  readonly status: string;
  readonly exit: 0 | ExitStatus;
  /** The rest of its line, and lines below it where there is more to say. */
  readonly text: Showable;
  /** Its object in the JSON report. */
  readonly json: object;
}

/** Of several exit statuses the one that counts: ours first, then the machine, then a decision, then usage. */
const severity: readonly (0 | ExitStatus)[] = [0, 2, 3, 4, 1];

/** Visits each folder in the order given. One without an environment is skipped, and that is said. Gives the exit status of the worst. */
export async function visitAll(
  directories: readonly string[],
  { json, cwd }: { readonly json: boolean; readonly cwd: string },
  io: Io,
  visit: (target: Target) => Promise<Visit>,
): Promise<number> {
  const paint = paintFor(io);
  const counts = new Map<string, number>();
  let exit: 0 | ExitStatus = 0;
  if (json) io.stdout.write(shown`{"schemaVersion":1,"repositories":[`);
  for (const [index, directory] of directories.entries()) {
    const found = await visitOne(directory, cwd, visit);
    counts.set(found.status, (counts.get(found.status) ?? 0) + 1);
    if (severity.indexOf(found.exit) > severity.indexOf(exit)) exit = found.exit;
    if (json) {
      io.stdout.write(
        shown`${index === 0 ? "" : ","}\n${asJson({ directory, status: found.status, exit: found.exit, ...found.json })}`,
      );
    } else {
      const style = found.exit !== 0 ? "red" : found.status === "unchanged" || found.status === "skipped" ? "dim" : "green";
      io.stdout.write(shown`${paint(style, found.status.padEnd(9))} ${directory}${found.text}\n`);
    }
  }
  const summary = Object.fromEntries(counts);
  if (json) io.stdout.write(shown`\n],"counts":${asJson(summary)}}\n`);
  else
    io.stdout.write(
      shown`\n${directories.length} folders: ${[...counts].map(([status, count]) => `${count} ${status}`).join(", ")}.\n`,
    );
  return exit;
}

async function visitOne(directory: string, cwd: string, visit: (target: Target) => Promise<Visit>): Promise<Visit> {
  try {
    const target = findTarget(cwd, directory);
    if (!target.exists) return { status: "skipped", exit: 0, text: "  is not there", json: { why: "is not there" } };
    if (!hasEnvironment(target.root))
      return { status: "skipped", exit: 0, text: "  has no environment", json: { why: "has no environment" } };
    return await visit(target);
  } catch (thrown) {
    const error = explainRefusal(thrown);
    if (isAppError(error) && error.code === "not-a-folder")
      return { status: "skipped", exit: 0, text: "  is not a folder", json: { why: "is not a folder" } };
    const described = describeError(error);
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
