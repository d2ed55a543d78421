/** The line at the end of a run gives the same run again. */
import { execFileSync } from "node:child_process";
import fc from "../support/random-cases.ts";
import { expect, test } from "vitest";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { parseCommand, verbs } from "../../src/cli/args.ts";
import { repeatArguments, repeatLine } from "../../src/questions/repeat.ts";
import { resolveAnswers, type AnswerSources, type Resolution } from "../../src/questions/resolve.ts";
import { questions } from "../../src/questions/table.ts";
import type { Answers, QuestionId } from "../../src/questions/types.ts";
import { renderEnvironment } from "../../src/render/render.ts";
import { writeFlags } from "../../src/prepare/answers.ts";
import { editSpec, parseSpec } from "../../src/spec/file.ts";
import { anyText, environment, facts, textFor } from "./arbitraries.ts";

const byItself = { ask: null, acceptDefaults: true };

/** Flags and variables that are understood, each question from one of them or from none. */
const sources: fc.Arbitrary<AnswerSources> = fc
  .tuple(
    facts,
    fc.record(textFor),
    fc.array(fc.constantFrom("flag", "env", "none"), { minLength: questions.length, maxLength: questions.length }),
  )
  .map(([found, texts, ways]) => {
    const flags: Partial<Record<QuestionId, string>> = {};
    const env: Record<string, string> = {};
    const earlier: Record<string, unknown> = {};
    for (const [index, question] of questions.entries()) {
      const parsed = question.parse(texts[question.id], earlier as Partial<Answers>);
      // What is about nothing here may stand in a variable, and is refused as a flag.
      const applies = question.applies?.(found) !== false;
      const way = applies || ways[index] !== "flag" ? ways[index] : "none";
      const given = way !== "none" && parsed.ok && texts[question.id] !== "";
      if (given && way === "flag") flags[question.id] = texts[question.id];
      else if (given) env[question.env[0]!] = texts[question.id];
      earlier[question.id] =
        given && applies && parsed.ok ? parsed.value : question.propose(found, earlier as Partial<Answers>).value;
    }
    return { flags, spec: null, env, lock: null, facts: found };
  });
/** What a file begins with, and its line ends. */
const layout = fc.constantFrom(["", "\n"] as const, ["", "\r\n"] as const, ["\ufeff", "\n"] as const);
const directory = fc.oneof(
  fc.constant(null),
  anyText.filter((text) => text !== "" && !text.includes("\0") && !verbs.includes(text)),
);

const again = (argv: readonly string[], given: AnswerSources): Promise<Resolution> => {
  const command = parseCommand(argv, {});
  if (command.kind !== "create") throw new Error(`it is read as ${command.kind}`);
  return resolveAnswers({ ...given, env: {}, flags: command.flags }, byItself);
};

test("the arguments give the same answers", async () => {
  await fc.assert(
    fc.asyncProperty(sources, directory, async (given, folder) => {
      const first = await resolveAnswers(given, byItself);
      const argv = repeatArguments(first.resolved, folder);
      const command = parseCommand(argv, {});
      expect(command).toMatchObject({ kind: "create", switches: { yes: true } });
      if (command.kind === "create")
        expect(command.directories).toEqual(folder === null ? [] : [folder.startsWith("-") ? `./${folder}` : folder]);
      expect((await again(argv, given)).answers).toEqual(first.answers);
      expect(repeatArguments((await again(argv, given)).resolved, folder), "and the same line").toEqual(argv);
    }),
    { numRuns: 400 },
  );
});

test("what a person answered is given again", async () => {
  await fc.assert(
    fc.asyncProperty(sources, async (given) => {
      const wanted = await resolveAnswers(given, byItself);
      const first = await resolveAnswers(
        { ...given, flags: {}, env: {} },
        { ask: (question) => Promise.resolve({ value: wanted.answers[question.id], notes: [] }), acceptDefaults: false },
      );
      const argv = repeatArguments(first.resolved, null);
      expect((await again(argv, given)).answers).toEqual(first.answers);
    }),
    { numRuns: 200 },
  );
});

const byId = (left: { readonly id: string }, right: { readonly id: string }): number => (left.id < right.id ? -1 : 1);

test("what flags say stands in the spec afterwards: without them the next run gives the same", async () => {
  const seen = { changed: 0, same: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(environment, fc.record(textFor, { requiredKeys: [] }), layout, async (given, texts, [start, end]) => {
      const devcontainers = given.shape.kind === "feature" ? given.shape.files : [];
      const found = { folder: "somewhere", base: null, devcontainers, opencode: pinnedRelease.version, today: "2026-11-25" };
      const before = start + renderEnvironment(given).spec.replaceAll("\n", end);
      const flags = Object.fromEntries(
        questions.flatMap(({ id, applies, parse }) => {
          const text = texts[id];
          const given = text !== undefined && applies?.(found) !== false && parse(text, {}).ok;
          return given ? [[id, text] as const] : [];
        }),
      );
      const common = { env: {}, lock: given.answers, facts: found };
      let first: Resolution;
      try {
        first = await resolveAnswers({ ...common, spec: parseSpec(before), flags }, byItself);
      } catch (error) {
        expect(error).toMatchObject({ code: "bad-answer", exit: 2 });
        seen.refused += 1;
        return;
      }
      const { editedSpec: edited, answers } = writeFlags(before, { editSpec, parseSpec }, first);
      if (!edited.ok) throw new Error(`${edited.why}, ${edited.line}:${edited.column}`);
      seen[edited.text === before ? "same" : "changed"] += 1;
      const next = { ...common, lock: answers, flags: {} };
      const second = await resolveAnswers({ ...next, spec: parseSpec(edited.text) }, byItself);
      expect(second.answers).toEqual(answers);
      // Reading them again changes nothing but the order of providers, which is the spec's from then on.
      const ordered = ({ providers, ...rest }: Answers): object => ({ ...rest, providers: [...providers].sort(byId) });
      expect(ordered(answers)).toEqual(ordered(first.answers));
      // The same flags once more say nothing new.
      const again = await resolveAnswers({ ...next, spec: parseSpec(edited.text), flags }, byItself);
      expect(writeFlags(edited.text, { editSpec, parseSpec }, again).editedSpec).toEqual(edited);
      const comments = (text: string): string[] => text.split("\n").filter((line) => /^\s*#/.test(line));
      expect(comments(edited.text)).toEqual(comments(before));
      expect(edited.text.startsWith("\ufeff")).toBe(start !== "");
      expect(new Set(edited.text.match(/\r\n|\r|\n/g)), "line ends are the file's own").toEqual(new Set([end]));
    }),
    { numRuns: 300 },
  );
  expect(Math.min(seen.changed, seen.refused)).toBeGreaterThan(20);
});

test.skipIf(process.platform === "win32")("a shell reads the line as those arguments", async () => {
  const samples = fc.sample(fc.tuple(sources, directory), 150);
  const expected: string[] = [];
  const script: string[] = [];
  for (const [given, folder] of samples) {
    const { resolved } = await resolveAnswers(given, byItself);
    const argv = repeatArguments(resolved, folder).map((word) => Buffer.from(word, "utf8").toString("utf8"));
    expected.push(...(folder === null ? ["--", ...argv] : [argv[0]!, "--", ...argv.slice(1)]), "next");
    script.push(
      repeatLine(resolved, folder, { cwd: null, onBypass: null, unignore: false }),
      "npm create aperture-env@latest next",
    );
  }
  const shell = `npm() { [ "$1 $2" = "create aperture-env@latest" ] || exit 1; shift 2; printf '%s\\0' "$@"; }\n${script.join("\n")}\n`;
  const seen = execFileSync("sh", { input: shell, encoding: "utf8", maxBuffer: 1e8 }).split("\0").slice(0, -1);
  expect(seen).toEqual(expected);
});
