/**
 * `{env:NAME}` and `{file:path}` in a configuration's text, put in before it is parsed (OpenCode's `ConfigVariable.substitute`, 1.18.18: an unset
 * variable is empty text; a file is trimmed and escaped as JSON; relative paths begin at the file's folder; lines that begin with `//` keep their
 * `{file:}`; a file that cannot be read ends the start).
 */
import type { Env } from "../types.ts";
import type { World } from "./world.ts";

/** The text with everything put in, or the reference that leads nowhere. */
export type Substituted = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reference: string };

/** Puts variables and files in. `folder` is that of the file the text is from. */
export function substitute(text: string, folder: string, world: Pick<World, "home" | "read">, env: Env): Substituted {
  const filled = text.replace(/\{env:([^}]+)\}/g, (_whole, name: string) => env[name] ?? "");
  let result = "";
  let done = 0;
  for (const match of filled.matchAll(/\{file:([^}]+)\}/g)) {
    const { index } = match;
    const lineStart = filled.lastIndexOf("\n", index - 1) + 1;
    result += filled.slice(done, index);
    done = index + match[0].length;
    if (filled.slice(lineStart, index).trimStart().startsWith("//")) {
      result += match[0];
      continue;
    }
    const named = match[1]!.startsWith("~/") ? `${world.home}/${match[1]!.slice(2)}` : match[1]!;
    const read = world.read(named.startsWith("/") ? named : `${folder}/${named}`);
    if (read.kind !== "text") return { ok: false, reference: match[0] };
    result += JSON.stringify(read.text.trim()).slice(1, -1);
  }
  return { ok: true, text: result + filled.slice(done) };
}
