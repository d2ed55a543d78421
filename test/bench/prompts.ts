/** Prompts in the image for jobs: what one takes in time and memory, and ten at once on this machine. Needs a Docker engine here. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { modelsOfCatalogue } from "../../src/gateway/mock/stock.ts";
import { startMockGateway } from "../../src/gateway/mock/server.ts";
import type { Figure } from "./bench.ts";
import { benchImage, buildImage, hasEngine } from "./images.ts";
import { median } from "./measure.ts";

/** What some prompts came to. */
interface Taken {
  readonly seconds: number;
  /** What they took of the processors, in seconds: it says the same on a busy machine. */
  readonly processor: number;
  /** The most that their processes had of the machine's memory at one time, each shared page once, in MB. */
  readonly memory: number;
  /** The most that one of them had, shared or not, in MB. */
  readonly peak: number;
}

/** Each prompt is a container of its own, as a job is; the mock gateway answers at once, so that what is measured is OpenCode and the launcher. */
export async function measurePrompts(root: string, work: string): Promise<Figure[]> {
  if (!(await hasEngine("prompts"))) return [];
  const repository = join(work, "prompts");
  mkdirSync(repository);
  await execa(process.execPath, [join(root, "dist", "bin.js"), "--yes"], { cwd: repository, stdin: "ignore" });
  await buildImage(repository);
  const gateway = await startMockGateway({ models: await modelsOfCatalogue() });
  try {
    await run(gateway.origin, 1);
    const ones: Taken[] = [];
    for (let round = 0; round < 5; round++) ones.push(await run(gateway.origin, 1));
    const middle = (of: keyof Taken): number => median(ones.map((each) => each[of]));
    const one = { seconds: middle("seconds"), processor: middle("processor"), memory: middle("peak") };
    const ten = await run(gateway.origin, 10);
    const told = (what: string, { seconds, processor, memory }: Omit<Taken, "peak">): Figure => ({
      what,
      measured: `${seconds.toFixed(1)} s (${processor.toFixed(1)} s of a processor), ${memory.toFixed(0)} MB`,
      budget: "none: OpenCode and the machine decide",
      met: true,
    });
    return [told("one prompt in the image for jobs", one), told(`ten at once, with ${availableParallelism()} processors`, ten)];
  } finally {
    await gateway.close();
  }
}

/** Runs so many at once. Throws where one of them does not answer. */
async function run(origin: string, count: number): Promise<Taken> {
  const began = performance.now();
  const names = Array.from({ length: count }, (_, index) => `${benchImage}-${process.pid}-${index}`);
  const words = ["--rm", "--network", "host", "--env", "APERTURE_CONNECTION=network", "--env", `APERTURE_URL=${origin}`];
  let memory = 0;
  const peaks = new Map<string, number>();
  const ticks = new Map<string, number>();
  const pids = new Map<string, string>();
  let isDone = false;
  const watching = (async () => {
    while (!isDone) {
      for (const name of names.filter((each) => !pids.has(each))) {
        const { stdout } = await execa("docker", ["inspect", "--format", "{{.State.Pid}}", name], { reject: false });
        if (Number(stdout) > 0) pids.set(name, stdout.trim());
      }
      let sum = 0;
      for (const [name, pid] of pids) {
        sum += kilobytes(pid, "smaps_rollup", "Pss");
        peaks.set(name, Math.max(peaks.get(name) ?? 0, kilobytes(pid, "status", "VmHWM")));
        ticks.set(name, Math.max(ticks.get(name) ?? 0, ticksOf(pid)));
      }
      memory = Math.max(memory, sum);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  const answers = await Promise.all(
    names.map((name) =>
      execa("docker", ["run", "--name", name, ...words, benchImage, "opencode", "run", "--title", "t", `say ${name}`], {
        reject: false,
        stdin: "ignore",
      }),
    ),
  );
  const seconds = (performance.now() - began) / 1000;
  isDone = true;
  await watching;
  answers.forEach(({ stdout, stderr }, index) => {
    if (!stdout.includes(names[index]!)) throw new Error(`a prompt was not answered: ${stderr}`);
  });
  const processor = [...ticks.values()].reduce((sum, each) => sum + each, 0) / 100;
  return { seconds, processor, memory: memory / 1024, peak: Math.max(0, ...peaks.values()) / 1024 };
}

/** What a process and the ones that it has waited for took, in hundredths of a second (proc(5), /proc/pid/stat); 0 once it is gone. */
function ticksOf(pid: string): number {
  try {
    const [, rest = ""] = /\) (.*)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    return rest
      .split(" ")
      .slice(11, 15)
      .reduce((sum, field) => sum + Number(field), 0);
  } catch {
    return 0;
  }
}

/** A figure of a process; 0 once it is gone. The launcher becomes OpenCode, so the container's first process is the one. */
function kilobytes(pid: string, file: "status" | "smaps_rollup", name: string): number {
  const path = `/proc/${pid}/${file}`;
  try {
    return existsSync(path) ? Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(readFileSync(path, "utf8"))?.[1] ?? 0) : 0;
  } catch {
    return 0;
  }
}
