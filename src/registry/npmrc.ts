/**
 * Reads a `.npmrc` as npm does, so that every line means the same to npm and to us. npm's format is that of the package ini
 * (github.com/npm/ini, lib/ini.js, `decode` and `unsafe`); this covers what decides which key gets which value.
 */

/** A key of the file's top level. */
export interface NpmrcEntry {
  readonly key: string;
  /** As written: `${VARIABLES}` are not resolved. Empty for a key alone. */
  readonly value: string;
  /** Counts from 1. */
  readonly line: number;
}

/** The entries of the file's top level, in order; npm uses the last of equal keys. */
export function readNpmrc(text: string): NpmrcEntry[] {
  const entries: NpmrcEntry[] = [];
  let line = 0;
  // npm ends a line at either character, and ignores the empty line between the two.
  for (const row of text.split(/\r\n|\r|\n/)) {
    line++;
    if (/^\s*(?:[;#]|$)/.test(row)) continue;
    const [, section, key, , value] = /^\[([^\]]*)\]\s*$|^([^=]+)(=(.*))?$/.exec(row) ?? [];
    // Lines below a section's head belong to the section, and npm ignores sections.
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
