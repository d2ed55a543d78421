/** The same decisions give the same bytes, and the revision speaks for the image and for nothing else. */
import fc from "../support/random-cases.ts";
import { expect, test } from "vitest";
import { featureFolder, featurePath } from "../../src/catalog/files.ts";
import { formatLock, lockVersion, parseLock, type Lock } from "../../src/lock/lock.ts";
import { questions } from "../../src/questions/table.ts";
import type { Answers } from "../../src/questions/types.ts";
import { type Environment } from "../../src/render/context.ts";
import { wantedFiles } from "../support/memory.ts";
import { renderEnvironment, type Rendered } from "../../src/render/render.ts";
import { accept, devcontainerFiles, environment, texts } from "./arbitraries.ts";

const imageOf = ({ files }: Rendered): object => files.filter((file) => file.image).map(({ path, text }) => [path, text]);

/** The same value with the keys of every object in another order; lists stay. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, turned(inner)]),
  );
}

test("the same environment gives the same bytes, however its keys are ordered", () => {
  fc.assert(
    fc.property(environment, (given) => {
      const first = renderEnvironment(given);
      expect(renderEnvironment(structuredClone(given))).toEqual(first);
      // Variables and hooks are read into an order of their own.
      const { containerEnv, hooks } = given.answers;
      const other: Environment = {
        ...given,
        answers: { ...(turned(given.answers) as Answers), containerEnv, hooks },
        shape: turned(given.shape) as Environment["shape"],
      };
      expect(renderEnvironment({ ...(turned(other) as Environment), answers: other.answers }).spec).toBe(first.spec);
      expect(renderEnvironment(other)).toEqual(first);
    }),
    { numRuns: 80 },
  );
});

test("what was rendered before has no influence", () => {
  fc.assert(
    fc.property(environment, environment, (one, two) => {
      const first = renderEnvironment(one);
      renderEnvironment(two);
      expect(renderEnvironment(one)).toEqual(first);
    }),
    { numRuns: 30 },
  );
});

test("the revision changes when, and only when, a file of the image changes", () => {
  const changed = fc.tuple(environment, texts, fc.constantFrom(...questions.map(({ id }) => id))).map(([given, fresh, id]) => {
    const written = Object.fromEntries(
      questions.map((question) => [question.id, question.format(given.answers[question.id] as never)]),
    );
    return [given, { ...given, answers: accept({ ...written, ...(fresh[id] !== undefined && { [id]: fresh[id] }) }) }] as const;
  });
  const seen = { same: 0, other: 0 };
  fc.assert(
    fc.property(changed, ([before, after]) => {
      const [one, two] = [renderEnvironment(before), renderEnvironment(after)];
      expect(one.revision).toMatch(/^[0-9a-f]{12}$/);
      const same = JSON.stringify(imageOf(one)) === JSON.stringify(imageOf(two));
      seen[same ? "same" : "other"] += 1;
      expect(one.revision === two.revision).toBe(same);
    }),
    { numRuns: 150 },
  );
  expect(Math.min(seen.same, seen.other)).toBeGreaterThan(10);
});

test("what counts for the image is all but what editors, git and reviewers read", () => {
  const files = wantedFiles({ kind: "own" });
  expect(files.filter((file) => !file.image).map(({ path }) => path)).toEqual([
    `${featureFolder}/.gitattributes`,
    `${featureFolder}/.prettierrc.toml`,
    `${featureFolder}/spec.schema.json`,
    ".devcontainer/devcontainer.json",
  ]);
  for (const shape of [[".devcontainer.json"], [".devcontainer.json", ".devcontainer/a/devcontainer.json"]]) {
    const feature = wantedFiles({ kind: "feature", files: shape });
    const plain = ({ context: _context, ...file }: (typeof files)[number]): object => file;
    expect(feature.map(plain)).toEqual(files.filter(({ path }) => path.startsWith(`${featureFolder}/`)).map(plain));
  }
});

test("a name changes what editors show, not the image; an origin changes both", () => {
  fc.assert(
    fc.property(environment, (given) => {
      const { revision } = renderEnvironment(given);
      const renamed = renderEnvironment({ ...given, answers: { ...given.answers, name: `${given.answers.name}!` } });
      expect(renamed.revision).toBe(revision);
      const moved = renderEnvironment({ ...given, answers: { ...given.answers, url: `${given.answers.url}0` } });
      expect(moved.revision).not.toBe(revision);
    }),
    { numRuns: 30 },
  );
});

test("what the dev container is asked for changes what goes into an image only as hooks of a Feature", () => {
  const seen = { own: 0, feature: 0 };
  fc.assert(
    fc.property(environment, environment, (given, { answers }) => {
      const { containerEnv, forwardPorts, hooks } = answers;
      const { kind } = given.shape;
      const { revision } = renderEnvironment(given);
      const open = renderEnvironment({ ...given, answers: { ...given.answers, containerEnv, forwardPorts } });
      expect(open.revision).toBe(revision);
      const hooked = renderEnvironment({ ...given, answers: { ...given.answers, hooks } });
      const same = kind === "own" || JSON.stringify(hooks) === JSON.stringify(given.answers.hooks);
      if (!same) seen.feature += 1;
      else if (kind === "own") seen.own += 1;
      expect(hooked.revision === revision).toBe(same);
    }),
    { numRuns: 100 },
  );
  expect(Math.min(seen.own, seen.feature)).toBeGreaterThan(5);
});

/** What is the same for all of them: not what goes into each. */
const withoutPieces = ({ pieces: _pieces, ...made }: Rendered): object => made;

test("of the dev containers counts only how they name the Feature: not their order, and not how many there are", () => {
  const files = fc.subarray([...devcontainerFiles], { minLength: 1 });
  const seen = { one: 0, several: 0 };
  fc.assert(
    fc.property(environment, files, (given, chosen) => {
      const names = new Set(chosen.map(featurePath));
      seen[names.size === 1 ? "one" : "several"] += 1;
      const made = renderEnvironment({ ...given, shape: { kind: "feature", files: chosen } });
      const turnedRound = renderEnvironment({ ...given, shape: { kind: "feature", files: [...chosen].reverse() } });
      expect(turnedRound).toEqual(made);
      // One of each name gives the same as all of that name.
      const representatives = [...names].map((name) => chosen.find((file) => featurePath(file) === name)!);
      const fewer = renderEnvironment({ ...given, shape: { kind: "feature", files: representatives } });
      expect(withoutPieces(fewer)).toEqual(withoutPieces(made));
      if (names.size > 1) {
        const all = renderEnvironment({ ...given, shape: { kind: "feature", files: devcontainerFiles } });
        expect(withoutPieces(all), "whichever several they are").toEqual(withoutPieces(made));
      }
    }),
    { numRuns: 60 },
  );
  expect(Math.min(seen.one, seen.several)).toBeGreaterThan(5);
});

test("a lock is written the same, in whichever order its files came, and is read again", () => {
  const hash = fc.stringMatching(/^sha256-[0-9a-f]{64}$/);
  const path = fc
    .stringMatching(/^[a-z0-9.-]{1,6}(\/[a-z0-9-]{1,6}){0,2}$/)
    .filter((name) => !/^\.{1,2}(?:\/|$)|^\.git(?:\/|$)/.test(name));
  const files = fc.uniqueArray(fc.tuple(path, hash), { selector: ([name]) => name, maxLength: 12 });
  fc.assert(
    fc.property(environment, files, ({ answers, release, registry }, entries) => {
      const lockOf = (list: typeof entries): Lock => ({
        lockVersion,
        generator: "1.0.0",
        revision: "0123456789ab",
        answers,
        opencode: release,
        registry,
        files: Object.fromEntries(
          list.map(([name, digest]) => [`${featureFolder}/${name}`, { strategy: "own" as const, hash: digest }]),
        ),
      });
      const text = formatLock(lockOf(entries));
      expect(formatLock(lockOf([...entries].reverse()))).toBe(text);
      expect(parseLock(text)).toEqual(lockOf(entries));
      expect(formatLock(parseLock(text)!)).toBe(text);
    }),
    { numRuns: 150 },
  );
});
