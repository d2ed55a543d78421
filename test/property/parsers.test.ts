/** Whatever comes in: it is understood, or refused as people can read it. Nothing else is ever thrown. */
import fc from "../support/random-cases.ts";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { parseCommand } from "../../src/cli/args.ts";
import { lifecycleHooks } from "../../src/catalog/hooks.ts";
import { AppError } from "../../src/errors.ts";
import { parseOrigin } from "../../src/gateway/origin.ts";
import { isInside } from "../../src/lock/inside.ts";
import { formatLock, hashText, lockVersion, readLockText, type LockedFile } from "../../src/lock/lock.ts";
import { resolveAnswers } from "../../src/questions/resolve.ts";
import { questions } from "../../src/questions/table.ts";
import { renderEnvironment } from "../../src/render/render.ts";
import type { SpecEntries } from "../../src/spec/spec.ts";
import { parseSpec } from "../../src/spec/parse.ts";
import { catalogue } from "../support/catalogue.ts";
import { anyText, devcontainerFiles, environment, facts, providersInSpec, textFor } from "./arbitraries.ts";

/** What a call gives, or the refusal that it throws; any other error is a failure. */
function attempt<Value>(call: () => Value): Value | AppError {
  try {
    return call();
  } catch (error) {
    return refusal(error);
  }
}

function refusal(error: unknown): AppError {
  if (!(error instanceof AppError)) throw error;
  expect([2, 3]).toContain(error.exit);
  expect(error.message).toMatch(/\S/);
  expect(error.code).toMatch(/^[a-z-]+$/);
  return error;
}

/** A text with a piece taken out and something else put in. */
const damaged = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      text,
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat({ max: 12 }), anyText), {
        minLength: 1,
        maxLength: 3,
      }),
    )
    .map(([whole, edits]) =>
      edits.reduce((current, [where, count, put]) => {
        const at = Math.floor(where * current.length);
        return current.slice(0, at) + put + current.slice(at + count);
      }, whole),
    );

const rendered = environment.map((given) => renderEnvironment(given).spec);
const yamlish = fc
  .array(
    fc.tuple(
      fc.constantFrom("", "", "  ", "    ", "\t", "- ", "? "),
      fc.oneof(
        fc.constantFrom(...questions.flatMap(({ key }) => key), "<<", "__proto__", "image", "&a x", "*a", "!!binary", "'"),
        anyText,
      ),
      fc.constantFrom(": ", ":", " ", ""),
      fc.oneof(
        fc.constantFrom("{}", "[]", "{", "[", "|", ">-", "&a", "*a", "!t", '"', "http://ai", "true", "5", ".nan", "2001-01-01"),
        anyText,
      ),
    ),
    { maxLength: 8 },
  )
  .map((lines) => lines.map((parts) => parts.join("")).join("\n"));

/** Well-formed YAML whose values may be anything. */
const written = fc
  .record(
    {
      name: fc.oneof(anyText, fc.jsonValue()),
      aperture: fc.oneof(
        fc.record({ url: textFor.url, connection: fc.constant("network") }, { requiredKeys: [] }),
        fc.jsonValue(),
      ),
      providers: fc.oneof(fc.constantFrom({ openai: {} }, { anthropic: null }, ["openai"]), providersInSpec, fc.jsonValue()),
      model: fc.oneof(textFor.model, fc.jsonValue()),
      opencode: fc.oneof(
        fc.record({
          version: textFor.opencode,
          style: textFor.style,
          managed: fc.oneof(fc.boolean(), fc.jsonValue()),
          online: fc.oneof(fc.subarray(["share", "lsp"]), fc.jsonValue()),
        }),
        fc.jsonValue(),
      ),
      base: fc.oneof(
        fc.record({ image: anyText, libc: fc.constantFrom("glibc", "musl", "x"), user: fc.oneof(fc.integer(), anyText) }),
        fc.jsonValue(),
      ),
      attribution: fc.oneof(fc.subarray(["repository", "run", "team=payments", "a=$B", "USER"]), fc.jsonValue()),
      codeowners: fc.oneof(fc.subarray(["@acme/platform", "ops@acme.example", "@", "#x"]), fc.jsonValue()),
      doctor: fc.oneof(fc.constantFrom("repository", "package"), fc.jsonValue()),
      outputs: fc.oneof(fc.constant(["devcontainer"]), fc.jsonValue()),
      devcontainer: fc.oneof(
        fc.record(
          {
            files: fc.oneof(fc.constant("all"), fc.subarray([...devcontainerFiles]), fc.jsonValue()),
            containerEnv: fc.dictionary(fc.oneof(fc.constantFrom("TZ", "__proto__"), anyText), fc.oneof(anyText, fc.jsonValue())),
            forwardPorts: fc.array(fc.oneof(fc.integer(), anyText, fc.jsonValue())),
            hooks: fc.dictionary(fc.oneof(fc.constantFrom(...lifecycleHooks), anyText), fc.oneof(anyText, fc.jsonValue())),
          },
          { requiredKeys: [] },
        ),
        fc.jsonValue(),
      ),
    },
    { requiredKeys: [] },
  )
  .map((value) => stringify(value));

test("a spec", async () => {
  const text = fc.oneof(anyText, yamlish, written, damaged(rendered));
  let understood = 0;
  await fc.assert(
    fc.asyncProperty(text, facts, async (given, found) => {
      const spec = attempt(() => parseSpec(given));
      if (spec instanceof AppError) {
        expect(spec.where?.file).toBe("aperture-env.yaml");
        if (spec.where?.line !== undefined) {
          expect(spec.where.line).toBeLessThanOrEqual(given.split("\n").length);
          expect(spec.where.column).toBeGreaterThanOrEqual(1);
        }
        return;
      }
      understood += 1;
      const sources = { flags: {}, spec: spec as SpecEntries, env: {}, lock: null, facts: found };
      await resolveAnswers(sources, { ask: null, acceptDefaults: false }).catch(refusal);
    }),
    { numRuns: 800 },
  );
  expect(understood).toBeGreaterThan(5);
});

/** A file of each kind that this program writes. */
const lockedFiles: Readonly<Record<string, LockedFile>> = {
  ".devcontainer/aperture-env/.gitattributes": { strategy: "lines", hash: hashText("a"), lines: ["a"], created: true },
  ".devcontainer/aperture-env/auth.json": { strategy: "own", hash: hashText("b"), deleted: true, kept: hashText("c") },
  ".devcontainer/Dockerfile": { strategy: "own", hash: hashText("d"), ancestor: ["d"] },
  ".devcontainer.json": {
    strategy: "keys",
    hash: hashText("e"),
    values: [{ path: ["features", "./.devcontainer/aperture-env", "revision"], value: "0123456789ab", item: false, made: 0 }],
    undo: { at: 1, length: 2, text: "x" },
  },
  ".gitignore": { strategy: "block", hash: hashText("f"), lines: ["!/.devcontainer/"] },
  "aperture-env.yaml": { strategy: "seed", hash: hashText("g") },
};

test("a lock", async () => {
  const whole = environment.map(({ answers, release, registry }) =>
    formatLock({
      lockVersion,
      generator: "1.0.0",
      revision: "0123456789ab",
      answers,
      opencode: release,
      registry,
      files: lockedFiles,
    }),
  );
  /** A lock with one value somewhere in it replaced by another. */
  const swapped = fc.tuple(whole, fc.nat(), fc.oneof(fc.jsonValue(), anyText)).map(([text, number, put]) => {
    let count = 0;
    JSON.parse(text, (_key, value: unknown) => {
      count += 1;
      return value;
    });
    let at = 0;
    return JSON.stringify(JSON.parse(text), (_key, value: unknown) => (at++ === number % count ? put : value));
  });
  const text = fc.oneof(anyText, fc.json(), damaged(whole), swapped).filter((given) => given !== undefined);
  let understood = 0;
  await fc.assert(
    fc.asyncProperty(text, facts, async (given, found) => {
      const read = readLockText(given);
      if (read.kind !== "lock") return;
      const { lock } = read;
      understood += 1;
      expect(Object.keys(lock.files).every(isInside)).toBe(true);
      // What is taken is in today's form, and stands as it is written.
      expect(readLockText(formatLock(lock))).toEqual({ kind: "lock", lock });
      // What a lock answers is validated again, and whatever it says there is an environment.
      const spec: SpecEntries = {};
      const { answers } = await resolveAnswers(
        { flags: {}, spec, env: {}, lock: lock.answers, facts: found },
        { ask: null, acceptDefaults: false },
      );
      renderEnvironment({
        answers,
        release: lock.opencode,
        registry: lock.registry,
        shape: { kind: "own" },
        catalogue,
        doctor: "",
      });
    }),
    { numRuns: 800 },
  );
  expect(understood).toBeGreaterThan(5);
});

test("a command line", () => {
  const flags = questions.map(({ flag }) => `--${flag}`);
  const word = fc.oneof(
    fc.constantFrom(
      ...flags,
      "--yes",
      "-y",
      "--json",
      "--cwd",
      "--",
      "-",
      "--no-input",
      "help",
      "create",
      "update",
      "check",
      "remove",
      "--on-conflict",
      "keep",
      "--on-bypass=fix",
      "--unignore",
      "--outdated",
      "--summary",
      "markdown",
      "mock-gateway",
      "--port",
    ),
    fc.tuple(fc.constantFrom("-", "--", "--url=", "--yes=", "--no-"), anyText).map((parts) => parts.join("")),
    anyText,
  );
  const env = fc.dictionary(
    fc.constantFrom(
      "npm_command",
      "npm_config_json",
      "npm_config_dry_run",
      "npm_config_url",
      "npm_config_small_model",
      "npm_config_diff",
    ),
    fc.constantFrom("init", "exec", "true", "", "x"),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), env, (argv, variables) => {
      const command = attempt(() => parseCommand(argv, variables));
      if (!(command instanceof AppError))
        expect(["help", "version", "create", "update", "check", "remove", "mock-gateway"]).toContain(command.kind);
    }),
    { numRuns: 1500 },
  );
});

test("an origin", () => {
  const text = fc.oneof(
    anyText,
    fc.webUrl(),
    fc.tuple(fc.webUrl(), anyText).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(text, (given) => {
      const parsed = parseOrigin(given);
      if (!parsed.ok) expect(parsed.why && parsed.fix).toMatch(/\S/);
      else expect(parseOrigin(parsed.value)).toEqual({ ok: true, value: parsed.value, notes: [] });
    }),
    { numRuns: 1500 },
  );
});
