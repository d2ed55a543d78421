/** The local Feature, added to dev containers of users' own: bases with npm, with curl or wget only, and with none of them. */
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { proposedProviders as providers } from "../../src/catalog/providers.ts";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { startClosedNetwork, type ClosedNetwork } from "../support/closed-network.ts";
import {
  bridgeGateway,
  devcontainer,
  disposeAll,
  dockerAvailable,
  fetchOpencodeTarball,
  onDispose,
  temporaryFolder,
} from "../support/docker.ts";
import { startNpmRegistry, type NpmRegistry } from "../support/npm-registry.ts";
import { generate, writeTree } from "../support/repository.ts";

const available = await dockerAvailable();
const name = process.arch === "arm64" ? "opencode-linux-arm64" : "opencode-linux-x64-baseline";
const { version } = pinnedRelease;
const models = Object.values(providers).map(({ id, defaults }) => `${id}/${defaults.model}`);

describe.skipIf(!available)("the Feature in a dev container of the user's", () => {
  let network: ClosedNetwork;
  let registry: NpmRegistry;
  let address: string;

  beforeAll(async () => {
    network = await startClosedNetwork();
    registry = await startNpmRegistry({
      packages: [{ name, version, tarball: readFileSync(await fetchOpencodeTarball(name, version)) }],
      host: "0.0.0.0",
    });
    onDispose(() => registry.close());
    address = `http://${await bridgeGateway()}:${new URL(registry.origin).port}`;
  });
  afterAll(disposeAll);

  const cases = [
    { image: "node:24-bookworm-slim", by: "npm", file: ".devcontainer/devcontainer.json", key: "./aperture-env" },
    { image: "bare-base:curl", by: "curl", file: ".devcontainer.json", key: "./.devcontainer/aperture-env" },
    { image: "bare-base:wget", by: "wget", file: ".devcontainer/backend/devcontainer.json", key: "./../aperture-env" },
    { image: "bare-base:nofetch", by: "curl", file: ".devcontainer/devcontainer.json", key: "./aperture-env" },
  ];

  test.each(cases)("lands on $image by $by, in $file", async ({ image, by, file, key }) => {
    const folder = await temporaryFolder("aperture-env-feature");
    chmodSync(folder, 0o755);
    const original = `{\n\t// what we had\n\t"image": "${image}",\n\t"runArgs": ${JSON.stringify(network.args)} // keep\n}\n`;
    writeTree(folder, { [file]: original });
    await generate(folder, ["--hook", "postStartCommand=touch /tmp/asked"], { npm_config_registry: `${address}/` });
    const edited = readFileSync(join(folder, file), "utf8");
    expect(edited).toContain("// what we had");
    expect(edited).toContain(`"${key}"`);

    const before = registry.requests.length;
    const up = await devcontainer(["up", "--workspace-folder", folder, "--config", join(folder, file)]);
    expect(up.exitCode, up.stderr).toBe(0);
    // Once: in the nested Feature's layer, by dependsOn, and not again by the outer one.
    const fetched = [...(up.stderr + up.stdout).matchAll(/^.*OpenCode \S+ \(.*sha512 checked, by \w+\)/gm)].map(([line]) => line);
    expect(fetched, fetched.join("\n")).toHaveLength(1);
    expect(fetched[0]).toContain(`OpenCode ${version} (${name}, sha512 checked, by ${by})`);
    if (by !== "npm")
      expect(registry.requests.slice(before).map((request) => request.path)).toEqual([`/${name}/-/${name}-${version}.tgz`]);
    // The doctor's look when the container started, in the background, beside the hook that was asked for.
    const looked = await devcontainer([
      "exec",
      "--workspace-folder",
      folder,
      "--config",
      join(folder, file),
      "sh",
      "-c",
      `n=0; until [ -s ~/.local/state/aperture-env/verdict ] || [ $n = 50 ]; do sleep 0.2; n=$((n + 1)); done; head -n 1 ~/.local/state/aperture-env/verdict; ls /tmp/asked`,
    ]);
    expect(looked.stdout, looked.stderr).toBe("ok\n/tmp/asked");
    for (const model of models) {
      const { stdout, stderr, exitCode } = await devcontainer([
        "exec",
        "--workspace-folder",
        folder,
        "--config",
        join(folder, file),
        "opencode",
        "run",
        "--model",
        model,
        "say hi",
      ]);
      expect(exitCode, stderr).toBe(0);
      expect(stdout).toContain(`answering as ${model.split("/")[1]}`);
    }
  });

  test("only placeholders went to the gateway, and no other name was asked for", async () => {
    const requests = await network.requests();
    expect(requests.length).toBeGreaterThanOrEqual(cases.length * models.length);
    expect(requests.filter((request) => !request.placeholder)).toEqual([]);
    expect(await network.keys()).toEqual(["-", "Bearer -"]);
    expect(await network.names()).toEqual(["ai"]);
  });
});
