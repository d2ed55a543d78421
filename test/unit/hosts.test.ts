/** What hosts make of an environment: every host with every connection, every set of outputs, in both shapes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { connections } from "../../src/connections/index.ts";
import { hosts, type Host } from "../../src/catalog/hosts.ts";
import { ownDevcontainer } from "../../src/catalog/files.ts";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { outputs } from "../../src/outputs/index.ts";
import { hostOptions } from "../../src/parts/by-host.ts";
import { demandOf, findMisfit, offeredOutputs } from "../../src/parts/compose.ts";
import { readConnection } from "../../src/parts/connection-answer.ts";
import { reportHost, type HostFinding, type HostReport } from "../../src/parts/hosts.ts";
import { usesOf, type Configuration } from "../../src/parts/uses.ts";
import type { Answers } from "../../src/questions/types.ts";
import { formatHosts } from "../../src/report/hosts.ts";
import { renderEnvironment } from "../../src/render/render.ts";
import { painter } from "../../src/text/terminal.ts";
import { readConfiguration } from "../../src/verify/host.ts";
import type { Shape } from "../../src/vocabulary.ts";
import { catalogue } from "../support/catalogue.ts";
import { plainAnswers } from "../support/answers.ts";

const own: Shape = { kind: "own" };
const path = ".devcontainer.json";
const feature: Shape = { kind: "feature", files: [path] };

const configurationOf = (text: string, at = path): Configuration => ({
  path: at,
  text,
  value: readConfiguration(text) as Record<string, unknown>,
});

const known = new Map<string, Configuration | null>();

/** The devcontainer.json that these answers give; null where they ask for none. */
function rendered(answers: Answers): Configuration | null {
  const key = JSON.stringify(answers);
  if (!known.has(key)) known.set(key, render(answers));
  return known.get(key)!;
}

function render(answers: Answers): Configuration | null {
  const { files } = renderEnvironment({ answers, release: pinnedRelease, registry: "", shape: own, catalogue, doctor: "" });
  const found = files.find((file) => file.path === ownDevcontainer);
  return found === undefined ? null : configurationOf(found.text, ownDevcontainer);
}

const hostOf = (value: string): Host => hosts.find((host) => host.value === value)!;

/** What a host makes of an environment of its own with these answers. */
function told(host: string, given: Partial<Answers>): HostReport {
  const answers = { ...plainAnswers, ...given };
  return reportHost(hostOf(host), demandOf(answers, own), rendered(answers))!;
}

/** The same of a devcontainer.json of the user's, without what there is to say of every environment in it. */
function toldOf(host: string, config: object, given: Partial<Answers> = {}): readonly HostFinding[] {
  const text = JSON.stringify({ image: "debian", postCreateCommand: "true", ...config });
  const report = reportHost(hostOf(host), demandOf({ ...plainAnswers, ...given }, feature), configurationOf(text))!;
  const always = ["own-feature", "feature-start-hook", "network", "hooks"];
  return report.findings.filter(({ trait }) => !always.includes(trait));
}

const traitsOf = ({ findings }: HostReport): readonly string[] => findings.map(({ trait }) => trait);

/** Every set of outputs that somebody can ask for. */
const outputSets = offeredOutputs()
  .map(({ value }) => value)
  .reduce<string[][]>((sets, value) => [...sets, ...sets.map((set) => [...set, value])], [[]])
  .filter((set) => set.length > 0);

const everything: Partial<Answers> = {
  fqdn: "ai.example.ts.net",
  state: "volume",
  hooks: { postCreateCommand: "npm ci", postStartCommand: "true" },
  containerEnv: { MINE: "yes" },
  forwardPorts: [3000, "db:5432"],
};

describe("every host, connection and set of outputs", () => {
  const choices = [
    ...connections.map(({ value }) => value),
    { kind: "network", hosts: "ai:100.64.0.1", codespaces: "userspace" },
    { kind: "ts-unplug", on: "host" },
  ];
  const cases = choices.flatMap((connection) =>
    outputSets.flatMap((outputs) =>
      [{ fqdn: "ai.example.ts.net" }, everything].map((more) => ({ connection, outputs, ...more })),
    ),
  );
  const all = cases.filter((given) => findMisfit({ ...plainAnswers, ...given }) === null);

  test("has something to show for each connection", () => {
    expect(new Set(all.map(({ connection }) => JSON.stringify(connection))).size).toBe(choices.length);
  });

  test("nothing that is said contradicts itself", () => {
    for (const given of all) {
      const answers: Answers = { ...plainAnswers, ...given };
      const demand = demandOf(answers, own);
      const configuration = rendered(answers);
      expect(configuration === null).toBe(!answers.outputs.includes("devcontainer"));
      const used = usesOf(demand, configuration);
      const reports = hosts.map((host) => ({ host, report: reportHost(host, demand, configuration) }));
      for (const { host, report } of reports) {
        const name = `${host.value} ${JSON.stringify(given)}`;
        expect(report === null, name).toBe(host.starts === "dev container" && configuration === null);
        if (report === null) continue;
        const { findings, way } = report;
        expect(way === null, name).toBe(host.starts === "build");
        const traits = traitsOf(report);
        // A node of the container's own needs no network that leads there, and the network needs no key.
        if (traits.includes("network")) expect(["network", "auto", "ts-unplug"], name).toContain(way);
        if (way === "network" || traits.includes("network")) expect(traits, name).not.toContain("secret");
        for (const { trait, of, what, fix } of findings) {
          const isUsed = trait === "network" || used.some((use) => use.trait === trait);
          expect(isUsed, `${name} ${trait}`).toBe(true);
          for (const text of [of, what ?? "x", fix ?? "x"]) {
            expect(text, name).not.toMatch(/\{it\}|undefined|\[object|\.$|^\s|\s$/);
            expect(text, name).not.toBe("");
          }
          if (what !== null) expect(of, name).not.toBe(what);
        }
        // Said once.
        const lines = findings.map(({ trait, of, does }) => `${trait} ${of} ${does}`);
        expect(new Set(lines).size, name).toBe(lines.length);
      }
      for (const columns of [60, 80, 100]) {
        const said = formatHosts(
          [{ config: null, hosts: reports.flatMap(({ report }) => report ?? []) }],
          columns,
          painter(false),
        );
        const lines = String(said).trimEnd().split("\n");
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
      }
    }
  });

  test("following the advice gives a host without a network a connection", () => {
    const fixes = new Set<string>();
    for (const { connection } of all) {
      for (const host of hosts) {
        const report = told(host.value, { connection });
        const fix = report.findings.find(({ trait }) => trait === "network")?.fix;
        if (fix === undefined || fix === null) continue;
        fixes.add(fix);
        const byHost = /^connection: \{ default: (\w+), (\w+): userspace \}$/.exec(fix);
        if (byHost !== null) {
          const read = readConnection({ default: byHost[1], [byHost[2]!]: "userspace" });
          expect(read.ok && traitsOf(told(host.value, { connection: read.value }))).not.toContain("network");
        } else if (fix.includes("set aperture.tailscale"))
          expect(traitsOf(told(host.value, { connection, tailscale: {} }))).not.toContain("network");
      }
    }
    expect(fixes.size).toBeGreaterThan(3);
    for (const connection of ["userspace", "auto"])
      for (const host of hosts)
        expect(traitsOf(told(host.value, { connection, tailscale: {} })), host.value).not.toContain("network");
  });
});

describe("names", () => {
  const values = hosts.map(({ value }) => value);

  test("are those by which a connection has a word of its own, and those of the outputs for jobs", () => {
    expect(new Set(values).size).toBe(values.length);
    for (const name of Object.keys(hostOptions)) expect(values).toContain(name);
    const jobs = outputs.flatMap(({ host }) => host ?? []);
    expect(jobs.length).toBeGreaterThan(1);
    for (const name of jobs) expect(values).toContain(name);
  });
});

test("docs/hosts.md lists all of them, and what was run on some", () => {
  const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "hosts.md"), "utf8");
  const [listed, ran] = page
    .split("## What was run")
    .map((part) => [...part.matchAll(/^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|/gm)].map(([, ...cells]) => cells));
  expect(listed).toEqual(hosts.map(({ value, label, starts }) => [value, label, starts]));
  const matrix = readFileSync(join(import.meta.dirname, "..", "containers", "hosts.test.ts"), "utf8");
  expect(ran!.length).toBeGreaterThan(8);
  for (const [name = ""] of ran!) expect(matrix).toContain(`"${name}"`);
});

describe("the way to the gateway", () => {
  test("is that host's connection, or the output whose job joins the tailnet by itself", () => {
    const connection = { kind: "network", codespaces: "userspace", gitlab: "auto" };
    expect(told("codespaces", { connection }).way).toBe("userspace");
    expect(told("gitlab", { connection, tailscale: {} }).way).toBe("auto");
    expect(told("github", { connection }).way).toBe("network");
    expect(told("devcontainers", { connection }).way).toBe("network");
    expect(traitsOf(told("github", { connection }))).toContain("network");
    const job = told("github", { connection: "userspace", outputs: ["devcontainer", "ci-github"], state: "volume" });
    expect(job.way).toBe("ci-github");
    expect(traitsOf(job)).toEqual(["state-volume"]);
    // A job without it has a key, or nobody.
    expect(told("github", { connection: "userspace" }).findings).toContainEqual(
      expect.objectContaining({
        trait: "secret",
        does: "lacks",
        of: "a person who logs in",
        fix: expect.stringContaining("TS_AUTHKEY"),
      }),
    );
  });

  test("a container beside it: what a job has none for, and where its key comes from", () => {
    expect(traitsOf(told("envbuilder", { connection: "sidecar" }))).toContain("shared-network");
    expect(traitsOf(told("docker", { connection: "sidecar" }))).toContain("shared-network");
    // The variable of whoever starts both is what it gets.
    expect(traitsOf(told("devcontainers", { connection: "sidecar" }))).toEqual([]);
    expect(traitsOf(told("codespaces", { connection: "sidecar" }))).toEqual(["shared-network", "no-post-create"]);
  });
});

describe("what a devcontainer.json says", () => {
  test.each<[string, object, readonly string[]]>([
    ["codespaces", { mounts: ["source=/a,target=/a,type=bind", { type: "volume", source: "b", target: "/b" }] }, ["bind-mounts"]],
    [
      "envbuilder",
      { mounts: ["type=bind,src=/a,dst=/a", { type: "volume", source: "b", target: "/b" }] },
      ["bind-mounts", "state-volume"],
    ],
    ["codespaces", { forwardPorts: [3000, "db:5432"] }, ["host-port"]],
    ["codespaces", { containerEnv: { A: "${localEnv:A}" } }, ["localEnv"]],
    ["codespaces", { secrets: { GITHUB_KEY: {} } }, ["project-secret", "github-secret"]],
    ["docker", { mounts: ["type=tmpfs,target=/scratch"] }, ["tmpfs"]],
    ["codespaces", { postCreateCommand: undefined }, ["no-post-create"]],
    ["jetbrains", { remoteEnv: { XDG_DATA_HOME: "/data", XDG_STATE_HOME: "/state" } }, ["xdg"]],
    [
      "vscode-volume",
      { workspaceFolder: "/w", workspaceMount: "source=${localWorkspaceFolder},target=/w,type=bind" },
      ["localWorkspaceFolder", "workspaceMount", "workspaceFolder"],
    ],
    ["devpod", { waitFor: "postCreateCommand", userEnvProbe: "none" }, ["waitFor"]],
    ["envbuilder", { features: { "ghcr.io/acme/features/x:1": {}, "./.devcontainer/aperture-env": {} } }, ["feature"]],
    ["docker", { runArgs: ["--init"], capAdd: ["SYS_PTRACE"], containerEnv: { A: "b" } }, ["runArgs", "containerEnv", "capAdd"]],
    ["gitlab", { privileged: true }, ["privileged"]],
    ["podman", { remoteUser: "dev" }, ["account"]],
    ["podman", { remoteUser: "root", containerUser: "dev" }, []],
  ])("%s %j", (host, config, traits) => {
    expect(toldOf(host, config).map(({ trait }) => trait)).toEqual(traits);
  });

  test("a mount with a word that has no value, as docker run takes it, is the mount that it is", () => {
    const mounts = ["type=bind,source=/a,target=/a,readonly", { type: "bind", source: "/b", target: "/b", readonly: true }];
    expect(toldOf("codespaces", { mounts }).map(({ trait, of }) => [trait, of])).toEqual([
      ["bind-mounts", "the mount at /a"],
      ["bind-mounts", "the mount at /b"],
    ]);
  });

  test("a secret of the project's is no key of the connection, and nobody logs in for it", () => {
    const config = { secrets: { DB_PASSWORD: {}, TS_AUTHKEY: {} } };
    for (const host of ["docker", "github", "gitlab", "kubernetes", "envbuilder", "devpod", "devcontainers"]) {
      const found = toldOf(host, config, { connection: "userspace", tailscale: {} });
      const [key, project, ...others] = found.filter(({ trait }) => trait.endsWith("secret"));
      expect([key?.trait, project?.trait, others.length], host).toEqual(["secret", "project-secret", 0]);
      expect(`${key!.of} ${key!.fix}`).not.toContain("DB_PASSWORD");
      expect(`${project!.of} ${project!.what} ${project!.fix}`).toMatch(/DB_PASSWORD/);
      expect(`${project!.of} ${project!.what} ${project!.fix}`).not.toMatch(/log in|logs in|connects|ephemeral/);
    }
  });

  test("our own values in it are told of as what they are", () => {
    const connection = { kind: "network", hosts: "ai:100.64.0.1" };
    const config = { runArgs: ["--add-host=ai:100.64.0.1", "--init"] };
    const found = toldOf("docker", config, { connection });
    expect(found.map(({ trait, of, fix }) => [trait, of, fix])).toEqual([
      ["names", "the names --add-host=ai:100.64.0.1", "--add-host=ai:100.64.0.1"],
      ["runArgs", "the arguments --init", "give them to docker run"],
    ]);
  });

  test("commands: ours, those that were asked for, and those of the user's", () => {
    const hooks = { postCreateCommand: "npm ci" };
    const ofOwn = told("docker", { hooks }).findings.filter(({ trait }) => trait.includes("hook"));
    expect(ofOwn.map(({ trait, of }) => [trait, of])).toEqual([
      ["start-hook", "aperture-doctor at each start"],
      ["hooks", "the command postCreateCommand"],
    ]);
    const config = configurationOf('{ "image": "debian", "postStartCommand": "true" }');
    const ofFeature = reportHost(
      hostOf("envbuilder"),
      demandOf({ ...plainAnswers, hooks, connection: "auto" }, feature),
      config,
    )!;
    expect(ofFeature.findings.filter(({ trait }) => trait.includes("hook")).map(({ trait, of }) => [trait, of])).toEqual([
      ["feature-start-hook", "aperture-doctor and aperture-connect at each start"],
      ["feature-hooks", "the command postCreateCommand"],
    ]);
  });
});
