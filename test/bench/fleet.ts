/** Updates of many repositories in one call, and edits of large files: time and memory against their number and size. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { ensureValue } from "../../src/edit/jsonc.ts";
import { ensureYaml } from "../../src/edit/yaml.ts";
import type { Figure } from "./bench.ts";
import { median, runOnce, usual, type Run } from "./measure.ts";

const count = 1000;

/** 1,000 repositories, half with a dev container of their own and half with one of the user's. */
export async function measureFleet(root: string, work: string): Promise<Figure[]> {
  const bin = join(root, "dist", "bin.js");
  const fleet = join(work, "fleet");
  const models = ["own", "theirs"].map((name) => join(work, `fleet-${name}`));
  for (const model of models) {
    mkdirSync(join(model, ".devcontainer"), { recursive: true });
    if (model.endsWith("theirs"))
      writeFileSync(join(model, ".devcontainer", "devcontainer.json"), '{\n  // ours\n  "image": "debian:bookworm-slim",\n}\n');
    await execa(process.execPath, [bin, "--yes", "--name", "fleet"], {
      cwd: model,
      stdin: "ignore",
      env: { npm_config_registry: "http://registry.test/", XDG_STATE_HOME: usual.XDG_STATE_HOME },
    });
  }
  mkdirSync(fleet);
  const names = Array.from({ length: count }, (_, index) => `r${index}`);
  for (const [index, name] of names.entries()) cpSync(models[index % 2]!, join(fleet, name), { recursive: true });
  const update = async (some: readonly string[]): Promise<Run> => {
    const run = await runOnce({ command: [process.execPath, bin, "update", ...some], options: { cwd: fleet } }, true);
    if (run.exitCode !== 0) throw new Error(`update ended with ${run.exitCode}`);
    return run;
  };
  const change = (url: string): void => {
    for (const name of names) {
      const spec = join(fleet, name, "aperture-env.yaml");
      writeFileSync(spec, readFileSync(spec, "utf8").replace(/url: .*/, `url: ${url}`));
    }
  };

  const made = await measureMaking(bin, work, models);
  await update(names);
  const same: Run[] = [];
  const changed: Run[] = [];
  const many: Run[] = [];
  for (let round = 0; round < 5; round++) {
    same.push(await update(names));
    many.push(await update([...names, ...names, ...names]));
    change(`http://gateway-${round}`);
    changed.push(await update(names));
  }
  const each = (runs: readonly Run[]): number => median(runs.map(({ ms }) => ms)) / count;
  const report = await runOnce({ command: [process.execPath, bin, "report", ...names], options: { cwd: fleet } }, true);
  rmSync(fleet, { recursive: true, force: true });
  const growth = median(many.map(({ peak }) => peak)) / median(same.map(({ peak }) => peak));
  return [
    ...made,
    {
      what: `report of ${count} repositories, each`,
      measured: `${each([report]).toFixed(2)} ms, ${(each([report]) / each(same)).toFixed(2)} × an update (${report.peak.toFixed(0)} MB)`,
      budget: "at most 3.00 × an update",
      met: report.exitCode === 0 && each([report]) <= 3 * each(same),
    },
    {
      what: `update of ${count} repositories, each`,
      measured: `${each(same).toFixed(2)} ms`,
      budget: "at most 2 ms",
      met: each(same) <= 2,
    },
    // Four files and a journal each: here the disk decides, so there is no budget.
    {
      what: "the same where every repository gets a new gateway",
      measured: `${each(changed).toFixed(2)} ms`,
      budget: "none: the disk decides",
      met: true,
    },
    {
      what: `peak memory of ${3 * count}, against ${count}`,
      measured: `${growth.toFixed(2)} (${median(many.map(({ peak }) => peak)).toFixed(0)} MB)`,
      budget: "at most 1.10",
      met: growth <= 1.1,
    },
  ];
}

/** Environments for 1,000 folders in one call, from one file of answers; and for some as commits on branches, where git decides. */
async function measureMaking(bin: string, work: string, models: readonly string[]): Promise<Figure[]> {
  const folder = join(work, "making");
  const names = Array.from({ length: count }, (_, index) => `r${index}`);
  for (const [index, name] of names.entries()) {
    mkdirSync(join(folder, name), { recursive: true });
    if (index % 2 === 0) writeFileSync(join(folder, name, "package.json"), "{}\n");
    else cpSync(join(models[1]!, ".devcontainer", "devcontainer.json"), join(folder, name, ".devcontainer.json"));
  }
  writeFileSync(join(folder, "team.yaml"), "aperture: { url: http://gateway }\n");
  const env = { ...usual, npm_config_registry: "http://registry.test/" };
  const make = async (some: readonly string[], ...flags: readonly string[]): Promise<Run> => {
    const words = [process.execPath, bin, ...some, "--spec", "team.yaml", "--yes", ...flags];
    const run = await runOnce({ command: words as [string, ...string[]], options: { cwd: folder, env } }, true);
    if (run.exitCode !== 0) throw new Error(`create ended with ${run.exitCode}`);
    return run;
  };
  const branched = names.slice(0, count / 10);
  const who = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"];
  for (const name of branched) {
    const cwd = join(folder, name);
    for (const args of [
      ["init", "--quiet"],
      ["add", "--all"],
      [...who, "commit", "--quiet", "--message", "begin"],
    ])
      await execa("git", args, { cwd });
  }
  Object.assign(env, { GIT_AUTHOR_NAME: "bench", GIT_AUTHOR_EMAIL: "bench@localhost" });
  Object.assign(env, { GIT_COMMITTER_NAME: "bench", GIT_COMMITTER_EMAIL: "bench@localhost" });
  const commits = await make(branched, "--branch", "bench", "--commit");
  const few = await make(branched);
  const all = await make(names);
  rmSync(folder, { recursive: true, force: true });
  return [
    {
      what: `create of ${count} repositories, each`,
      measured: `${(all.ms / count).toFixed(2)} ms`,
      budget: "none: the disk decides",
      met: true,
    },
    {
      what: `its peak memory, against ${branched.length}`,
      measured: `${(all.peak / few.peak).toFixed(2)} (${all.peak.toFixed(0)} MB)`,
      budget: "at most 1.50",
      met: all.peak / few.peak <= 1.5,
    },
    {
      what: `the same as commits on branches, each of ${branched.length}`,
      measured: `${(commits.ms / branched.length).toFixed(0)} ms (${commits.peak.toFixed(0)} MB)`,
      budget: "none: git decides",
      met: true,
    },
  ];
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
