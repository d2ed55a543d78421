/**
 * Lines of generated files with a digest of an image or a commit of an action behind a name. Bots move these where they find them, which is no edit
 * that a person has to merge. Pure.
 */
import { compareVersions } from "../catalog/release.ts";

/** `name:tag@sha256:…` of an image, and `owner/name@<commit> # v1.2.3` of an action, as Dependabot and Renovate write them. */
const pin = /(?<=[\w.-])@(?:sha256:[0-9a-f]{64}|[0-9a-f]{40}(?:\s+#\s*v?(\d+(?:\.\d+)*)\S*)?)(?![\w.-])/g;

/** A line without its pins; lines that differ in nothing else have the same. */
export function withoutPins(line: string): string {
  return line.includes("@") ? line.replace(pin, "") : line;
}

/** What is pinned in a line, such as `name:tag`. */
function pinnedIn(line: string): string[] {
  return line
    .split(/[\s"'[]+/)
    .filter((word) => withoutPins(word) !== word)
    .map((word) => word.slice(0, word.indexOf("@")));
}

/** Lines by what they are without their pins. */
export function linesByName(lines: readonly string[]): ReadonlyMap<string, string> {
  return new Map(lines.map((line) => [withoutPins(line), line]));
}

/**
 * Settles each pin that the generator moves, so that a merge finds no conflict there. Where `mine` has moved it, too, or names the same new tag, the
 * generator's is taken, which is that of the lock, unless `mine` names a newer version of an action. Where `mine` has another image or tag, or
 * none, that edit stays: a pin of what is no longer there is of no use.
 */
export function settlePins(
  mine: string,
  ancestor: readonly string[],
  theirs: string,
): { readonly mine: string; readonly theirs: string } {
  const [had, has] = [linesByName(ancestor), linesByName(theirs.split("\n"))];
  const kept = new Map<string, string>();
  const settled = mine.split("\n").map((each) => {
    const line = each.replace(/\r$/, "");
    const name = withoutPins(line);
    const [before, after] = [had.get(name), has.get(name)];
    const either = before ?? after;
    if (either === undefined || before === line || before === after || (name === line && before !== undefined)) return each;
    if (after === undefined || compareVersions(versionIn(line), versionIn(after)) <= 0) return either;
    kept.set(after, line);
    return each;
  });
  const found = linesByName(settled.map((line) => line.replace(/\r$/, "")));
  const edited = new Set([...found].flatMap(([name, line]) => (had.has(name) ? [] : line.split(/[\s"'[@]+/))));
  for (const [name, line] of has) {
    const before = had.get(name);
    if (before === undefined || before === line || found.has(name)) continue;
    if (![before, line].flatMap(pinnedIn).some((one) => edited.has(one))) kept.set(line, before);
  }
  const generated = theirs.split("\n").map((line) => kept.get(line) ?? line);
  return { mine: settled.join("\n"), theirs: generated.join("\n") };
}

function versionIn(line: string): string {
  return [...line.matchAll(pin)].find(([, version]) => version !== undefined)?.[1] ?? "0";
}
