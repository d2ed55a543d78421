/**
 * Reads a `.npmrc` as npm does, so that nothing in one means one thing to npm and another to us. npm's format is that of the package ini
 * (github.com/npm/ini, lib/ini.js, `decode` and `unsafe`); what is taken over is what decides which key gets which text.
 */

/** A key of the file's top level. */
export interface NpmrcEntry {
  readonly key: string;
  /** As it is written: `${VARIABLES}` are not resolved. Empty where there is a key alone. */
  readonly value: string;
  /** Counts from 1. */
  readonly line: number;
}

/** The entries of the file's top level in their order; of equal keys npm takes the last. */
export function readNpmrc(text: string): NpmrcEntry[] {
  const entries: NpmrcEntry[] = [];
  let line = 0;
  // Each of the two ends a line for npm, an empty one between them is none.
  for (const row of text.split(/\r\n|\r|\n/)) {
    line++;
    if (/^\s*(?:[;#]|$)/.test(row)) continue;
    const [, section, key, , value] = /^\[([^\]]*)\]\s*$|^([^=]+)(=(.*))?$/.exec(row) ?? [];
    // What stands behind a section's head belongs to it, and npm knows no sections.
    if (section !== undefined) break;
    if (key === undefined) continue;
    entries.push({ key: unquote(key).replace(/(?<=.)\[\]$/, ""), value: unquote(value ?? ""), line });
  }
  return entries;
}

/** A key or value without its quotes, its escapes and the comment behind it. */
function unquote(text: string): string {
  const trimmed = text.trim();
  const isQuoted = ['"', "'"].some((quote) => trimmed.startsWith(quote) && trimmed.endsWith(quote));
  if (!isQuoted) {
    const written = /^(?:\\.|[^\\;#])*\\?/s.exec(trimmed)![0];
    return written.replaceAll(/\\([\\;#])/g, "$1").trim();
  }
  const inner = trimmed.startsWith("'") ? trimmed.slice(1, -1) : trimmed;
  try {
    const value: unknown = JSON.parse(inner);
    return String(value);
  } catch {
    return inner;
  }
}
