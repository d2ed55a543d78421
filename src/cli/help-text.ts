/** The help of one command, loaded on demand. The program's general help is rendered at build time. */
import type { Verb } from "./command.ts";
import { formatAllHelp } from "./help.ts";

/** The help of a command, or of the program. */
export function helpText(version: string, verb: Verb | null): string {
  return formatAllHelp(version)[verb ?? ""]!;
}
