/** Asks a person the questions, and remembers the answers for a person who goes back. */
import { cancelledError } from "../errors.ts";
import { askOne, askSome, askText, back, type Line, type Terminal } from "./screen.ts";
import type { Answered, Ask } from "./resolve.ts";
import { questionOf } from "./table.ts";
import type { Answer, Answers, Choice, Parsed, Question, QuestionId } from "./types.ts";

export { askChoice, askStep, askYes, back, closeScreen, framed, leaveScreen, openScreen, waitFor, yesOrNo } from "./screen.ts";

/** The line to pick for an answer outside of the list. */
const other = "another …";

/** An answer; null if the person went back. */
type Given = Answered | null;

/** Asks the questions, and knows the way back to the last of them. */
export interface Asking {
  /**
   * Asks one question. Gives null if the person went back to the question before. Throws `cancelled` on Ctrl-C and Ctrl-D, and on Escape at the first
   * question.
   */
  readonly ask: Ask;
  /** The next time, these of the given answers are repeated unasked. Gives whether any answer was given. */
  repeat(howMany: "none" | "all" | "all but the last"): boolean;
}

/** Asks on this terminal. */
export function askOn(terminal: Terminal): Asking {
  const remembered = new Map<QuestionId, Answered>();
  let last: QuestionId | undefined;
  // The questions that are not asked again.
  let repeated: QuestionId[] = [];
  const ask: Ask = async (question, proposal, earlier, choices, isFirst) => {
    const before = remembered.get(question.id);
    const again = before === undefined ? null : question.read(question.write(before.value), earlier);
    if (before !== undefined && again?.ok === true && repeated.includes(question.id)) return before;
    repeated = [];
    const proposed = again?.ok === true ? again.value : proposal.value;
    const answer = await askQuestion(terminal, question, { proposed, because: proposal.because, earlier, choices });
    if (answer === null && isFirst) throw cancelledError();
    if (answer !== null) {
      remembered.set(question.id, answer);
      last = question.id;
    }
    return answer;
  };
  const repeat: Asking["repeat"] = (howMany) => {
    repeated = howMany === "none" ? [] : [...remembered.keys()].filter((id) => howMany === "all" || id !== last);
    return last !== undefined;
  };
  return { ask, repeat };
}

interface Asked {
  readonly proposed: Answer;
  readonly because: string | undefined;
  readonly earlier: Partial<Answers>;
  readonly choices: readonly Choice[];
}

async function askQuestion(terminal: Terminal, question: Question, asked: Asked): Promise<Given> {
  const { proposed, earlier, choices } = asked;
  if (question.kind === "list") return askList(terminal, question, asked);
  if (question.kind === "choice" || choices.length > 0) return askChoiceOf(terminal, question, asked);
  return askTyped(terminal, question.message, question.format(proposed), (typed) => question.parse(typed, earlier));
}

async function askList(terminal: Terminal, question: Question, { proposed, earlier, choices }: Asked): Promise<Given> {
  let initial = question.format(proposed).split(",");
  // What was named before and is in no list stands there, too.
  const named = initial.filter((value) => !choices.some((choice) => choice.value === value)).map((value) => ({ value }));
  const lines = [...choices, ...named, ...(question.other === undefined ? [] : [{ value: other, label: question.other.label }])];
  for (;;) {
    const picked = await askSome(terminal, question.message, lines, initial, other);
    if (picked === back) return null;
    const listed = picked.filter((value) => value !== other);
    if (question.other === undefined || listed.length === picked.length)
      return valueOf(question.parse(listed.join(","), earlier));
    const read = (typed: string): Parsed<Answer> => question.parse([...listed, typed].join(","), earlier);
    const answer = await askTyped(terminal, question.other.message, "", read);
    if (answer !== null) return answer;
    initial = [...picked];
  }
}

async function askChoiceOf(terminal: Terminal, question: Question, asked: Asked): Promise<Given> {
  const { proposed, because, earlier, choices } = asked;
  const isListed = typeof proposed === "string" && choices.some(({ value }) => value === proposed);
  const lines: Line[] = choices.map(({ value, label, hint }) => ({
    value,
    label,
    hint: [hint, ...(value === proposed && because !== undefined && question.id === "base" ? [`${because} is here`] : [])]
      .filter(Boolean)
      .join("; "),
  }));
  // What was named before and is in no list stands there, too.
  if (!isListed && typeof proposed === "string") lines.unshift({ value: proposed });
  if (question.other !== undefined) lines.push({ value: other, label: question.other.label });
  for (;;) {
    const initial = typeof proposed === "string" ? proposed : other;
    const picked = await askOne(terminal, question.message, lines, initial, other);
    if (picked === back) return null;
    if (picked !== other) return valueOf(question.parse(picked, earlier));
    const answer =
      question.id === "base"
        ? await askImage(terminal, proposed)
        : await askTyped(terminal, question.other!.message, question.format(proposed), (typed) => question.parse(typed, earlier));
    if (answer !== null) return answer;
  }
}

/** The user's own image, with its C library and account. */
async function askImage(terminal: Terminal, proposed: Answer): Promise<Given> {
  const {
    image: named = "",
    libc: known = "glibc",
    user: account = "root",
  } = typeof proposed === "object" ? (proposed as { image?: string; libc?: string; user?: string }) : {};
  const read = (fields: object): Parsed<Answer> => questionOf("base").read({ libc: "glibc", user: "root", ...fields }, {});
  const libcs = [
    { value: "glibc", hint: "Debian, Ubuntu, Fedora, …" },
    { value: "musl", hint: "Alpine" },
  ];
  const answers = [named, known, account];
  for (let step = 0; ;) {
    const [image, libc, user] = answers as [string, string, string];
    const answer =
      step === 0
        ? await askPlain(terminal, "Which image? (such as ghcr.io/acme/dev:1)", image, (typed) => read({ image: typed }))
        : step === 1
          ? await askOne(terminal, "Which C library does it have?", libcs, libc)
          : await askPlain(terminal, "Which account works in it?", user, (typed) => read({ image, user: typed }));
    if (answer === back) {
      if (step-- === 0) return null;
      continue;
    }
    answers[step] = answer;
    if (++step === answers.length) return valueOf(read({ image, libc, user: answer }));
  }
}

/** A text without choices. */
async function askTyped(
  terminal: Terminal,
  message: string,
  initial: string,
  read: (typed: string) => Parsed<Answer>,
): Promise<Given> {
  const typed = await askPlain(terminal, message, initial, read);
  return typed === back ? null : valueOf(read(typed));
}

/** A text, read by `taken`. */
async function askPlain(
  terminal: Terminal,
  message: string,
  initial: string,
  read: (typed: string) => Parsed<Answer>,
): Promise<string | typeof back> {
  const typed = await askText(terminal, message, initial, (text) => complaint(read(taken(text, read))));
  return typed === back ? back : taken(typed, read);
}

/**
 * The intended text: as typed, else without a spec key in front (`user: root`, as errors write it), without quotes around it and without a final full
 * stop.
 */
function taken(typed: string, read: (typed: string) => Parsed<Answer>): string {
  const bare = typed
    .trim()
    .replace(/^[a-z_]+: +/, "")
    .replace(/^(["'`])(.*)\1\.?$/, "$2");
  return !read(typed).ok && read(bare).ok ? bare : typed;
}

function complaint(parsed: Parsed<Answer>): string | undefined {
  return parsed.ok ? undefined : `${parsed.why}: ${parsed.fix}`;
}

function valueOf(parsed: Parsed<Answer>): Answered {
  if (!parsed.ok) throw new Error(`an answer passed its check and failed when read: ${parsed.why}`);
  return parsed;
}
