/** The help of one command. Loaded only where it is asked for; the program's own is rendered when building, so that it loads nothing. */
import type { Verb } from "./command.ts";
import { formatAllHelp } from "./help.ts";

/** The help of a command, or of the program. */
export function helpText(version: string, verb: Verb | null): string {
  return formatAllHelp(version)[verb ?? ""]!;
}
