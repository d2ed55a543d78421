/** Many repositories in one call, and edits of large files: time and memory against their number and size. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { ensureValue } from "../../src/edit/jsonc.ts";
import { ensureYaml } from "../../src/edit/yaml.ts";
import type { Figure } from "./bench.ts";
import { median, runOnce, usual, type Run } from "./measure.ts";

/** Few and many repositories in one call. */
const [few, many] = [100, 1000];

/** The life of 1,000 repositories, each step one call, and of 100 to compare memory with: half with a new dev container, half with one of the user's. */
export async function measureFleet(root: string, work: string): Promise<Figure[]> {
  const bin = join(root, "dist", "bin.js");
  const folder = join(work, "fleet");
  const sets = [few, many].map((count) => Array.from({ length: count }, (_, index) => `of-${count}/r${index}`));
  for (const name of sets.flat()) makeRepository(join(folder, name), Number(name.split("/r")[1]) % 2 === 0);
  writeFileSync(join(folder, "team.yaml"), "aperture: { url: http://gateway }\n");
  const env = { ...usual, npm_config_registry: "http://registry.test/" };
  const run = async (words: readonly string[]): Promise<Run> => {
    const ran = await runOnce({ command: [process.execPath, bin, ...words], options: { cwd: folder, env } }, true);
    if (ran.exitCode !== 0) throw new Error(`${words[0]} ended with ${ran.exitCode}`);
    return ran;
  };
  /** Both sets, several times, in turn: a call that writes has nothing to write the second time. */
  const measure = async (before: readonly string[], after: readonly string[], rounds: number): Promise<readonly [Run, Run]> => {
    const runs: [Run, Run][] = [];
    for (let round = 0; round < rounds; round++)
      runs.push([await run([...before, ...sets[0]!, ...after]), await run([...before, ...sets[1]!, ...after])]);
    const middle = (which: 0 | 1): Run => ({
      ms: median(runs.map((pair) => pair[which].ms)),
      peak: median(runs.map((pair) => pair[which].peak)),
      exitCode: 0,
    });
    return [middle(0), middle(1)];
  };

  const commits = await measureCommits(folder, sets[0]!.slice(0, 20), run);
  const created = await measure([], ["--spec", "team.yaml", "--yes"], 1);
  const same = await measure(["update"], [], 3);
  const thrice = await run(["update", ...sets[1]!, ...sets[1]!, ...sets[1]!]);
  const moved = await measure(["update"], ["--url", "http://other"], 1);
  const checked = await measure(["check"], [], 3);
  const reported = await measure(["report"], [], 3);
  const removed = await measure(["remove"], ["--yes"], 1);
  rmSync(folder, { recursive: true, force: true });

  const each = (runs: readonly [Run, Run]): number => runs[1].ms / many;
  const disk = "none: the disk decides";
  const steps: readonly (readonly [string, readonly [Run, Run], string, boolean])[] = [
    ["create", created, disk, true],
    ["update, nothing new", same, "at most 2 ms", each(same) <= 2],
    ["update, a new gateway", moved, disk, true],
    ["check", checked, "at most 4.00 × an update", each(checked) <= 4 * each(same)],
    ["report", reported, "at most 4.00 × an update", each(reported) <= 4 * each(same)],
    ["remove", removed, disk, true],
  ];
  return [
    {
      what: "create as commits on branches, each of 20",
      measured: `${(commits.ms / 20).toFixed(0)} ms (${commits.peak.toFixed(0)} MB)`,
      budget: "none: git decides",
      met: true,
    },
    ...steps.flatMap(([what, runs, budget, met]) => [
      {
        what: `${what}: ${many} repositories, each`,
        measured: `${each(runs).toFixed(2)} ms, ${(each(runs) / each(same)).toFixed(2)} × an update`,
        budget,
        met,
      },
      {
        what: "  its peak memory, against 100",
        measured: `${(runs[1].peak / runs[0].peak).toFixed(2)} (${runs[0].peak.toFixed(0)} and ${runs[1].peak.toFixed(0)} MB)`,
        budget: "at most 1.75",
        met: runs[1].peak / runs[0].peak <= 1.75,
      },
    ]),
    {
      what: `peak memory of an update of ${3 * many}, against ${many}`,
      measured: `${(thrice.peak / same[1].peak).toFixed(2)} (${thrice.peak.toFixed(0)} MB)`,
      budget: "at most 1.15",
      met: thrice.peak / same[1].peak <= 1.15,
    },
  ];
}

function makeRepository(folder: string, isNew: boolean): void {
  mkdirSync(join(folder, ".devcontainer"), { recursive: true });
  if (isNew) writeFileSync(join(folder, "package.json"), "{}\n");
  else writeFileSync(join(folder, ".devcontainer", "devcontainer.json"), '{\n  // ours\n  "image": "debian:bookworm-slim",\n}\n');
}

/** The same as commits on branches, which leaves the folders as they are. */
async function measureCommits(
  folder: string,
  names: readonly string[],
  run: (words: readonly string[]) => Promise<Run>,
): Promise<Run> {
  const who = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"];
  for (const name of names) {
    const cwd = join(folder, name);
    for (const args of [
      ["init", "--quiet"],
      ["config", "user.name", "bench"],
      ["config", "user.email", "bench@localhost"],
      ["add", "--all"],
      [...who, "commit", "--quiet", "--message", "begin", "--allow-empty"],
    ])
      await execa("git", args, { cwd });
  }
  return run([...names, "--spec", "team.yaml", "--yes", "--branch", "bench", "--commit"]);
}

/** One key into files of half a megabyte and of a whole one: twice the size may take twice the time, and not four times. */
export function measureEdits(): Figure[] {
  const services = (size: number): string => {
    let text = "services:\n";
    for (let index = 0; text.length < size; index++)
      text += `  service-${index}: # number ${index}\n    image: example/service:${index}\n    environment:\n      A: "${index}"\n`;
    return text;
  };
  const settings = (size: number): string => {
    let text = "{\n";
    for (let index = 0; text.length < size; index++)
      text += `  "setting.${index}": { "value": ${index}, "list": [1, 2] }, // number ${index}\n`;
    return `${text}}\n`;
  };
  const time = (edit: () => { readonly ok: boolean }): number => {
    const runs = Array.from({ length: 5 }, () => {
      const start = process.hrtime.bigint();
      if (!edit().ok) throw new Error("an edit was refused");
      return Number(process.hrtime.bigint() - start) / 1e6;
    });
    return median(runs);
  };
  const compare = (what: string, edit: (text: string) => { readonly ok: boolean }, make: (size: number) => string): Figure => {
    const [half, whole] = [make(512 * 1024), make(1024 * 1024)].map((text) => time(() => edit(text))) as [number, number];
    return {
      what,
      measured: `${(whole / half).toFixed(2)} × half of it (${whole.toFixed(0)} ms)`,
      budget: "at most 2.60 ×",
      met: whole / half <= 2.6,
    };
  };
  return [
    compare(
      "one key into 1 MB of JSONC",
      (text) => ensureValue(text, ["features", "./aperture-env", "revision"], "0123456789ab"),
      settings,
    ),
    compare(
      "one key into 1 MB of YAML",
      (text) => ensureYaml(text, ["services", "service-0", "environment", "B"], "b"),
      services,
    ),
  ];
}
