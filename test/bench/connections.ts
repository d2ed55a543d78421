/**
 * What connections cost on a real tailnet: from the start of a container to OpenCode's first answer, and the memory and size that they add. Needs a Docker
 * engine, and Go where the tailnet's programs are not built yet, or for ts-unplug.
 */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { pinnedTailscale, tailscaleImage } from "../../src/catalog/tailscale.ts";
import { buildConnected, makeVolume, startConnected, unprivileged } from "../support/connected.ts";
import { disposeAll, docker, onDispose, runDetached, temporaryFolder, uniqueName, type Container } from "../support/docker.ts";
import { generate, writeTree } from "../support/repository.ts";
import { isThere } from "../support/skips.ts";
import { startNode, startTailnet, tailnetMissing, type Tailnet } from "../support/tailnet.ts";
import { buildWithFeature } from "../support/tailscale-feature.ts";
import { standInForTailscale } from "../support/tailscale-image.ts";
import { buildUnplug } from "../support/unplug-image.ts";
import type { Figure } from "./bench.ts";
import { measureLauncher } from "./launcher.ts";
import { median } from "./measure.ts";

const megabyte = 1024 * 1024;
const times = 3;

/** Measures each connection. Gives no figures, and says so, without a tailnet. */
export async function measureConnections(): Promise<Figure[]> {
  const missing = await tailnetMissing();
  if (missing !== null) {
    process.stdout.write(`skip  connections: ${missing}\n`);
    return [];
  }
  try {
    return await measureOn(await startTailnet());
  } finally {
    await disposeAll();
  }
}

/** How a container of a connection is started. */
interface Start {
  readonly image: string;
  readonly args: readonly string[];
  /** What the Dev Containers CLI starts before all else. */
  readonly entrypoint?: string;
}

async function measureOn(tailnet: Tailnet): Promise<Figure[]> {
  const [auto, bare, userspace] = [
    await buildConnected(tailnet, "auto"),
    await buildConnected(tailnet, "network", { programs: false }),
    await buildConnected(tailnet, "userspace"),
  ];
  const node = await startNode(tailnet, "beside");
  await tailnet.online("beside", node);
  const inside = ["--network", `container:${node.name}`];
  const letIn = ["--env", `TS_AUTHKEY=${await tailnet.key()}`];
  const outside = ["--network", tailnet.network.name];
  const plain = [...outside, ...unprivileged, "--user", "1000"];
  const kept = async (path: string): Promise<readonly string[]> => ["--volume", `${await makeVolume()}:${path}`];

  // Warms what the engine keeps.
  await firstAnswer({ image: bare, args: inside });
  const figures: Figure[] = [];
  // Pair by pair, while the machine's speed drifts.
  const add = async (what: string, most: number, measure: () => Promise<number>): Promise<void> => {
    const pairs: { readonly ours: number; readonly plain: number }[] = [];
    for (let count = 0; count < times; count++)
      pairs.push({ plain: await firstAnswer({ image: bare, args: inside }), ours: await measure() });
    const more = median(pairs.map(({ ours, plain }) => ours - plain));
    figures.push({
      what: `first answer, ${what}`,
      measured: `${seconds(more)} more (${seconds(median(pairs.map(({ ours }) => ours)))} : ${seconds(median(pairs.map(({ plain }) => plain)))})`,
      budget: `at most ${seconds(most)} more than the network as it is`,
      met: more <= most,
    });
  };
  /** A fresh login, and one that is kept at a place. */
  const both = async (word: string, start: Start, place: string): Promise<void> => {
    await add(`${word}, a fresh login`, 8000, () => firstAnswer({ ...start, args: [...start.args, ...letIn] }));
    const volume = await kept(place);
    await firstAnswer({ ...start, args: [...start.args, ...letIn, ...volume] });
    await add(`${word}, a kept login`, 8000, () => firstAnswer({ ...start, args: [...start.args, ...volume] }));
  };
  /** The most memory that some programs had in a container that is connected, and their size. */
  const cost = async (
    word: string,
    start: Start,
    programs: readonly string[],
    most: readonly [number, number],
  ): Promise<void> => {
    const container = await runDetached(start.image, {
      args: [...start.args, ...letIn, ...(start.entrypoint === undefined ? [] : ["--entrypoint", start.entrypoint])],
      command: ["sleep", "infinity"],
    });
    await container.exec(["aperture-connect"], { timeout: 60_000 });
    figures.push(...(await costOf(word, container, programs, most)));
    await container.remove();
  };

  await add("auto, on the tailnet", 1500, () => firstAnswer({ image: auto, args: inside }));
  await add("auto, off it with a key", 8000, () => firstAnswer({ image: auto, args: [...plain, ...letIn] }));
  await both("userspace", { image: userspace, args: plain }, "/var/lib/aperture-env");
  const library = "/usr/local/lib/aperture-env";
  await cost("userspace", { image: userspace, args: plain }, [`${library}/tailscale`, `${library}/tailscaled`], [60, 55]);

  const capabilities = ["NET_ADMIN", "NET_RAW", "MKNOD"].flatMap((name) => ["--cap-add", name]);
  const feature = {
    image: await buildWithFeature(tailnet),
    args: [...outside, ...capabilities],
    entrypoint: "/usr/local/sbin/tailscaled-entrypoint",
  };
  await both("tailscale", feature, "/var/lib/tailscale");
  await cost("tailscale", feature, ["/usr/local/bin/tailscale", "/usr/local/sbin/tailscaled"], [60, 55]);

  figures.push(...(await measureSidecar(tailnet, add)));

  if (isThere("go")) {
    const [image = ""] = await buildUnplug([]);
    const unplug = { image, args: [...plain, "--env", `TS_CONTROL_URL=${tailnet.url}`] };
    await both("ts-unplug", unplug, "/var/lib/aperture-env");
    await cost("ts-unplug", unplug, [`${library}/ts-unplug`], [60, 30]);
  } else process.stdout.write("skip  ts-unplug: Go is not installed\n");

  const laptop = await runDetached(auto, { args: [...inside, "--user", "1000"], command: ["sleep", "infinity"] });
  const silent = await startConnected(tailnet, auto, [...unprivileged, "--user", "1000", "--dns", "192.0.2.53"]);
  return [...figures, ...(await measureLauncher(tailnet, { laptop, silent, image: auto }))];
}

/** The same for the container beside: with its start, and the login on its volume. */
async function measureSidecar(
  tailnet: Tailnet,
  add: (what: string, more: number, measure: () => Promise<number>) => Promise<void>,
): Promise<readonly Figure[]> {
  await standInForTailscale(`${tailscaleImage}:v${pinnedTailscale.version}`, tailnet.programs);
  const folder = await temporaryFolder("aperture-env-sidecar");
  writeTree(folder, { "package.json": '{ "name": "sample" }\n' });
  await generate(folder, ["--connection", "sidecar", "--name", "sample", "--tailscale", `login_server=${tailnet.url}`]);
  const file = join(folder, ".devcontainer/docker-compose.yml");
  appendFileSync(file, `\nnetworks:\n  default:\n    name: ${tailnet.network.name}\n    external: true\n`);
  const key = await tailnet.key();
  const project = uniqueName("aperture-env-sidecar");
  const compose = (...words: string[]): ReturnType<typeof docker> =>
    docker(["compose", "--project-name", project, "--file", file, ...words], { cwd: folder, env: { TS_AUTHKEY: key } });
  const down = (...options: string[]): ReturnType<typeof docker> => compose("down", "--timeout", "1", ...options);
  onDispose(() => down("--volumes", "--rmi", "local"));
  const built = await compose("build", "dev");
  if (built.exitCode !== 0) throw new Error(built.stderr);
  const answer = async (...options: string[]): Promise<number> => {
    await down(...options);
    const began = Date.now();
    return endOf(await compose("run", "--rm", "-T", "dev", "sh", "-c", "opencode run hi && date +%s%3N")) - began;
  };
  await answer("--volumes");
  await add("sidecar, a fresh login", 12_000, () => answer("--volumes"));
  await add("sidecar, a kept login", 12_000, () => answer());
  const name = (await compose("ps", "--quiet", "tailscale")).stdout.trim();
  const sidecar: Pick<Container, "exec"> = { exec: (words, options) => docker(["exec", name, ...words], options) };
  const programs = ["tailscale", "tailscaled", "containerboot"].map((program) => `/usr/local/bin/${program}`);
  const figures = await costOf("sidecar, beside", sidecar, programs, [90, 85]);
  await down("--volumes");
  return figures;
}

async function costOf(
  word: string,
  container: Pick<Container, "exec">,
  programs: readonly string[],
  [memory, size]: readonly [memory: number, size: number],
): Promise<readonly Figure[]> {
  const status = await container.exec(["sh", "-c", "cat /proc/[0-9]*/status"]);
  const names = programs.map((path) => path.split("/").at(-1)!);
  const peaks = [...status.stdout.matchAll(/^Name:\t(.*)$(?:\n(?!Name:).*)*?\nVmHWM:\s+(\d+) kB$/gm)]
    .filter(([, name]) => names.includes(name!))
    .map(([, , kilobytes]) => Number(kilobytes) / 1024);
  const sizes = await container.exec(["stat", "-L", "-c", "%s", ...programs]);
  const peak = peaks.length === 0 ? Number.NaN : peaks.reduce((sum, each) => sum + each, 0);
  const bytes = sizes.stdout.split("\n").reduce((sum, line) => sum + Number(line), 0) / megabyte;
  return [
    {
      what: `memory at its peak, ${word}`,
      measured: `${peak.toFixed(0)} MB`,
      budget: `at most ${memory} MB`,
      met: peak <= memory,
    },
    { what: `programs, ${word}`, measured: `${bytes.toFixed(1)} MB`, budget: `at most ${size} MB`, met: bytes <= size },
  ];
}

/** From the start of a container to the end of a prompt in it, by its own clock: how long an engine takes to end a container is no matter. */
async function firstAnswer({ image, args, entrypoint }: Start): Promise<number> {
  const began = Date.now();
  const first = entrypoint === undefined ? [] : ["--entrypoint", entrypoint];
  const words = ["run", "--rm", ...args, ...first, image, "sh", "-c", "opencode run hi && date +%s%3N"];
  return endOf(await docker(words, { timeout: 120_000 })) - began;
}

/** When a prompt was answered, as its container told behind the answer. */
function endOf({ stdout, stderr, exitCode }: Awaited<ReturnType<typeof docker>>): number {
  if (exitCode !== 0 || !stdout.includes("answering as")) throw new Error(`no answer: ${stderr}${stdout}`);
  return Number(stdout.trim().split("\n").at(-1));
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
