/** A flag is an edit of the spec: what flags say goes into its text, and what then stands there counts. Pure. */
import type { EditResult } from "../edit/splice.ts";
import { sameValue } from "../edit/value.ts";
import type { Resolution, Resolved } from "../questions/resolve.ts";
import { questionOf } from "../questions/table.ts";
import type { Answers } from "../questions/types.ts";

/** The parser and editor of specs, which are loaded only where there is one. */
type SpecFile = Pick<typeof import("../spec/file.ts"), "editSpec" | "parseSpec">;

/** The same answers, but for the one that a person chose over a bypass: it counts as a flag, so it is written into a spec. */
export function chooseManaged({ answers, resolved, displaced }: Resolution): Resolution {
  const managed: Resolved<"managed"> = { question: questionOf("managed"), value: true, source: "flag", notes: [] };
  return {
    answers: Object.freeze({ ...answers, managed: true }),
    resolved: resolved.map((one) => (one.question.id === "managed" ? (managed as unknown as Resolved) : one)),
    displaced: new Map([...displaced, ["managed", answers.managed]]),
  };
}

/**
 * The spec with what flags say written into it, where that is something else than what would count without them; and the answers as they are
 * read from it, so that the next run, without them, gives the same.
 */
export function writeFlags(
  specText: string,
  { editSpec, parseSpec }: SpecFile,
  { answers, resolved, displaced }: Resolution,
): { readonly editedSpec: EditResult; readonly answers: Answers } {
  const given = resolved.filter(({ source }) => source === "flag");
  const news = given.filter(({ question, value }) => !sameValue(displaced.get(question.id), question.write(value as never)));
  const editedSpec = editSpec(specText, news);
  if (!editedSpec.ok) return { editedSpec, answers };
  const written = news.length === 0 ? {} : parseSpec(editedSpec.text);
  // What a flag says that counts already has the order that it has there.
  const read = given.map((one) => {
    const { question, value } = one;
    const there = news.includes(one) ? written[question.id]?.value : displaced.get(question.id);
    const again = question.read(there, answers);
    return [question.id, again.ok ? again.value : value];
  });
  return { editedSpec, answers: Object.freeze({ ...answers, ...Object.fromEntries(read) }) as Answers };
}
