/**
 * Two of the commands at the same time, in real processes: afterwards the tree is what one of them alone, or one after the other, would have
 * left, and both say so with their exit status.
 */
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeFolder, treeOf, type Files } from "../cli/harness.ts";

const bin = join(import.meta.dirname, "..", "..", "dist", "bin.js");

let folder: ReturnType<typeof makeFolder>;
beforeAll(async () => {
  expect(existsSync(bin), "dist is built before this tier").toBe(true);
  folder = makeFolder();
  mkdirSync(at("empty"), { recursive: true });
  expect(await run(at("made"), "create --yes --name x")).toMatchObject({ exit: 0 });
  cpSync(at("made"), at("changed"), { recursive: true });
  const spec = join(at("changed"), "aperture-env.yaml");
  writeFileSync(spec, readFileSync(spec, "utf8").replace(/url: .*/, "url: http://changed"));
  cpSync(at("made"), at("edited"), { recursive: true });
  rmSync(join(at("edited"), ".devcontainer/Dockerfile"));
  const config = join(at("edited"), ".devcontainer/devcontainer.json");
  writeFileSync(config, readFileSync(config, "utf8").replace("{", "{\n  // mine"));
});
afterAll(() => folder.remove());

/** A repository's folder: all have the same name, since a project's name comes from it. */
function at(name: string): string {
  return join(folder.folder, name, "repository");
}

/** What a run came to. */
interface Ended {
  readonly exit: number;
  /** The error's code; empty where there is none. */
  readonly code: string;
  readonly said: string;
}

function run(root: string, command: string): Promise<Ended> {
  mkdirSync(root, { recursive: true });
  const child = spawn(process.execPath, [bin, ...command.split(" "), "--json"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"]!, npm_config_registry: "http://npm.example", XDG_STATE_HOME: join(folder.folder, "state") },
  });
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) child[name].on("data", (data: Buffer) => (said[name] += data.toString()));
  return new Promise((resolve) => {
    child.on("close", (exit) => {
      const code = /"error": \{\s*"code": "([^"]+)"/.exec(said.stdout)?.[1] ?? "";
      resolve({ exit: exit ?? -1, code, said: said.stdout + said.stderr });
    });
  });
}

/** Ends of a command that gave way to another one. */
const gaveWay = ["another-run", "changed-meanwhile"];

interface Outcome {
  readonly exits: readonly [number, number];
  readonly tree: Files;
}

/** What the two come to where each has the repository for itself: one after the other, both ways; and one alone, the other giving way. */
async function serially(state: string, first: string, second: string): Promise<{ both: Outcome[]; alone: Outcome[] }> {
  const fresh = (): string => {
    rmSync(at("serial"), { recursive: true, force: true });
    cpSync(at(state), at("serial"), { recursive: true });
    return at("serial");
  };
  const root = fresh();
  const one = await run(root, first);
  const aloneFirst = treeOf(root);
  const two = await run(root, second);
  const forth: Outcome = { exits: [one.exit, two.exit], tree: treeOf(root) };
  fresh();
  const three = await run(root, second);
  const aloneSecond = treeOf(root);
  const four = await run(root, first);
  const back: Outcome = { exits: [four.exit, three.exit], tree: treeOf(root) };
  return {
    both: [forth, back],
    alone: [
      { exits: [one.exit, -1], tree: aloneFirst },
      { exits: [-1, three.exit], tree: aloneSecond },
    ],
  };
}

const pairs: readonly (readonly [state: string, first: string, second: string, rounds: number])[] = [
  ["changed", "update", "remove --yes", 16],
  ["made", "update --url http://other", "remove --yes", 8],
  ["edited", "update", "remove --yes", 6],
  ["changed", "update", "update", 4],
  ["made", "update --url http://one", "update --url http://two", 6],
  ["changed", "remove --yes", "remove --yes", 4],
  ["changed", "create --yes", "remove --yes", 6],
  ["changed", "check", "update", 6],
  ["made", "check", "remove --yes", 6],
  ["empty", "create --yes --url http://one", "create --yes --url http://two", 8],
  ["empty", "create --yes", "remove --yes", 4],
  ["empty", "create --yes", "update", 4],
  ["empty", "create --yes", "check", 4],
];

describe("at the same time", () => {
  test("there are more than sixty pairs", () => {
    expect(pairs.reduce((sum, [, , , rounds]) => sum + rounds, 0)).toBeGreaterThanOrEqual(60);
  });

  test.each(pairs)("%s: %s and %s, %i times", async (state, first, second, rounds) => {
    const { both, alone } = await serially(state, first, second);
    for (let round = 0; round < rounds; round++) {
      const root = at(`race-${round}`);
      cpSync(at(state), root, { recursive: true });
      // From both at once to one half-way through the other.
      const late = (Math.floor(round / 2) * 60) / Math.max(1, rounds / 2);
      const begin = async (command: string, wait: number): Promise<Ended> => {
        await setTimeout(wait);
        return run(root, command);
      };
      const ended = await Promise.all([begin(first, round % 2 === 0 ? 0 : late), begin(second, round % 2 === 0 ? late : 0)]);
      const what = `round ${round}: ${ended.map(({ exit, code }) => `${exit} ${code}`).join(", ")}`;
      const tree = treeOf(root);
      for (const { exit, said } of ended) expect([0, 2, 3, 4], `${what}\n${said}`).toContain(exit);
      const yielded = ended.map(({ code }) => gaveWay.includes(code));
      expect(yielded, what).not.toEqual([true, true]);
      // A check that says of a run that it is at work says the truth, whatever it then sees.
      const isBusy = (index: 0 | 1): boolean => [first, second][index] === "check" && ended[index]!.said.includes("at work now");
      const busy = isBusy(0) || isBusy(1);
      const possible = yielded[0] ? [alone[1]!] : yielded[1] ? [alone[0]!] : both;
      const fits = possible.filter(
        ({ exits }) => busy || exits.every((exit, index) => exit === -1 || exit === ended[index]!.exit),
      );
      expect(fits.length, `${what}\n${ended.map(({ said }) => said).join("\n")}`).toBeGreaterThan(0);
      const trees = fits.map((outcome) => JSON.stringify(outcome.tree));
      if (!trees.includes(JSON.stringify(tree))) expect(tree, what).toEqual(fits[0]!.tree);
      rmSync(join(root, ".."), { recursive: true, force: true });
    }
  });
});
