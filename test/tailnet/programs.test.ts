/** Tailscale's programs out of a tarball, as the vendor's server has it: fetched by the generated stage, checked, and good for a node of a real tailnet. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { cp, mkdir, readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { prompt, startConnected, unprivileged } from "../support/connected.ts";
import { bridgeGateway, disposeAll, docker, onDispose, temporaryFolder, uniqueName } from "../support/docker.ts";
import { generate } from "../support/repository.ts";
import { skips } from "../support/skips.ts";
import { startTailnet, tailnetMissing, type Tailnet } from "../support/tailnet.ts";

const missing = await tailnetMissing();
const version = "1.102.5";
const arch = process.arch === "arm64" ? "arm64" : "amd64";

describe.skipIf(skips("a real tailnet", missing))("programs out of a tarball", () => {
  let tailnet: Tailnet;
  const image = uniqueName("aperture-env-programs");

  beforeAll(async () => {
    tailnet = await startTailnet();
    const work = await temporaryFolder("aperture-env-programs");
    const inside = `tailscale_${version}_${arch}`;
    await mkdir(join(work, inside));
    for (const program of ["tailscale", "tailscaled"]) await cp(join(tailnet.programs, program), join(work, inside, program));
    await execa("tar", ["-czf", "all.tgz", inside], { cwd: work });
    const tarball = await readFile(join(work, "all.tgz"));
    const server = createServer((_request, response) => response.end(tarball));
    server.listen(0, "0.0.0.0");
    await once(server, "listening");
    onDispose(async () => void server.close());
    const address = `http://${await bridgeGateway()}:${(server.address() as AddressInfo).port}`;
    const sum = createHash("sha256").update(tarball).digest("hex");
    const said = `${version},url=${address}/tailscale_{version}_{arch}.tgz,sha256.${arch}=${sum},login_server=${tailnet.url}`;
    const folder = await temporaryFolder("aperture-env-programs");
    await generate(folder, ["--name", "tarball", "--connection", "userspace", "--tailscale", said]);
    const args = ["build", "--progress", "plain", "--target", "ci", "--tag", image, join(folder, ".devcontainer")];
    const built = await docker(args, { timeout: 600_000 });
    expect(built.exitCode, built.stderr).toBe(0);
    onDispose(() => docker(["image", "rm", "--force", image]));
  });
  afterAll(disposeAll);

  test("make a node by which OpenCode reaches the gateway", async () => {
    const key = ["--env", `TS_AUTHKEY=${await tailnet.key()}`];
    const container = await startConnected(tailnet, image, [...unprivileged, "--user", "1000", ...key]);
    const { exitCode, stdout, stderr } = await prompt(container, "say hi by a tarball");
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain("say hi by a tarball");
    const nodes = (await tailnet.nodes()).filter(({ given_name: name }) => name.startsWith("tarball-dev"));
    const seen = (await tailnet.requests()).map(({ node }) => node);
    expect(nodes.flatMap(({ ip_addresses: addresses }) => addresses)).toEqual(expect.arrayContaining(seen));
  });

  test("take no more than 55 MB of the image, in one layer", async () => {
    const { stdout } = await docker(["history", "--no-trunc", "--human=false", "--format", "{{.Size}} {{.CreatedBy}}", image]);
    const layers = stdout.split("\n").filter((line) => line.includes("COPY /out/ /"));
    const sizes = layers.map((line) => Number(line.split(" ")[0]));
    // OpenCode's own, and this one.
    expect(sizes).toHaveLength(2);
    expect(Math.min(...sizes)).toBeGreaterThan(10_000_000);
    expect(Math.min(...sizes)).toBeLessThanOrEqual(55_000_000);
  });
});
