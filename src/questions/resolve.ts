/**
 * Combines answers from all sources: flag > file of answers > spec > environment > lock > detected or default. Pure.
 *
 * The spec overrides environment variables because it is committed: one person's variable must not change the generated files. A flag, and a file of
 * answers for many repositories, override the spec; the plan writes both into the spec, so that the next run without them gives the same.
 */
import { AppError, isAppError, usageError } from "../errors.ts";
import { findFixedMisfit, findMisfit, findRefusal } from "../parts/compose.ts";
import { refusalOf } from "../parts/connection-answer.ts";
import type { SpecEntries, SpecEntry } from "../spec/spec.ts";
import { upperFirst } from "../text/words.ts";
import { questions } from "./table.ts";
import type { Answer, Answers, Choice, Facts, Parsed, Proposal, Question, QuestionId, Source } from "./types.ts";

/** The sources of answers. */
export interface AnswerSources {
  /** Flags as typed, by question. */
  readonly flags: Partial<Readonly<Record<QuestionId, string>>>;
  /** The spec's entries, if there is a spec. */
  readonly spec: SpecEntries | null;
  /** The entries of a file of answers for many repositories. Entries that do not apply to a repository have no effect there. */
  readonly given?: SpecEntries | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Answers of the last run, from the lock. */
  readonly lock: Partial<Answers> | null;
  readonly facts: Facts;
  /** Looks beyond the facts for a proposal; null for the question's default proposal. */
  readonly detect?: Detect;
}

/** A found proposal, and the question in its adapted form. */
export interface Detected {
  /** Null for the question's default proposal. */
  readonly proposal: Proposal<Answer> | null;
  /** The question with the found choices. */
  readonly asked?: Question;
  readonly choices?: readonly Choice[];
}

/** Finds the proposal for an open question. */
export type Detect = (question: Question, earlier: Partial<Answers>, choices: readonly Choice[]) => Promise<Detected | null>;

/** One answer and its source. */
export interface Resolved<Id extends QuestionId = QuestionId> {
  readonly question: Question<Id>;
  readonly value: Answers[Id];
  readonly source: Source;
  readonly because?: string;
  readonly notes: readonly string[];
}

/** A person's answer, with notes on what was changed while reading it. */
export interface Answered {
  readonly value: Answer;
  readonly notes: readonly string[];
}

/** Asks a person one question; provided if a person is at a terminal. Null if the person goes back to the question before, if there is one. */
export type Ask = (
  question: Question,
  proposal: Proposal<Answer>,
  earlier: Partial<Answers>,
  choices: readonly Choice[],
  isFirst: boolean,
) => Promise<Answered | null>;

/** Complete answers, each with its source. */
export interface Resolution {
  readonly answers: Answers;
  readonly resolved: readonly Resolved[];
  /** For each question with a flag: the value without that flag, as a plain value of the spec; undefined if that value is invalid. */
  readonly displaced: ReadonlyMap<QuestionId, unknown>;
}

/**
 * Resolves every question. With `ask`, open questions are asked; with `acceptDefaults`, their proposals are taken; otherwise all open
 * questions are named in one error. Throws usage errors (exit 2) for values that cannot be understood.
 */
export async function resolveAnswers(
  sources: AnswerSources,
  mode: { readonly ask: Ask | null; readonly acceptDefaults: boolean },
): Promise<Resolution> {
  const answers: Record<string, unknown> = {};
  // Each is put in as its own question reads it, which no type can follow through a loop over all of them.
  const earlier = answers as Partial<Answers>;
  const resolved: Resolved[] = [];
  const displaced = new Map<QuestionId, unknown>();
  const open: { question: Question; proposal: Proposal<Answer> }[] = [];
  const asked: number[] = [];
  for (let index = 0; index < questions.length; index++) {
    const question = questions[index]!;
    if (question.applies?.(sources.facts) === false) {
      answers[question.id] = ignore(question, sources, earlier);
      continue;
    }
    const old = sources.spec?.[question.id]?.value;
    const isOutlived =
      sources.flags[question.id] === undefined &&
      sources.given?.[question.id] === undefined &&
      question.outlived?.(old, earlier, sources.lock ?? {}, sources.facts) === true;
    let found = isOutlived ? proposeAnew(question, old, sources.facts, earlier) : find(question, sources, earlier);
    if (found === null) {
      const offered = question.choices?.(sources.facts) ?? [];
      const detected = (await sources.detect?.(question, earlier, offered)) ?? null;
      const proposal = detected?.proposal ?? question.propose(sources.facts, earlier);
      const choices = detected?.choices ?? offered;
      // A single choice is not asked about, unless other answers are possible.
      const isOpen = choices.length !== 1 || question.other !== undefined;
      const mayAsk = question.asked && isOpen && sources.spec === null;
      if (mayAsk && mode.ask !== null) {
        const answer = await mode.ask(detected?.asked ?? question, proposal, earlier, choices, asked.length === 0);
        if (answer === null) {
          const again = asked.pop()!;
          const later = new Set(questions.slice(again).map(({ id }) => id));
          for (const id of later) delete answers[id];
          while (resolved.length > 0 && later.has(resolved.at(-1)!.question.id)) resolved.pop();
          index = again - 1;
          continue;
        }
        asked.push(index);
        const { value, notes } = answer;
        found = { question, value, source: "answer", notes };
      } else {
        if (mayAsk && !mode.acceptDefaults) open.push({ question, proposal });
        found = {
          question,
          value: proposal.value,
          source: proposal.source,
          notes: [],
          ...(proposal.because !== undefined && { because: proposal.because }),
        };
      }
    }
    if (isOutlived) displaced.set(question.id, old);
    else if (found.source === "flag" || found.source === "file")
      displaced.set(question.id, displacedBy(question, sources, earlier));
    answers[question.id] = found.value;
    resolved.push(found);
  }
  if (open.length > 0) throw missingAnswers(open);
  const complete = Object.freeze(answers) as unknown as Answers;
  refuseMisfit(complete, { ...sources.spec, ...sources.given });
  return { answers: complete, resolved, displaced };
}

/** The proposal that replaces an answer that became invalid. It counts as a flag, so it is written into the spec. */
function proposeAnew(question: Question, old: unknown, facts: Facts, earlier: Partial<Answers>): Resolved {
  const { value } = question.propose(facts, earlier);
  const notes = [`${String(old)} is replaced with ${question.format(value)}, because its provider was removed`];
  return { question, value, source: "flag", because: "its provider was removed", notes };
}

/** The value without flag and file. */
function displacedBy(question: Question, sources: AnswerSources, earlier: Partial<Answers>): unknown {
  try {
    const { value } = find(question, { ...sources, flags: {}, given: {} }, earlier) ?? question.propose(sources.facts, earlier);
    return question.write(value);
  } catch (error) {
    // The spec is invalid without the flag, and valid with it.
    if (isAppError(error)) return undefined;
    throw error;
  }
}

/** Refuses outputs that cannot carry the connection. */
function refuseMisfit(answers: Answers, spec: SpecEntries): void {
  const misfit = findMisfit(answers) ?? refusalOf(answers) ?? findFixedMisfit(answers) ?? findRefusal(answers);
  if (misfit === null) return;
  const { why, fix } = misfit;
  throw usageError(
    "misfit",
    `${upperFirst(why)}.`,
    `${upperFirst(fix)}.`,
    (answers.state === "volume" && spec.state ? spec.state : (spec.connection ?? spec.outputs))?.place,
  );
}

/** The proposal for a question that does not apply here. A given answer is reported as without effect. */
function ignore(question: Question, { flags, spec, given, facts }: AnswerSources, earlier: Partial<Answers>): Answer {
  readEntry(question, given?.[question.id], earlier);
  const where = spec?.[question.id]?.place;
  const subject = flags[question.id] !== undefined ? `--${question.flag}` : where !== undefined ? question.key.join(".") : null;
  if (subject !== null) {
    const why =
      facts.devcontainers.length > 0
        ? `${subject} has no effect here: ${facts.devcontainers.join(" and ")} decides that itself.`
        : `${subject} has no effect here: this repository has no dev container of its own to add to.`;
    throw usageError("no-effect", why, `Remove ${subject}.`, where);
  }
  return question.propose(facts, earlier).value;
}

function find(question: Question, sources: AnswerSources, earlier: Partial<Answers>): Resolved | null {
  const flag = sources.flags[question.id];
  const given = sources.given?.[question.id];
  const entry = given ?? sources.spec?.[question.id];
  if (flag !== undefined) {
    // The spec's value is about to be replaced, so it may be invalid.
    const written = entry === undefined ? null : question.read(entry.value, earlier);
    const kept = written?.ok === true ? written.value : undefined;
    return { question, ...accept(question.parse(flag, earlier, kept), `--${question.flag}`), source: "flag" };
  }
  const written = readEntry(question, entry, earlier);
  if (written !== null && given === undefined) return { question, ...written, source: "spec" };
  if (written !== null) return { question, ...written, source: "file", because: given!.place.file };
  const variable = question.env.find((name) => sources.env[name] !== undefined && sources.env[name] !== "");
  if (sources.spec === null && variable !== undefined) {
    return {
      question,
      ...accept(question.parse(sources.env[variable]!, earlier), variable),
      source: "environment",
      because: variable,
    };
  }
  const kept = sources.lock?.[question.id];
  if (sources.spec !== null && kept !== undefined && question.optional !== true) {
    const again = question.read(question.write(kept), earlier);
    if (again.ok) return { question, value: again.value, source: "lock", notes: [] };
  }
  return null;
}

function readEntry(
  question: Question,
  entry: SpecEntry | undefined,
  earlier: Partial<Answers>,
): ReturnType<typeof accept> | null {
  return entry === undefined ? null : accept(question.read(entry.value, earlier), question.key.join("."), entry.place);
}

function accept(parsed: Parsed<Answer>, subject: string, where?: AppError["where"]): { value: Answer; notes: readonly string[] } {
  if (parsed.ok) return { value: parsed.value, notes: parsed.notes };
  throw usageError("bad-answer", `${subject}: ${parsed.why}.`, `${upperFirst(parsed.fix)}.`, where);
}

function missingAnswers(open: readonly { question: Question; proposal: Proposal<Answer> }[]): AppError {
  const lines = open.map(({ question, proposal }) => `  --${question.flag} ${question.format(proposal.value)}`);
  return new AppError({
    code: "missing-answers",
    exit: 2,
    message: "Not an interactive terminal, and these answers are missing (with the proposed values):",
    details: lines,
    hint: "Give these flags, or accept the proposed values with --yes.",
  });
}
