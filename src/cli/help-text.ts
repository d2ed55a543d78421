/** The help as it was rendered when building; where nothing was built, from its parts. Loaded only where it is asked for. */
import type { Verb } from "./command.ts";

declare const VERB_HELP: Readonly<Record<string, string>> | undefined;

/** The help of a command, or of the program. */
export async function helpText(version: string, verb: Verb | null): Promise<string> {
  const texts = typeof VERB_HELP === "object" ? VERB_HELP : (await import("./help.ts")).formatAllHelp(version);
  return texts[verb ?? ""]!;
}
