/** The line at the end of a run gives the same run again. */
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCommand, verbs } from "../../src/cli/args.ts";
import { repeatArguments, repeatLine } from "../../src/questions/repeat.ts";
import { resolveAnswers, type AnswerSources, type Resolution } from "../../src/questions/resolve.ts";
import { questions } from "../../src/questions/table.ts";
import type { Answers, QuestionId } from "../../src/questions/types.ts";
import { anyText, facts, textFor } from "./arbitraries.ts";

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
      const given = ways[index] !== "none" && parsed.ok && texts[question.id] !== "";
      if (given && ways[index] === "flag") flags[question.id] = texts[question.id];
      else if (given) env[question.env[0]!] = texts[question.id];
      earlier[question.id] = given && parsed.ok ? parsed.value : question.propose(found, earlier as Partial<Answers>).value;
    }
    return { flags, spec: null, env, lock: null, facts: found };
  });
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
      if (command.kind === "create") expect(command.directory).toBe(folder?.startsWith("-") === true ? `./${folder}` : folder);
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

test.skipIf(process.platform === "win32")("a shell reads the line as those arguments", async () => {
  const samples = fc.sample(fc.tuple(sources, directory), 150);
  const expected: string[] = [];
  const script: string[] = [];
  for (const [given, folder] of samples) {
    const { resolved } = await resolveAnswers(given, byItself);
    const argv = repeatArguments(resolved, folder).map((word) => Buffer.from(word, "utf8").toString("utf8"));
    expected.push(...(folder === null ? ["--", ...argv] : [argv[0]!, "--", ...argv.slice(1)]), "next");
    script.push(repeatLine(resolved, folder, null), "npm create aperture-env@latest next");
  }
  const shell = `npm() { [ "$1 $2" = "create aperture-env@latest" ] || exit 1; shift 2; printf '%s\\0' "$@"; }\n${script.join("\n")}\n`;
  const seen = execFileSync("sh", { input: shell, encoding: "utf8", maxBuffer: 1e8 }).split("\0").slice(0, -1);
  expect(seen).toEqual(expected);
});
