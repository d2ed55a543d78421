/** A file of answers for many repositories: the keys of a spec, of which none has to be there. */
import { usageError } from "../errors.ts";
import { questions } from "../questions/table.ts";
import type { Answers } from "../questions/types.ts";
import { readGivenText } from "../repo/environment.ts";
import type { SpecEntries } from "../spec/spec.ts";

/**
 * Reads the file, relative to `cwd`; nothing if none is given. It is checked once, before any repository: throws usage errors with line and column.
 */
export async function readGiven(cwd: string, path: string | null): Promise<{ readonly given?: SpecEntries }> {
  if (path === null) return {};
  const text = readGivenText(cwd, path);
  const { parseSpec } = await import("../spec/file.ts");
  const given = parseSpec(text, path);
  const answers: Record<string, unknown> = {};
  for (const question of questions) {
    const entry = given[question.id];
    if (entry === undefined) continue;
    const read = question.read(entry.value, answers as Partial<Answers>);
    if (!read.ok) throw usageError("bad-answer", `${question.key.join(".")}: ${read.why}.`, `${read.fix}.`, entry.place);
    answers[question.id] = read.value;
  }
  return { given };
}
