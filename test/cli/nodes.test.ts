/** Connections that make a node of the tailnet, and the programs for it: asked for, switched, refused and taken out, in both shapes. */
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parse } from "jsonc-parser";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { pinnedTailscale } from "../../src/catalog/tailscale.ts";
import { goImage, tsUnplugModule } from "../../src/catalog/ts-unplug.ts";
import { makeFolder, runPiped, treeOf, write, type Files, type Ran } from "./harness.ts";

let outside: ReturnType<typeof makeFolder>;
let root: string;
beforeEach(() => {
  outside = makeFolder();
  root = join(outside.folder, "sample");
  mkdirSync(root);
});
afterEach(() => outside.remove());

const read = (file: string): string => readFileSync(join(root, file), "utf8");
const json = (file: string): Record<string, unknown> => parse(read(file)) as Record<string, unknown>;
const run = async (...args: readonly string[]): Promise<Ran> => {
  const ran = await runPiped(args, root);
  expect(ran.exit, ran.stderr + ran.stdout).toBe(0);
  return ran;
};
/** Paths whose bytes differ. */
const changed = (before: Files, after: Files): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((path) => before[path] !== after[path]).sort();
const feature = ".devcontainer/aperture-env";
const own = ".devcontainer/devcontainer.json";
const official = "ghcr.io/tailscale/codespace/tailscale";
const theirs: Files = {
  [own]: '{\n  // mine\n  "image": "debian:bookworm",\n  "runArgs": ["--init"],\n  "features": {\n    "./my-own": {}\n  }\n}\n',
};
const composed: Files = {
  [own]: '{\n  "dockerComposeFile": "compose.yaml",\n  "service": "app"\n}\n',
  ".devcontainer/compose.yaml": "services:\n  app:\n    image: debian:bookworm\n",
};

describe("tailscale", () => {
  test("the official Feature with its version, the secret by its name, and what the container's own step is told", async () => {
    await run("--yes", "--connection", "tailscale");
    const { features, secrets, runArgs } = json(own);
    expect(features).toEqual({ [official]: { version: pinnedTailscale.version } });
    expect(secrets).toEqual({
      TS_AUTHKEY: {
        description: expect.stringContaining("auth key"),
        documentationUrl: "https://tailscale.com/kb/1085/auth-keys",
      },
    });
    expect(runArgs).toBeUndefined();
    expect(json(`${feature}/environment.json`)["connect"]).toMatchObject({
      by: { default: "tailscale" },
      node: "sample-dev",
      secret: "TS_AUTHKEY",
      socket: "/var/run/tailscale/tailscaled.sock",
    });
    await run("check");
    await run("update");
  });

  test("another Feature, version, secret, control server and tags", async () => {
    const said = "1.98.8,feature=./stand-in,login_server=http://headscale.example:8080,tags=tag:ci,key=HOUSE_KEY";
    await run("--yes", "--connection", "tailscale", "--tailscale", said);
    expect(json(own)["features"]).toEqual({ "./stand-in": { version: "1.98.8" } });
    expect(Object.keys(json(own)["secrets"] as object)).toEqual(["HOUSE_KEY"]);
    expect(json(`${feature}/environment.json`)["connect"]).toMatchObject({
      loginServer: "http://headscale.example:8080",
      tags: ["tag:ci"],
      secret: "HOUSE_KEY",
    });
    // Nothing is fetched by the environment itself, so nobody was asked about that version.
    expect(json("aperture-env.lock")["tailscale"]).toBeUndefined();
    await run("update", "--tailscale", "1.104.1");
    expect(json(own)["features"]).toEqual({ "./stand-in": { version: "1.104.1" } });
  });

  test("in a dev container of the user's: beside what is there, and all of it goes with another word", async () => {
    write(root, theirs);
    const before = treeOf(root);
    await run("--yes", "--connection", "tailscale");
    expect(json(own)).toMatchObject({
      runArgs: ["--init"],
      features: { "./my-own": {}, [official]: { version: pinnedTailscale.version } },
      secrets: { TS_AUTHKEY: {} },
    });
    expect(read(own)).toContain("// mine");
    await run("check");
    const there = treeOf(root);
    await run("update", "--connection", "network");
    expect(json(own)).not.toHaveProperty("secrets");
    expect(Object.keys(json(own)["features"] as object)).toEqual(["./my-own", "./aperture-env"]);
    const touched = changed(there, treeOf(root));
    expect(touched.filter((path) => !path.startsWith(`${feature}/`))).toEqual([own, "aperture-env.lock", "aperture-env.yaml"]);
    expect(touched).toContain(`${feature}/environment.json`);
    expect(touched.filter((path) => path.includes("/opencode"))).toEqual([]);
    await run("update", "--connection", "tailscale");
    await run("remove", "--yes");
    expect(treeOf(root)).toEqual(before);
  });

  test("the Feature that is there already stays where it is", async () => {
    const mine = `{\n  "image": "debian:bookworm",\n  "features": { "${official}": { "version": "${pinnedTailscale.version}" } }\n}\n`;
    write(root, { [own]: mine });
    const before = treeOf(root);
    await run("--yes", "--connection", "tailscale");
    expect(Object.keys(json(own)["features"] as object)).toEqual([official, "./aperture-env"]);
    await run("check");
    await run("remove", "--yes");
    expect(treeOf(root)).toEqual(before);
  });
});

describe("ts-unplug", () => {
  test("a stage with Go builds it for both targets, and what starts it in the container is told the rest", async () => {
    await run("--yes", "--connection", "ts-unplug");
    const dockerfile = read(".devcontainer/Dockerfile");
    expect(dockerfile).toContain(`FROM ${goImage} AS ts-unplug\n`);
    expect(dockerfile).toContain(`go install -trimpath -ldflags "-s -w" ${tsUnplugModule}\n`);
    expect(dockerfile.match(/^COPY --from=ts-unplug \/out\/ \/$/gm)).toHaveLength(2);
    expect(json(`${feature}/environment.json`)).toMatchObject({
      origin: "http://ai",
      connect: { by: { default: "ts-unplug" }, port: 8123, folder: "/var/lib/aperture-env" },
    });
    expect(json(own)["mounts"]).toHaveLength(1);
    await run("check");
    const there = treeOf(root);
    await run("update", "--connection", "ts-unplug,port=9000");
    expect(json(`${feature}/environment.json`)["connect"]).toMatchObject({ port: 9000 });
    await run("update", "--connection", "ts-unplug");
    expect(changed(there, treeOf(root)).filter((path) => !path.startsWith("aperture-env."))).toEqual([]);
    await run("remove", "--yes");
    expect(treeOf(root)).toEqual({});
  });

  test("managed configuration has the loopback's address itself, for no variable counts there", async () => {
    await run("--yes", "--connection", "ts-unplug", "--managed");
    expect(read(`${feature}/opencode.json`)).toContain('"baseURL": "http://localhost:8123/v1"');
    expect(read(`${feature}/opencode.json`)).not.toContain("http://ai");
    await run("check");
  });

  test("on the host: nothing is built, and what comes next says what to run there and where that cannot work", async () => {
    const { stderr } = await run("--yes", "--connection", "ts-unplug,on=host,port=9000");
    expect(read(".devcontainer/Dockerfile")).not.toContain("ts-unplug");
    expect(read(".devcontainer/Dockerfile")).toContain("ENV APERTURE_URL=http://host.docker.internal:9000\n");
    expect(json(own)["runArgs"]).toEqual(["--add-host=host.docker.internal:host-gateway"]);
    expect(json(own)).not.toHaveProperty("secrets");
    expect(stderr).toContain(`go run ${tsUnplugModule} -dir ~/.ts-unplug -port 9000 ai\n`);
    expect(stderr).toContain("It binds the loopback only");
    expect((await run("update")).stderr + (await run("check")).stdout).not.toContain("takes the place of the gateway");
  });

  test.each([
    [["--url", "https://ai.example.ts.net"], "speaks http"],
    [["--tailscale", "pinned,login_server=http://headscale.example"], "no other control server"],
    [["--managed", "--outputs", "devcontainer,ci-github"], "nothing listens there in the jobs of ci-github"],
    [["--connection", "ts-unplug,port=80"], "no port that any account may open"],
    [["--connection", "ts-unplug,on=moon"], "no place for it"],
  ])("%j is refused", async (more, why) => {
    const ran = await runPiped(["--yes", "--connection", "ts-unplug", ...more], root);
    expect([ran.exit, ran.stderr]).toEqual([2, expect.stringContaining(why)]);
    expect(treeOf(root)).toEqual({});
  });

  test("a Feature cannot build it, and the host's needs no building", async () => {
    write(root, theirs);
    const before = treeOf(root);
    const ran = await runPiped(["--yes", "--connection", "ts-unplug"], root);
    expect([ran.exit, ran.stderr]).toEqual([2, expect.stringContaining("ts-unplug is built in a stage of a Dockerfile")]);
    expect(ran.stderr).toContain("userspace or tailscale");
    expect(treeOf(root)).toEqual(before);
    await run("--yes", "--connection", "ts-unplug,on=host");
    expect(json(own)["runArgs"]).toEqual(["--init", "--add-host=host.docker.internal:host-gateway"]);
    expect(json(`${feature}/devcontainer-feature.json`)["containerEnv"]).toMatchObject({
      APERTURE_URL: "http://host.docker.internal:8123",
    });
    await run("remove", "--yes");
    expect(treeOf(root)).toEqual(before);
  });
});

describe("names that the network does not know", () => {
  const said = "network,hosts=ai:100.64.0.1,dns=100.100.100.100,dnsSearch=example.ts.net";
  const args = ["--add-host=ai:100.64.0.1", "--dns=100.100.100.100", "--dns-search=example.ts.net"];

  test("are run arguments of the dev container", async () => {
    await run("--yes", "--connection", said);
    expect(json(own)["runArgs"]).toEqual(args);
    await run("check");
    await run("update", "--connection", "network");
    expect(json(own)).not.toHaveProperty("runArgs");
  });

  test("in a dev container of the user's behind those that are there", async () => {
    write(root, theirs);
    const before = treeOf(root);
    await run("--yes", "--connection", said);
    expect(json(own)["runArgs"]).toEqual(["--init", ...args]);
    await run("check");
    await run("remove", "--yes");
    expect(treeOf(root)).toEqual(before);
  });

  test.each<[string, string, object]>([
    [
      "behind those that are there, a text becoming a list",
      'services:\n  app:\n    image: debian:bookworm\n    dns: 1.1.1.1 # the house\'s\n    extra_hosts:\n      - "db:10.0.0.1"\n  db:\n    image: postgres\n',
      {
        image: "debian:bookworm",
        extra_hosts: ["db:10.0.0.1", "ai:100.64.0.1"],
        dns: ["1.1.1.1", "100.100.100.100"],
        dns_search: ["example.ts.net"],
      },
    ],
    [
      "of the service whose network it is in",
      "services:\n  app:\n    network_mode: service:net\n  net:\n    image: debian:bookworm\n",
      { network_mode: "service:net" },
    ],
  ])("are keys of the service where Docker Compose makes it, %s", async (_, compose, app) => {
    const file = ".devcontainer/compose.yaml";
    write(root, { ...composed, [file]: compose });
    const before = treeOf(root);
    await run("--yes", "--connection", said);
    expect(json(own)).not.toHaveProperty("runArgs");
    const services = (): Record<string, Record<string, unknown>> =>
      (parseYaml(read(file)) as { services: Record<string, Record<string, unknown>> }).services;
    expect(services()["app"]).toEqual(app);
    const named = Object.values(services()).find(({ extra_hosts: hosts }) => hosts !== undefined)!;
    expect(named).toMatchObject({ dns_search: ["example.ts.net"] });
    expect(named["extra_hosts"]).toContain("ai:100.64.0.1");
    await run("check");
    expect((await run("update")).stdout).toContain("Nothing to do");
    await run("update", "--connection", "network,hosts=ai:100.64.0.2");
    const changed = Object.values(services()).find(({ extra_hosts: hosts }) => hosts !== undefined)!;
    expect(changed["extra_hosts"]).toContain("ai:100.64.0.2");
    expect(changed["extra_hosts"]).not.toContain("ai:100.64.0.1");
    expect(changed).not.toHaveProperty("dns_search");
    await run("update", "--connection", "network");
    expect(read(file)).toBe(compose);
    await run("remove", "--yes");
    expect(treeOf(root)).toEqual(before);
  });

  test.each([
    ["where they stand in another form", "services:\n  app:\n    image: debian:bookworm\n    extra_hosts:\n      db: 10.0.0.1\n"],
    [
      "where its network is another container's",
      "services:\n  app:\n    image: debian:bookworm\n    network_mode: container:vpn\n",
    ],
    ["where another file has it", "include:\n  - other.yaml\n"],
  ])("are refused %s, with the keys to write", async (_, compose) => {
    write(root, { ...composed, ".devcontainer/compose.yaml": compose });
    const before = treeOf(root);
    const ran = await runPiped(["--yes", "--connection", said], root);
    expect(ran.exit).toBe(2);
    expect(ran.stderr).toContain('extra_hosts: ["ai:100.64.0.1"]  and  dns: ["100.100.100.100"]');
    expect(ran.stderr).toContain("below the service app in compose.yaml");
    expect(treeOf(root)).toEqual(before);
  });
});

describe("the programs in the image", () => {
  const sum = "ab".repeat(32);

  test("a stage of the Dockerfile fetches the pinned ones, and the lock has their sums", async () => {
    await run("--yes", "--connection", "userspace", "--tailscale", pinnedTailscale.version);
    const dockerfile = read(".devcontainer/Dockerfile");
    expect(dockerfile).toContain("RUN sh /tmp/tailscale/fetch.sh /out/usr/local/lib/aperture-env\n");
    expect(dockerfile.match(/^COPY --from=tailscale \/out\/ \/$/gm)).toHaveLength(2);
    for (const each of Object.values(pinnedTailscale.sha256)) expect(read(`${feature}/tailscale/fetch.sh`)).toContain(each);
    expect(json("aperture-env.lock")["tailscale"]).toEqual(pinnedTailscale);
    expect(read("aperture-env.yaml")).toContain(`tailscale: { version: ${pinnedTailscale.version} }`);
    await run("check");
    const there = treeOf(root);
    expect((await run("update")).stdout).toContain("Nothing to do");
    await run("update", "--connection", "network");
    expect(Object.keys(treeOf(root)).filter((path) => path.includes("tailscale"))).toEqual([]);
    expect(json("aperture-env.lock")["tailscale"]).toBeUndefined();
    await run("update", "--connection", "userspace");
    expect(treeOf(root)).toEqual(there);
    await run("remove", "--yes");
    expect(treeOf(root)).toEqual({});
  });

  test("they are copied out of an image that is named", async () => {
    await run("--yes", "--connection", "userspace", "--tailscale", `image=tailscale/tailscale@sha256:${sum}`);
    const dockerfile = read(".devcontainer/Dockerfile");
    expect(dockerfile).toContain(`FROM tailscale/tailscale@sha256:${sum} AS tailscale\n`);
    expect(dockerfile).toContain("COPY --from=tailscale /usr/local/bin/tailscale /usr/local/bin/tailscaled /usr/local/lib/");
    expect(Object.keys(treeOf(root)).filter((path) => path.includes("aperture-env/tailscale"))).toEqual([]);
    await run("check");
  });

  test("in a dev container of the user's a nested Feature fetches them, and an image is refused", async () => {
    write(root, theirs);
    const before = treeOf(root);
    const ran = await runPiped(["--yes", "--connection", "userspace", "--tailscale", "image=tailscale/tailscale:v1.104.1"], root);
    expect([ran.exit, ran.stderr]).toEqual([2, expect.stringContaining("a Feature cannot copy programs from an image")]);
    expect(treeOf(root)).toEqual(before);
    await run("--yes", "--connection", "userspace", "--tailscale", "pinned");
    expect(json(`${feature}/devcontainer-feature.json`)["dependsOn"]).toEqual({
      "./aperture-env/opencode": {},
      "./aperture-env/tailscale": {},
    });
    expect(json(`${feature}/tailscale/devcontainer-feature.json`)).toMatchObject({
      id: "tailscale",
      version: pinnedTailscale.version,
      dependsOn: { "./aperture-env/opencode": {} },
    });
    await run("check");
    await run("remove", "--yes");
    expect(treeOf(root)).toEqual(before);
  });

  test("a server states the sums once: then the lock has them, and the newest stays what it was", async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url!);
      response.end(request.url!.startsWith("/ts/?") ? '{"TarballsVersion":"1.200.3"}' : `${sum}\n`);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ts/tailscale_{version}_{arch}.tgz`;
    try {
      const { stderr } = await run("--yes", "--connection", "userspace", "--tailscale", `latest,url=${url}`);
      expect(stderr).toContain("latest is Tailscale 1.200.3");
      expect(stderr).toContain("the sha256 of Tailscale 1.200.3's tarballs comes from http://127.0.0.1:");
      expect(asked.sort()).toEqual([
        "/ts/?mode=json",
        "/ts/tailscale_1.200.3_amd64.tgz.sha256",
        "/ts/tailscale_1.200.3_arm64.tgz.sha256",
      ]);
      expect(json("aperture-env.lock")["tailscale"]).toEqual({ version: "1.200.3", sha256: { amd64: sum, arm64: sum } });
    } finally {
      server.close();
      server.closeAllConnections();
    }
    const there = treeOf(root);
    await run("update");
    await run("check");
    expect(treeOf(root)).toEqual(there);
    const ran = await runPiped(["update", "--tailscale", `1.200.4,url=${url}`], root);
    expect([ran.exit, ran.stderr]).toEqual([4, expect.stringContaining("did not answer within 10 seconds")]);
    expect(ran.stderr).toContain("sha256: { amd64");
    expect(treeOf(root)).toEqual(there);
  });
});
