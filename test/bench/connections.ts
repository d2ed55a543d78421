/**
 * What connections cost on a real tailnet: from the start of a container to OpenCode's first answer, the daemon's memory, the programs' size. Needs a
 * Docker engine, and Go where the tailnet's programs are not built yet.
 */
import { buildConnected, makeVolume, startConnected, unprivileged } from "../support/connected.ts";
import { disposeAll, docker } from "../support/docker.ts";
import { startNode, startTailnet, tailnetMissing, type Tailnet } from "../support/tailnet.ts";
import type { Figure } from "./bench.ts";
import { median } from "./measure.ts";

const megabyte = 1024 * 1024;
const times = 3;

/** Measures each way that one container takes by itself, and one whose network a node beside it gives. Gives no figures, and says so, without a tailnet. */
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

async function measureOn(tailnet: Tailnet): Promise<Figure[]> {
  const images = {
    network: await buildConnected(tailnet, "network", { programs: false }),
    auto: await buildConnected(tailnet, "auto"),
    userspace: await buildConnected(tailnet, "userspace"),
  };
  const key = await tailnet.key();
  const node = await startNode(tailnet, "beside");
  await tailnet.online("beside", node);
  const inside = ["--network", `container:${node.name}`];
  const outside = ["--network", tailnet.network.name, ...unprivileged, "--user", "1000"];
  const volume = await makeVolume();
  const kept = [...outside, "--volume", `${volume}:/var/lib/aperture-env`];
  const letIn = ["--env", `TS_AUTHKEY=${key}`];
  // Warms what the engine keeps, and makes the login that is kept.
  await firstAnswer(images.network, inside);
  await firstAnswer(images.userspace, [...kept, ...letIn]);

  const network = await middle(images.network, inside);
  const rows: readonly (readonly [what: string, ms: number, more: number])[] = [
    ["auto, on the tailnet", await middle(images.auto, inside), 1500],
    ["auto, off it with a key", await middle(images.auto, [...outside, ...letIn]), 8000],
    ["userspace, a fresh login", await middle(images.userspace, [...outside, ...letIn]), 8000],
    ["userspace, a kept login", await middle(images.userspace, kept), 8000],
  ];
  const container = await startConnected(tailnet, images.userspace, [...unprivileged, "--user", "1000", ...letIn]);
  await container.exec(["aperture-connect"], { timeout: 60_000 });
  const { stdout: memory } = await container.exec([
    "sh",
    "-c",
    "cat /proc/[0-9]*/status | grep -A30 '^Name:.tailscaled$' | grep ^VmHWM",
  ]);
  const { stdout: sizes } = await container.exec(["sh", "-c", "stat -c %s /usr/local/lib/aperture-env/tailscale*"]);
  const peak = Number(/(\d+) kB/.exec(memory)?.[1] ?? Number.NaN) / 1024;
  const size = sizes.split("\n").reduce((sum, line) => sum + Number(line), 0) / megabyte;
  return [
    ...rows.map(([what, ms, more]) => ({
      what: `first answer, ${what}`,
      measured: `${seconds(ms)} (the network as it is ${seconds(network)})`,
      budget: `at most ${seconds(more)} more`,
      met: ms - network <= more,
    })),
    { what: "tailscaled's peak memory", measured: `${peak.toFixed(0)} MB`, budget: "at most 60 MB", met: peak <= 60 },
    { what: "Tailscale's programs in the image", measured: `${size.toFixed(1)} MB`, budget: "at most 55 MB", met: size <= 55 },
  ];
}

/** The middle of some starts, in milliseconds. */
async function middle(image: string, args: readonly string[]): Promise<number> {
  const found: number[] = [];
  for (let count = 0; count < times; count++) found.push(await firstAnswer(image, args));
  return median(found);
}

/** From the start of a container to the end of a prompt in it, by its own clock: how long an engine takes to end a container is no matter. */
async function firstAnswer(image: string, args: readonly string[]): Promise<number> {
  const began = Date.now();
  const { stdout, stderr, exitCode } = await docker(
    ["run", "--rm", ...args, image, "sh", "-c", "opencode run hi && date +%s%3N"],
    { timeout: 120_000 },
  );
  if (exitCode !== 0 || !stdout.includes("answering as")) throw new Error(`no answer: ${stderr}${stdout}`);
  return Number(stdout.trim().split("\n").at(-1)) - began;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
