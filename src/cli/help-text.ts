/** The help as it was rendered when building; where nothing was built, from its parts. Loaded only where it is asked for. */
declare const HELP: string | undefined;

/** The whole help. */
export async function helpText(version: string): Promise<string> {
  return typeof HELP === "string" ? HELP : (await import("./help.ts")).formatHelp(version);
}
