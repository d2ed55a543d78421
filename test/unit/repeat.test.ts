/** The command that repeats a run. */
import { describe, expect, test } from "vitest";
import { formatShell } from "../../src/render/escape.ts";
import { repeatArguments, repeatLine } from "../../src/questions/repeat.ts";
import { questionOf } from "../../src/questions/table.ts";
import type { Resolved } from "../../src/questions/resolve.ts";
import type { Answers, QuestionId, Source } from "../../src/questions/types.ts";

const answer = <Id extends QuestionId>(id: Id, value: Answers[Id], source: Source = "flag"): Resolved =>
  ({ question: questionOf(id), value, source, notes: [] }) as unknown as Resolved;

describe("arguments", () => {
  const table: readonly (readonly [string, readonly Resolved[], string | null, readonly string[]])[] = [
    ["nothing was said", [], null, ["--yes"]],
    ["a folder", [], "my app", ["my app", "--yes"]],
    ["a folder that looks like a flag", [], "-x", ["./-x", "--yes"]],
    ["defaults need no flag", [answer("url", "http://ai", "default"), answer("managed", false, "default")], null, ["--yes"]],
    ["what spec and lock say is there", [answer("url", "http://a", "spec"), answer("name", "x", "lock")], null, ["--yes"]],
    [
      "what was given, found or answered is repeated",
      [
        answer("url", "http://gw"),
        answer("providers", [{ id: "openai", api: "responses" }], "answer"),
        answer("base", "go", "detected"),
        answer("name", "my app", "environment"),
      ],
      null,
      ["--url", "http://gw", "--providers", "openai", "--base", "go", "--name", "my app", "--yes"],
    ],
    ["a switch that is on", [answer("managed", true)], null, ["--managed", "--yes"]],
    ["a switch that is off is the default", [answer("managed", false, "environment")], null, ["--yes"]],
    [
      "an image of one's own",
      [answer("base", { image: "a:1", libc: "musl", user: "root" })],
      null,
      ["--base", "image=a:1,libc=musl,user=root", "--yes"],
    ],
    [
      "of a map, an entry each",
      [
        answer("containerEnv", { TZ: "UTC", A: "x=y z", EMPTY: "" }),
        answer("hooks", { postCreateCommand: "npm ci" }, "environment"),
      ],
      null,
      [
        "--container-env",
        "TZ=UTC",
        "--container-env",
        "A=x=y z",
        "--container-env",
        "EMPTY=",
        "--hook",
        "postCreateCommand=npm ci",
        "--yes",
      ],
    ],
    ["a map without entries needs none", [answer("containerEnv", {}), answer("hooks", {}, "answer")], null, ["--yes"]],
    [
      "dev containers and ports",
      [
        answer("devcontainers", [".devcontainer.json", ".devcontainer/a b/devcontainer.json"], "answer"),
        answer("forwardPorts", [3000, "db:5432"]),
      ],
      null,
      ["--devcontainers", ".devcontainer.json,.devcontainer/a b/devcontainer.json", "--forward-ports", "3000,db:5432", "--yes"],
    ],
    [
      "all dev containers, where there are several",
      [answer("devcontainers", ["all"], "detected")],
      null,
      ["--devcontainers", "all", "--yes"],
    ],
    ["a value that looks like a flag", [answer("name", "--yes")], null, ["--name=--yes", "--yes"]],
  ];

  test.each(table)("%s", (_what, resolved, directory, words) => {
    expect(repeatArguments(resolved, directory)).toEqual(words);
  });
});

describe("the line", () => {
  const table: readonly (readonly [readonly Resolved[], string | null, string])[] = [
    [[], null, "npm create aperture-env@latest -- --yes"],
    [[answer("url", "http://gw:8080")], null, "npm create aperture-env@latest -- --url http://gw:8080 --yes"],
    [[answer("url", "http://gw")], "app", "npm create aperture-env@latest app -- --url http://gw --yes"],
    [[], "it's here", `npm create aperture-env@latest 'it'\\''s here' -- --yes`],
    [[], "./update", "npm create aperture-env@latest ./update -- --yes"],
    [[answer("name", "a $(id) `b`")], null, "npm create aperture-env@latest -- --name 'a $(id) `b`' --yes"],
    [
      [answer("hooks", { postStartCommand: `echo "it's" $HOME` })],
      null,
      `npm create aperture-env@latest -- --hook 'postStartCommand=echo "it'\\''s" $HOME' --yes`,
    ],
    [[answer("name", "-")], "-", "npm create aperture-env@latest ./- -- --name=- --yes"],
  ];

  test.each(table)("%j %j: %s", (resolved, directory, line) => {
    expect(repeatLine(resolved, directory, { cwd: null, onBypass: null, unignore: false })).toBe(line);
  });

  test("names the folder of --cwd", () => {
    expect(repeatLine([], "app", { cwd: "some where", onBypass: null, unignore: false })).toBe(
      "npm create aperture-env@latest app -- '--cwd=some where' --yes",
    );
  });
});

test.each([
  ["plain-1.2_3/@%+=:,", "plain-1.2_3/@%+=:,"],
  ["", "''"],
  ["a b", "'a b'"],
  ["~", "'~'"],
  ["*", "'*'"],
  ["it's", `'it'\\''s'`],
  ["a\nb", "'a\nb'"],
])("the word %j is written %s", (word, written) => {
  expect(formatShell(word)).toBe(written);
});
