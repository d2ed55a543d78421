/** A flag is an edit of the spec: flags are written into its text, and the edited spec is used. Pure. */
import { chosenModels } from "../catalog/compact.ts";
import { lastingModel } from "../catalog/retirements.ts";
import type { EditResult } from "../edit/splice.ts";
import { sameValue } from "../edit/value.ts";
import { usageError } from "../errors.ts";
import type { Resolution, Resolved } from "../questions/resolve.ts";
import { questionOf } from "../questions/table.ts";
import type { Answers, ModelChoice, ProviderChoice } from "../questions/types.ts";

/** The parser and editor of specs, loaded only if there is a spec. */
type SpecFile = Pick<typeof import("../spec/file.ts"), "editSpec" | "parseSpec">;

/** The same answers, with the one that a person chose because of a bypass. It counts as a flag, so it is written into a spec. */
export function chooseManaged({ answers, resolved, displaced }: Resolution): Resolution {
  const managed: Resolved<"managed"> = { question: questionOf("managed"), value: true, source: "flag", notes: [] };
  return {
    answers: Object.freeze({ ...answers, managed: true }),
    resolved: resolved.map((one) => (one.question.id === "managed" ? managed : one)),
    displaced: new Map([...displaced, ["managed", answers.managed]]),
  };
}

/**
 * The same answers with replacements for models that end soon or have ended. They count as flags, so they are written into a spec. Answers from
 * flags stay.
 */
export function moveModels(resolution: Resolution, today: string): Resolution {
  const { answers } = resolution;
  return rename(resolution, new Map(answers.providers.flatMap((choice) => movesOf(choice, answers, today))), "--models");
}

/** The same answers with one model replaced, as a flag. Throws if nothing names the old model, or the new one is not possible. */
export function replaceModel(resolution: Resolution, { from, to }: { readonly from: string; readonly to: string }): Resolution {
  const { model, smallModel, providers } = resolution.answers;
  const named = [model, smallModel, ...providers.flatMap(({ id, models = [] }) => models.map((one) => `${id}/${one.id}`))];
  if (!named.includes(from))
    throw usageError(
      "model-not-used",
      `Nothing in the spec names the model ${from}.`,
      "List the models in use with  npx create-aperture-env report",
    );
  const renamed = rename(resolution, new Map([[from, to]]), "replace-model");
  const read = questionOf("model").parse(to, renamed.answers);
  if (!read.ok) throw usageError("bad-answer", `${to}: ${read.why}.`, `${read.fix[0]!.toUpperCase()}${read.fix.slice(1)}.`);
  return renamed;
}

/** Renames models in all answers that do not come from flags. */
function rename(resolution: Resolution, names: ReadonlyMap<string, string>, because: string): Resolution {
  const { answers, resolved, displaced } = resolution;
  const flags = new Set(resolved.flatMap(({ question, source }) => (source === "flag" ? [question.id] : [])));
  const nameOf = (full: string): string => names.get(full) ?? full;
  const moved: Partial<Answers> = {
    ...(!flags.has("providers") && { providers: answers.providers.map((choice) => withMoved(choice, names)) }),
    ...(!flags.has("model") && { model: nameOf(answers.model) }),
    ...(!flags.has("smallModel") && { smallModel: nameOf(answers.smallModel) }),
  };
  const changed = (Object.keys(moved) as (keyof typeof moved)[]).filter((id) => {
    const { write } = questionOf(id);
    return !sameValue(write(moved[id]!), write(answers[id]));
  });
  const notes = [...names].map(([from, to]) => `${from} becomes ${to}`);
  return {
    answers: Object.freeze({ ...answers, ...moved }),
    resolved: resolved.map((one): Resolved => {
      if (!changed.includes(one.question.id)) return one;
      const told = one.question.id === changed[0] ? notes : [];
      return { ...one, value: moved[one.question.id]!, source: "flag", because, notes: told };
    }),
    displaced: new Map([...displaced, ...changed.map((id) => [id, questionOf(id).write(answers[id])] as const)]),
  };
}

/** The models of a provider that are replaced, each as `provider/model`, with the replacement. */
function movesOf(choice: ProviderChoice, answers: Answers, today: string): (readonly [from: string, to: string])[] {
  const ids = [...new Set([...chosenModels(choice.id, answers), ...(choice.models ?? []).map(({ id }) => id)])];
  return ids.flatMap((id) => {
    const lasting = lastingModel(choice, id, today);
    return lasting === id ? [] : [[`${choice.id}/${id}`, `${choice.id}/${lasting}`] as const];
  });
}

/**
 * A provider's models with replacements. Settings of the old model, such as limits, do not carry over. A replacement that is named already stays
 * unchanged. If the replacement belongs to another provider, the old model is removed, unless it is the only one here, and the replacement is added
 * to its own provider if that names models.
 */
function withMoved(choice: ProviderChoice, names: ReadonlyMap<string, string>): ProviderChoice {
  if (choice.models === undefined) return choice;
  const own = `${choice.id}/`;
  const come = [...names].flatMap(([from, to]) => (to.startsWith(own) && !from.startsWith(own) ? [to.slice(own.length)] : []));
  const there = new Set(choice.models.map(({ id }) => id));
  const models = choice.models.flatMap((model): ModelChoice[] => {
    const name = names.get(own + model.id);
    if (name === undefined) return [model];
    if (!name.startsWith(own)) return there.size > 1 ? [] : [model];
    const id = name.slice(own.length);
    return there.has(id) ? [] : [{ id }];
  });
  const all = [...models, ...come.map((id) => ({ id }))];
  return { ...choice, models: all.filter(({ id }, index) => all.findIndex((one) => one.id === id) === index) };
}

/**
 * The spec with the flags' values written into it, if they differ from the values without flags; and the answers read from it, so that the next run
 * without the flags gives the same result.
 */
export function writeFlags(
  specText: string,
  { editSpec, parseSpec }: SpecFile,
  { answers, resolved, displaced }: Resolution,
): { readonly editedSpec: EditResult; readonly answers: Answers } {
  const given = resolved.filter(({ source }) => source === "flag" || source === "file");
  const news = given.filter(({ question, value }) => !sameValue(displaced.get(question.id), question.write(value)));
  const editedSpec = editSpec(specText, news);
  if (!editedSpec.ok) return { editedSpec, answers };
  const written = news.length === 0 ? {} : parseSpec(editedSpec.text);
  // A flag's value that equals the current one keeps the order in the spec.
  const read = given.map((one) => {
    const { question, value } = one;
    const there = news.includes(one) ? written[question.id]?.value : displaced.get(question.id);
    const again = question.read(there, answers);
    return [question.id, again.ok ? again.value : value];
  });
  return { editedSpec, answers: Object.freeze({ ...answers, ...Object.fromEntries(read) }) as Answers };
}
