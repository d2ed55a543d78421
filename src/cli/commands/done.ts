/** What a command that writes came to in one repository, and how that is told of one alone. */
import { questions } from "../../questions/table.ts";
import { formatOutcomeJson, type Outcome } from "../../report/json.ts";
import type { Updated } from "../../report/markdown.ts";
import { block } from "../../text/terminal.ts";
import { generatorVersion } from "../../version.ts";
import type { Landing, Switches } from "../args.ts";
import type { Io } from "../io.ts";
import type { Prompt } from "./plan-execution.ts";
import { showOutcome } from "./plan-screen.ts";

/** What came of one repository. */
export interface Done {
  readonly outcome: Outcome;
  /** What the change was made from. */
  readonly made: Omit<Updated, "questions">;
  /** What was noticed of the answers. */
  readonly notes: readonly string[];
}

/** The text of a pull request. In a report of many its heading is the folder's name. */
export async function summarise({ outcome, made }: Pick<Done, "outcome" | "made">, folder?: string): Promise<string> {
  const { formatSummary } = await import("../../report/markdown.ts");
  return formatSummary(outcome.plan, { ...made, questions }, generatorVersion, folder);
}

/** Tells it: as JSON, as the text of a pull request, or to a person who has seen the plan. */
export async function tell(done: Done, { json }: Switches, { summary }: Landing, prompt: Prompt, io: Io): Promise<void> {
  const text = summary ? await summarise(done) : undefined;
  if (json) io.stdout.write(formatOutcomeJson({ ...done.outcome, ...(text !== undefined && { summary: text }) }));
  else if (text !== undefined) io.stdout.write(block(text));
  else showOutcome(done.outcome, prompt, io);
}
