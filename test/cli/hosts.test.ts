/** `hosts`: for people and for programs, in each shape, and what it refuses. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hosts } from "../../src/catalog/hosts.ts";
import { root } from "../support/project-root.ts";
import { makeFolder, runAtTerminal, runPiped, treeOf, write, type Ran } from "./harness.ts";

let place: ReturnType<typeof makeFolder>;
beforeEach(() => {
  place = makeFolder();
});
afterEach(() => place.remove());

const create = async (...args: string[]): Promise<void> => {
  const { exit, stderr } = await runPiped(["--yes", "--name", "app", ...args], place.folder);
  expect(exit, stderr).toBe(0);
};
const run = (...args: string[]): Promise<Ran> => runPiped(["hosts", ...args], place.folder);

interface Told {
  readonly schemaVersion: number;
  readonly root: string;
  readonly containers: readonly {
    readonly config: string | null;
    readonly hosts: readonly {
      readonly host: string;
      readonly way: string;
      readonly findings: readonly { readonly trait: string }[];
    }[];
  }[];
}

describe("hosts", () => {
  test("a table for people, which fits; it writes nothing, and no finding fails it", async () => {
    await create("--connection", "userspace", "--state", "volume", "--hook", "postCreateCommand=npm ci");
    const before = treeOf(place.folder, true);
    const { exit, stdout, stderr } = await run();
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    expect(treeOf(place.folder, true)).toEqual(before);
    expect(stdout).toMatch(/^ {2}host +gateway by +what is different +what to do\n/);
    expect(stdout).toMatch(/^ {2}buildah bud +- +nothing$/m);
    expect(stdout).toMatch(/^ {2}docker run, podman run +userspace +ignores the secret +--env TS_AUTHKEY, or log in$/m);
    expect(stdout.split("\n").filter((line) => line.length > 100)).toEqual([]);
    const shown = await runAtTerminal(["hosts"], place.folder).done;
    expect(shown).toEqual({ exit: 0, stdout, stderr: "" });
  });

  test("what docs/hosts.md shows of a run is what a run says", async () => {
    await create();
    const page = readFileSync(join(root, "docs", "hosts.md"), "utf8");
    const [, flags = "", shown] = /^\$ npx create-aperture-env hosts (.*)\n([^]*?)^```$/m.exec(page)!;
    expect((await run(...flags.split(" "))).stdout).toBe(shown);
  });

  test("for programs, in the order of the catalogue; some of them by name", async () => {
    await create("--outputs", "devcontainer,ci-github");
    const { stdout } = await run("--json");
    const { schemaVersion, root, containers } = JSON.parse(stdout) as Told;
    expect({ schemaVersion, root }).toEqual({ schemaVersion: 1, root: place.folder });
    expect(containers.map(({ config }) => config)).toEqual([".devcontainer/devcontainer.json"]);
    expect(containers[0]!.hosts.map(({ host }) => host)).toEqual(hosts.map(({ value }) => value));
    const some = JSON.parse((await run("--host", "github,codespaces", "--json")).stdout) as Told;
    expect(some.containers[0]!.hosts).toMatchObject([
      { host: "codespaces", way: "auto" },
      { host: "github", way: "ci-github", findings: [] },
    ]);
  });

  test("what somebody put into devcontainer.json counts", async () => {
    write(place.folder, {
      ".devcontainer/a/devcontainer.json": '{ "image": "debian", "privileged": true }\n',
      ".devcontainer/b/devcontainer.json": '{ "image": "debian" }\n',
    });
    await create();
    const { stdout } = await run("--host", "gitlab");
    expect(stdout).toMatch(
      /^\.devcontainer\/a\/devcontainer\.json\n[^]*refuses privileged[^]*^\.devcontainer\/b\/devcontainer\.json\n/m,
    );
    const { containers } = JSON.parse((await run("--host", "envbuilder", "--json")).stdout) as Told;
    expect(containers.map(({ hosts: [host] }) => host!.findings.map(({ trait }) => trait))).toEqual([
      ["feature-start-hook", "privileged", "network"],
      ["feature-start-hook", "network"],
    ]);
  });

  test("a dev container of the user's is one wherever it is, also where a generated one would be", async () => {
    write(place.folder, { ".devcontainer/devcontainer.json": '{ "image": "debian" }\n' });
    await create();
    const { containers } = JSON.parse((await run("--host", "docker,buildah,docker-20.10", "--json")).stdout) as Told;
    expect(containers.map(({ hosts: told }) => told.map(({ findings }) => findings.map(({ trait }) => trait)))).toEqual([
      [["own-feature", "feature-start-hook"], ["own-feature"], ["own-feature"]],
    ]);
  });

  test("without a dev container, hosts that start one have nothing to tell", async () => {
    await create("--outputs", "ci-github");
    const { containers } = JSON.parse((await run("--json")).stdout) as Told;
    expect(containers.map(({ config }) => config)).toEqual([null]);
    expect(containers[0]!.hosts.map(({ host }) => host)).toEqual(
      hosts.filter(({ starts }) => starts !== "dev container").map(({ value }) => value),
    );
  });

  test("a host that is none, and a folder without an environment", async () => {
    expect(await run()).toMatchObject({ exit: 2, stderr: expect.stringContaining("has no environment to tell of") });
    await create();
    const { exit, stderr } = await run("--host", "codespace");
    expect({ exit, stderr }).toMatchObject({ exit: 2, stderr: expect.stringMatching(/no host "codespace"[^]*codespaces, /) });
  });
});
