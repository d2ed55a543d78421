/**
 * Asks a person, by clack. The only module that knows the prompt library, which writes to the terminal by itself: whatever it is to show is made
 * visible first. Every cancel becomes the one `cancelled` error.
 */
import { confirm, isCancel, multiselect, select, text, updateSettings, type CommonOptions } from "@clack/prompts";
import { cancelledError } from "../errors.ts";
import { visible } from "../text/terminal.ts";
import type { Answered, Ask } from "./resolve.ts";
import { questionOf } from "./table.ts";
import type { Answers, Choice, Parsed, Question } from "./types.ts";

/** Streams of the terminal. */
export type Terminal = Pick<CommonOptions, "input" | "output">;

// Ctrl-D, the end of the input: without this, Node's line editor only stops reading, and the program ends with 0 as if all were done.
updateSettings({ aliases: { "\x04": "cancel" } });

const otherImage = "another image …";

/** Gives the function that asks one question on this terminal. Throws `cancelled` on Ctrl-C, Ctrl-D and Escape. */
export function askOn(terminal: Terminal): Ask {
  return async (question, proposal, earlier, choices) => {
    if (question.id === "base") return askBase(terminal, choices, proposal.value as string, proposal.because);
    if (question.kind === "list") return askList(terminal, question, proposal.value, earlier, choices);
    const typed = await answered(
      text({
        ...terminal,
        message: visible(question.message),
        initialValue: visible(question.format(proposal.value as never)),
        validate: (value) => complaint(question.parse(value ?? "", earlier)),
      }),
    );
    return valueOf(question.parse(typed, earlier));
  };
}

/** Asks a yes-or-no question. Throws `cancelled` on Ctrl-C, Ctrl-D and Escape. */
export async function askYes(terminal: Terminal, message: string): Promise<boolean> {
  return answered(confirm({ ...terminal, message: visible(message) }));
}

/** Asks for one of several ways out of something; `hint` says what each comes to. Throws `cancelled` on Ctrl-C, Ctrl-D and Escape. */
export async function askChoice<Value extends string>(
  terminal: Terminal,
  message: string,
  choices: readonly { readonly value: Value; readonly hint: string }[],
): Promise<Value> {
  const options = choices.map(({ value, hint }) => ({ value: value as string, label: visible(value), hint: visible(hint) }));
  return (await answered(select({ ...terminal, message: visible(message), options }))) as Value;
}

async function askList(
  terminal: Terminal,
  question: Question,
  proposed: unknown,
  earlier: Partial<Answers>,
  choices: readonly Choice[],
): Promise<Answered> {
  const picked = await answered(
    multiselect({
      ...terminal,
      message: visible(question.message),
      options: choices.map(({ value, label, hint }) => ({
        value,
        label: visible(label),
        ...(hint !== undefined && { hint: visible(hint) }),
      })),
      initialValues: question.format(proposed as never).split(","),
      required: true,
    }),
  );
  return valueOf(question.parse(picked.join(","), earlier));
}

async function askBase(
  terminal: Terminal,
  choices: readonly Choice[],
  proposed: string,
  because: string | undefined,
): Promise<Answered> {
  const question = questionOf("base");
  const options = choices.map(({ value, label, hint }) => ({
    value,
    label: visible(label),
    hint: visible(value === proposed && because !== undefined ? `${hint}; ${because} is here` : (hint ?? "")),
  }));
  const picked = await answered(
    select({
      ...terminal,
      message: visible(question.message),
      options: [...options, { value: otherImage, label: otherImage, hint: "" }],
      initialValue: proposed,
      maxItems: 12,
    }),
  );
  if (picked !== otherImage) return valueOf(question.parse(picked, {}));
  const rest = { libc: "glibc", user: "root" };
  const image = await answered(
    text({
      ...terminal,
      message: "Which image?",
      placeholder: "ghcr.io/acme/dev:1",
      validate: (value) => complaint(question.read({ image: value ?? "", ...rest }, {})),
    }),
  );
  const libc = await answered(
    select({
      ...terminal,
      message: "Which C library does it have?",
      options: [
        { value: "glibc", label: "glibc", hint: "Debian, Ubuntu, Fedora, …" },
        { value: "musl", label: "musl", hint: "Alpine" },
      ],
    }),
  );
  const user = await answered(
    text({
      ...terminal,
      message: "Which account works in it?",
      placeholder: "root",
      validate: (value) => complaint(question.read({ image, libc, user: value ?? "" }, {})),
    }),
  );
  return valueOf(question.read({ image, libc, user }, {}));
}

async function answered<Value>(prompt: Promise<Value>): Promise<Exclude<Value, symbol>> {
  const value = await prompt;
  if (isCancel(value)) throw cancelledError();
  return value as Exclude<Value, symbol>;
}

function complaint(parsed: Parsed<unknown>): string | undefined {
  return parsed.ok ? undefined : visible(`${parsed.why}: ${parsed.fix}`);
}

function valueOf(parsed: Parsed<unknown>): Answered {
  if (!parsed.ok) throw new Error(`an answer passed its check and failed when read: ${parsed.why}`);
  return parsed;
}
