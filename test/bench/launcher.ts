/** What the launcher takes with `auto`, in each place that a container can be in, over what it takes with `network`. */
import { startConnected, unprivileged } from "../support/connected.ts";
import { startDnsServer } from "../support/dns-server.ts";
import { onDispose, type Container } from "../support/docker.ts";
import type { Tailnet } from "../support/tailnet.ts";
import type { Figure } from "./bench.ts";
import { median } from "./measure.ts";

const times = 15;

/** Where an image with `auto` runs: in the network of a node of the tailnet, and where no name server answers. */
export interface Places {
  readonly image: string;
  readonly laptop: Container;
  readonly silent: Container;
}

/** Measures it there, and where a name server says that nobody has the gateway's name. */
export async function measureLauncher(tailnet: Tailnet, { image, laptop, silent }: Places): Promise<Figure[]> {
  const dns = await startDnsServer({ host: tailnet.network.gateway, port: 53, records: {} });
  onDispose(() => dns.close());
  const nowhere = await startConnected(tailnet, image, [...unprivileged, "--user", "1000", "--dns", tailnet.network.gateway]);
  const known = "/tmp/aperture-env-1000/network";
  // A stub in the binary's place, so that only the launcher counts. Where it finds no way it ends by itself, and the real one is what looks.
  const stub = await laptop.exec([
    "sh",
    "-c",
    "mkdir -p /tmp/stub/lib/aperture-env && cp -r /usr/local/share /usr/local/bin /tmp/stub && cd /tmp/stub/lib/aperture-env && printf '#!/bin/sh\\n' >opencode && chmod +x opencode",
  ]);
  if (stub.exitCode !== 0) throw new Error(stub.stderr);
  const stubbed = "APERTURE_ENV_PREFIX=/tmp/stub APERTURE_ENV_PROBE=0 opencode run hi";
  const bare = await middleIn(laptop, "/tmp/stub/lib/aperture-env/opencode run hi", "", 0);
  const plain = await middleIn(laptop, `APERTURE_CONNECTION=network ${stubbed}`, "", 0);
  const figures: Figure[] = [];
  const add = (what: string, ms: number, most: number): void => {
    figures.push({
      what: `launcher with auto, ${what}`,
      measured: `${(ms - plain).toFixed(1)} ms more (${ms.toFixed(1)} : ${plain.toFixed(1)}; bare ${bare.toFixed(1)})`,
      budget: `at most ${most} ms more than with network`,
      met: ms - plain <= most,
    });
  };
  add("the network is known", await middleIn(laptop, stubbed, "", 0), 10);
  add("the gateway is there", await middleIn(laptop, stubbed, `rm -f ${known}`, 0), 10);
  // These end the start, with a message.
  add("nobody has the name", await middleIn(nowhere, "opencode run hi", "", 1), 400);
  add("no name server answers", await middleIn(silent, "opencode run hi", "", 1), 400);
  return figures;
}

/** The middle time of a command in a container, in milliseconds; `before` is not counted, and `status` is how it has to end. */
async function middleIn(container: Container, command: string, before: string, status: number): Promise<number> {
  const script = `for turn in $(seq ${times + 1}); do
${before}
began=$(date +%s%N)
${command} >/dev/null 2>/tmp/said
status=$?
echo "$status $(($(date +%s%N) - began))"
done`;
  const { stdout, stderr, exitCode } = await container.exec(["sh", "-c", script], { timeout: 120_000 });
  const turns = stdout.split("\n").map((line) => line.split(" ").map(Number));
  const odd = turns.find(([ended]) => ended !== status);
  if (exitCode !== 0 || odd !== undefined) {
    const { stdout: said } = await container.exec(["cat", "/tmp/said"]);
    throw new Error(`${command} ended with ${odd?.[0] ?? exitCode}: ${stderr}${said}`);
  }
  return median(turns.slice(1).map(([, nanoseconds = 0]) => nanoseconds / 1e6));
}
