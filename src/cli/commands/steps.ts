/** The way back: Escape at a plan, or at a question about it, leads to the question before, with all earlier answers kept. */
import { cancelledError } from "../../errors.ts";
import type { Finding } from "../../plan/findings.ts";
import type { Asking } from "../../questions/prompt.ts";
import { formatFindings } from "../../report/text.ts";
import type { OnBypass, Switches } from "../args.ts";
import type { Io } from "../io.ts";
import { terminalOf, type Executed, type Prompt } from "./plan-execution.ts";

/** What one attempt needs of the others. */
export interface Steps {
  /** Decides about project files that bypass the gateway: by the flag, else by asking; otherwise they stay and are listed. */
  decideBypass(findings: readonly Finding[]): Promise<OnBypass>;
  /** Starts again at the first question. */
  again(): Promise<Executed>;
  /** Starts again at the last question before the plan. Throws `cancelled` if there is none. */
  back(): Promise<Executed>;
}

const ways: readonly { readonly value: OnBypass; readonly hint: string }[] = [
  { value: "leave", hint: "intentional" },
  { value: "fix", hint: "remove it from the file; every other byte stays" },
  { value: "managed", hint: "install the environment's configuration where no project file can override it" },
];

/** Thrown through the preparation of a plan, in which this question is asked. */
const wentBack = new Error("the person went back");

/** Makes an attempt, and further ones for a person who goes back. `asking` is where the attempt has its answers from. */
export function takeSteps(
  { onBypass }: Switches,
  prompt: Prompt,
  io: Io,
  asking: Asking | null,
  attempt: (steps: Steps) => Promise<Executed>,
): Promise<Executed> {
  let chosen: OnBypass = "leave";
  let wasChosen = false;
  const decideBypass: Steps["decideBypass"] = async (findings) => {
    if (onBypass !== null) return onBypass;
    if (prompt === null) return "leave";
    io.stderr.write(formatFindings(findings));
    const choice = await prompt.askStep(terminalOf(io), "What should be done about it?", ways, chosen);
    if (choice === prompt.back) throw wentBack;
    wasChosen = true;
    chosen = choice;
    return choice;
  };
  const toLastAnswer = (): Promise<Executed> => {
    if (asking?.repeat("all but the last") !== true) throw cancelledError();
    return start();
  };
  const back = (): Promise<Executed> => {
    if (!wasChosen) return toLastAnswer();
    asking?.repeat("all");
    return start();
  };
  const again = (): Promise<Executed> => {
    asking?.repeat("none");
    return start();
  };
  const start = async (): Promise<Executed> => {
    wasChosen = false;
    try {
      return await attempt({ decideBypass, again, back });
    } catch (error) {
      if (error !== wentBack) throw error;
      return toLastAnswer();
    }
  };
  return start();
}
