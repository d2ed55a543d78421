/** A flag is an edit of the spec: what flags say goes into its text, and what then stands there counts. Pure. */
import { chosenModels } from "../catalog/compact.ts";
import { lastingModel } from "../catalog/retirements.ts";
import type { EditResult } from "../edit/splice.ts";
import { sameValue } from "../edit/value.ts";
import type { Resolution, Resolved } from "../questions/resolve.ts";
import { questionOf } from "../questions/table.ts";
import type { Answers, ModelChoice, ProviderChoice } from "../questions/types.ts";

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
 * The same answers with what takes the place of models that end soon, or have ended: it counts as a flag, so it is written into a spec. What a flag
 * says stays.
 */
export function moveModels(resolution: Resolution, today: string): Resolution {
  const { answers, resolved, displaced } = resolution;
  const flags = new Set(resolved.flatMap(({ question, source }) => (source === "flag" ? [question.id] : [])));
  const before = new Map(answers.providers.flatMap((choice) => movesOf(choice, answers, today)));
  const nameOf = (full: string): string => before.get(full) ?? full;
  const moved: Partial<Answers> = {
    ...(!flags.has("providers") && { providers: answers.providers.map((choice) => withMoved(choice, nameOf)) }),
    ...(!flags.has("model") && { model: nameOf(answers.model) }),
    ...(!flags.has("smallModel") && { smallModel: nameOf(answers.smallModel) }),
  };
  const changed = (Object.keys(moved) as (keyof typeof moved)[]).filter((id) => {
    const write = questionOf(id).write as (value: unknown) => unknown;
    return !sameValue(write(moved[id]), write(answers[id]));
  });
  const notes = [...before].map(([from, to]) => `${from} becomes ${to}`);
  return {
    answers: Object.freeze({ ...answers, ...moved }),
    resolved: resolved.map((one): Resolved => {
      if (!changed.includes(one.question.id)) return one;
      const told = one.question.id === changed[0] ? notes : [];
      return { ...one, value: moved[one.question.id]!, source: "flag", because: "--models", notes: told };
    }),
    displaced: new Map([
      ...displaced,
      ...changed.map((id) => [id, (questionOf(id).write as (value: unknown) => unknown)(answers[id])] as const),
    ]),
  };
}

/** The models of a provider that move, each as `provider/model`, and to which. */
function movesOf(choice: ProviderChoice, answers: Answers, today: string): (readonly [from: string, to: string])[] {
  const ids = [...new Set([...chosenModels(choice.id, answers), ...(choice.models ?? []).map(({ id }) => id)])];
  return ids.flatMap((id) => {
    const lasting = lastingModel(choice, id, today);
    return lasting === id ? [] : [[`${choice.id}/${id}`, `${choice.id}/${lasting}`] as const];
  });
}

/** What was said of a model, its limits for instance, is not what its successor has. One that is named already stays as it is. */
function withMoved(choice: ProviderChoice, nameOf: (full: string) => string): ProviderChoice {
  if (choice.models === undefined) return choice;
  const names = new Set(choice.models.map(({ id }) => id));
  const models = choice.models.flatMap((model): ModelChoice[] => {
    const id = nameOf(`${choice.id}/${model.id}`).slice(choice.id.length + 1);
    return id === model.id ? [model] : names.has(id) ? [] : [{ id }];
  });
  return { ...choice, models: models.filter(({ id }, index) => models.findIndex((one) => one.id === id) === index) };
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
  const given = resolved.filter(({ source }) => source === "flag" || source === "file");
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
