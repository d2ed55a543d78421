/** The image: what it gains over its base, how long it takes, what a change of the configuration rebuilds. Needs a Docker engine. */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import type { Figure } from "./bench.ts";

const megabyte = 1024 * 1024;

/** The name of the image that is measured. */
export const benchImage = "aperture-env-bench";

/** Whether a Docker engine answers; says what is skipped where none does. */
export async function hasEngine(what: string): Promise<boolean> {
  const engine = await execa("docker", ["version", "--format", "{{.Server.Version}}"], { reject: false, stdin: "ignore" });
  if (engine.exitCode !== 0) process.stdout.write(`skip  ${what}: no Docker engine answers\n`);
  return engine.exitCode === 0;
}

/** Builds the ci target of a repository's environment; gives what the builder said, and the seconds that it took. */
export async function buildImage(
  repository: string,
  args: readonly string[] = [],
): Promise<{ readonly log: string; readonly seconds: number }> {
  const began = performance.now();
  const words = ["build", "--progress", "plain", ...args, "--target", "ci", "--tag", benchImage, ".devcontainer"];
  const { stderr } = await execa("docker", words, { cwd: repository, stdin: "ignore" });
  return { log: stderr, seconds: (performance.now() - began) / 1000 };
}

/** Builds the ci target cold, warm and after a change. Gives no figures, and says so, where no engine answers. */
export async function measureImages(root: string, work: string): Promise<Figure[]> {
  if (!(await hasEngine("images"))) return [];
  const repository = join(work, "image");
  mkdirSync(repository);
  const generate = (): Promise<unknown> =>
    execa(process.execPath, [join(root, "dist", "bin.js"), "--yes"], { cwd: repository, stdin: "ignore" });
  await generate();
  const cold = await buildImage(repository, ["--no-cache"]);
  const warm = await buildImage(repository);
  const gained = await layerSizes(benchImage, "debian:bookworm-slim");
  const git = await gitSize("debian:bookworm-slim");
  const { stdout: binary } = await execa("docker", [
    "run",
    "--rm",
    benchImage,
    "stat",
    "-c",
    "%s",
    "/usr/local/lib/aperture-env/opencode",
  ]);
  const all = gained.reduce((sum, size) => sum + size, 0);
  const rest = all - Number(binary) - git;

  const spec = join(repository, "aperture-env.yaml");
  writeFileSync(spec, readFileSync(spec, "utf8").replace("http://ai", `http://gateway-${randomBytes(6).toString("hex")}`));
  await generate();
  const { log, seconds } = await buildImage(repository);
  const steps = [...log.matchAll(/^#(\d+) \[([^\]]+)\] (.*)$/gm)].map(([, number, stage, what]) => ({
    cached: log.includes(`#${number} CACHED`),
    stage,
    what: what!,
  }));
  const rebuilt = steps.filter((step) => !step.cached && /^(?:RUN|COPY)/.test(step.what));
  const onlyFolder =
    rebuilt.length > 0 &&
    rebuilt.every((step) => step.what.includes("/usr/local/share/aperture-env/") && !step.what.includes("packages.sh"));
  const told = (what: string, measured: string, why: string): Figure => ({ what, measured, budget: `none: ${why}`, met: true });
  return [
    told(
      "image over its base, all of it",
      `${(all / megabyte).toFixed(0)} MB (binary ${(Number(binary) / megabyte).toFixed(0)} MB)`,
      "OpenCode decides",
    ),
    told("build without a cache", `${cold.seconds.toFixed(1)} s`, "the network decides"),
    told("build with nothing changed", `${warm.seconds.toFixed(1)} s`, "the engine decides"),
    told("build after a change of the gateway", `${seconds.toFixed(1)} s`, "the engine decides"),
    {
      what: "image over its base, binary and git aside",
      measured: `${(rest / megabyte).toFixed(1)} MB (git ${(git / megabyte).toFixed(0)} MB)`,
      budget: "at most 12 MB",
      met: rest <= 12 * megabyte,
    },
    {
      what: "layers made anew after a change of the gateway",
      measured: `${rebuilt.length}, the Feature folder's: ${onlyFolder ? "yes" : "no"}`,
      budget: "the Feature folder's only",
      met: onlyFolder,
    },
  ];
}

/** Sizes of the layers that an image has over its base, in bytes. */
async function layerSizes(image: string, base: string): Promise<number[]> {
  const sizes = async (name: string): Promise<number[]> => {
    const { stdout } = await execa("docker", ["history", "--human=false", "--format", "{{.Size}}", name]);
    return stdout.split("\n").map(Number);
  };
  const [all, below] = await Promise.all([sizes(image), sizes(base)]);
  return all.slice(0, all.length - below.length);
}

/** What git alone costs on that base: the same installation without anything else. */
async function gitSize(base: string): Promise<number> {
  const dockerfile = `FROM ${base}\nRUN apt-get update && apt-get install -y --no-install-recommends git && apt-get clean && rm -rf /var/lib/apt/lists/*\n`;
  await execa("docker", ["build", "--tag", "aperture-env-bench-git", "-"], { input: dockerfile });
  const [size = 0] = await layerSizes("aperture-env-bench-git", base);
  return size;
}
