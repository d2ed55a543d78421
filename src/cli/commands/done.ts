/** The result of a writing command in one repository, and its report if it is the only one. */
import { questions } from "../../questions/table.ts";
import { formatOutcomeJson, type Outcome } from "../../report/json.ts";
import type { Updated } from "../../report/markdown.ts";
import { formatLanded, formatProblems } from "../../report/text.ts";
import { block, shown } from "../../text/terminal.ts";
import { generatorVersion } from "../../version.ts";
import type { Landing, Switches } from "../args.ts";
import type { Io } from "../io.ts";
import type { Prompt } from "./plan-execution.ts";
import { exitOf, showOutcome } from "./plan-screen.ts";

/** One repository's result. */
export interface Done {
  readonly outcome: Outcome;
  /** The input of the change. */
  readonly made: Omit<Updated, "questions">;
}

/** The text of a pull request. In a report on several folders its heading is the folder's name. */
export async function summarise({ outcome, made }: Pick<Done, "outcome" | "made">, folder?: string): Promise<string> {
  const { formatSummary } = await import("../../report/markdown.ts");
  return formatSummary(outcome.plan, { ...made, questions }, generatorVersion, folder);
}

/** Prints it: as JSON, as the text of a pull request, or for a person who has seen the plan. */
export async function tell(done: Done, { json }: Switches, { summary }: Landing, prompt: Prompt, io: Io): Promise<void> {
  const text = summary ? await summarise(done) : undefined;
  if (json) io.stdout.write(formatOutcomeJson({ ...done.outcome, ...(text !== undefined && { summary: text }) }));
  else if (text !== undefined) {
    io.stdout.write(block(text));
    // The text does not say where the change is.
    if (done.outcome.branch !== undefined) io.stderr.write(shown`${done.outcome.status}${formatLanded(done.outcome)}\n`);
    // A job keeps the text for a pull request, which it does not open then: its log has to say why.
    const { status, plan } = done.outcome;
    const what = status === "conflict" ? "Nothing was written:" : "To settle by hand:";
    if (exitOf(done.outcome) !== 0) io.stderr.write(shown`${what}${formatProblems(plan)}\n`);
  } else showOutcome(done.outcome, prompt, io);
}
