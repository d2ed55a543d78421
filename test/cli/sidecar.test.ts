/** The connection `sidecar` through the whole program: a dev container of its own, as a Compose project. */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
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
const edit = (file: string, change: (text: string) => string): void => write(root, { [file]: change(read(file)) });
const run = async (...args: readonly string[]): Promise<Ran> => {
  const ran = await runPiped(args, root);
  expect(ran.exit, ran.stdout + ran.stderr).toBe(0);
  return ran;
};
const check = async (): Promise<string> => {
  const { exit, stdout } = await runPiped(["check"], root);
  return `${exit} ${stdout}`;
};

describe("a dev container of its own", () => {
  const compose = ".devcontainer/docker-compose.yml";
  const service = ".devcontainer/aperture-env/sidecar/tailscale.yaml";
  const create = (...more: readonly string[]): Promise<Ran> => run("--yes", "--connection", "sidecar", ...more);

  test("is opened by the Compose file, in the network of a node that is the person's own, whose login is kept", async () => {
    await create("--tailscale", "version=1.90.0,login_server=https://headscale.example.com,key=TAILNET_KEY,tags=tag:ci");
    expect(parse(read(compose))).toMatchObject({
      include: ["aperture-env/sidecar/secrets.yaml"],
      services: {
        dev: { network_mode: "service:tailscale", volumes: expect.arrayContaining(["tailscale-socket:/var/run/tailscale:ro"]) },
      },
    });
    const { services } = parse(read(service)) as { services: { tailscale: Record<string, unknown> } };
    const keys = ["TAILNET_KEY", "TS_AUTHKEY", "TS_AUTH_KEY", "TS_CLIENT_SECRET", "TS_ID_TOKEN"];
    expect(services.tailscale).toMatchObject({
      image: "tailscale/tailscale:v1.90.0",
      cap_add: ["NET_ADMIN"],
      devices: ["/dev/net/tun:/dev/net/tun"],
      environment: {
        TS_HOSTNAME: "sample-dev",
        TS_USERSPACE: "false",
        TS_ACCEPT_DNS: "true",
        TS_AUTH_ONCE: "true",
        TS_STATE_DIR: "/var/lib/tailscale",
        TS_EXTRA_ARGS: "--reset --login-server=https://headscale.example.com",
        TS_CLIENT_ID: "${TS_CLIENT_ID:-}",
      },
      secrets: keys,
    });
    const secrets = (name: string): unknown => parse(read(`.devcontainer/aperture-env/sidecar/${name}.yaml`));
    expect(secrets("secrets")).toEqual({
      include: keys.map((name) => `secret-${name}\${${name}:+-given}.yaml`),
    });
    expect(secrets("secret-TAILNET_KEY")).toEqual({ secrets: { TAILNET_KEY: { file: "./none" } } });
    expect(secrets("secret-TAILNET_KEY-given")).toEqual({ secrets: { TAILNET_KEY: { environment: "TAILNET_KEY" } } });
    expect(JSON.parse(read(".devcontainer/aperture-env/environment.json"))).toMatchObject({
      connect: { by: { default: "sidecar" }, socket: "/var/run/tailscale/tailscaled.sock", tags: [], secret: "TAILNET_KEY" },
    });
  });

  test.each([
    ["http://ai", '"DNSName": "ai.'],
    ["http://ai.tail1234.ts.net", '"DNSName": "ai.tail1234.ts.net.'],
    ["http://100.64.0.7:8080", '"100.64.0.7"'],
    ["https://gateway.example.com", '"BackendState": "Running"'],
  ])("is healthy where the node of %s is listed", async (url, listed) => {
    await create("--url", url);
    const { services } = parse(read(service)) as { services: { tailscale: { healthcheck: { test: string[] } } } };
    expect(services.tailscale.healthcheck.test).toEqual(["CMD-SHELL", `tailscale status --json | grep -qF '${listed}'`]);
  });

  test("may be edited where the environment does not depend on it; an edit that breaks it is reported with its position", async () => {
    await create();
    edit(compose, (text) => text.replace("command: sleep infinity", "command: sleep infinity\n    init: true"));
    expect(await check()).toMatch(/^0 .*was edited by hand, which is allowed/);
    const edited = read(compose);
    for (const [from, to, what] of [
      ["    network_mode: service:tailscale\n", "", ":7:3  does not give dev the sidecar's network"],
      ["service:tailscale", "bridge", ":17:5  does not give dev the sidecar's network"],
      ["      file: aperture-env/sidecar/tailscale.yaml\n", "", "does not give dev the sidecar's network"],
      ["    command: sleep", "    ports: [80:80]\n    command: sleep", ":15:5  gives dev ports"],
      ["      target: dev\n", "", ":8:5  does not build the target dev"],
      [/APERTURE_ENV_REVISION: .*/, "OTHER: x", "does not pass APERTURE_ENV_REVISION"],
      ["  dev:", "  other:", "has no service dev"],
      ["services:", "services: [", "cannot be read"],
    ] as const) {
      write(root, { [compose]: edited.replace(from, to) });
      expect(await check(), what).toMatch(/^3 /);
      expect(await check()).toContain(what);
    }
    write(root, { [compose]: edited });
    edit(".devcontainer/devcontainer.json", (text) => text.replace('"service": "dev"', '"service": "web"'));
    expect(await check()).toContain("does not use the environment's service");
  });

  test("update follows the spec in files that were edited; another word changes what it must and leaves nothing; so does remove", async () => {
    const before: Files = treeOf(root);
    await run("--yes", "--connection", "network");
    const plain = treeOf(root);
    await run("update", "--connection", "sidecar");
    edit(compose, (text) => text.replace("command: sleep infinity", "command: sleep infinity\n    init: true"));
    expect((await run("update")).stdout).toContain("Nothing to do");
    await run("update", "--url", "http://gateway");
    expect(read(service)).toContain('\\"DNSName\\": \\"gateway.');
    expect(read(compose)).toContain("init: true");
    edit(compose, (text) => text.replace("\n    init: true", ""));
    await run("update", "--connection", "network", "--url", "http://ai");
    const names = Object.keys(plain);
    expect(Object.keys(treeOf(root)).filter((name) => !names.includes(name))).toEqual([]);
    expect(treeOf(root)[".devcontainer/devcontainer.json"]).toBe(plain[".devcontainer/devcontainer.json"]);
    await run("update", "--connection", "sidecar");
    await run("remove", "--yes");
    expect(treeOf(root)).toEqual(before);
  });
});

describe("a Compose project of the user's", () => {
  const devcontainer = ".devcontainer/devcontainer.json";
  const compose = "docker-compose.yml";
  const theirs: Files = {
    [devcontainer]: '{ "dockerComposeFile": "../docker-compose.yml", "service": "app", "workspaceFolder": "/workspace" }\n',
    [compose]: `# Ours.
services:
  app:
    image: debian:bookworm-slim
    # For the browser.
    ports:
      - "3000:3000" # web
      # - "9229:9229"
    networks:
      - front # the proxy's

    volumes: [".:/workspace"]
  db:
    image: postgres:17
    networks: { front: {}, back: {} }
networks:
  front:
  back:
`,
  };
  const create = (...more: readonly string[]): Promise<Ran> => run("--yes", "--connection", "sidecar", ...more);
  const project = (files: Files): void => write(root, files);
  const refusedFor = async (...args: readonly string[]): Promise<string> => {
    const before = treeOf(root);
    const ran = await runPiped(args.length === 0 ? ["--yes", "--connection", "sidecar"] : args, root);
    expect(ran.exit, ran.stdout + ran.stderr).toBeGreaterThan(1);
    expect(treeOf(root)).toEqual(before);
    return ran.stdout + ran.stderr;
  };

  test("gets one service, whose network the opened service uses: ports and networks move there, with their comments", async () => {
    project(theirs);
    await create();
    expect(read(compose)).toBe(`# Ours.
services:
  app:
    image: debian:bookworm-slim

    volumes: [".:/workspace", "tailscale-socket:/var/run/tailscale:ro"]
    network_mode: service:tailscale
  db:
    image: postgres:17
    networks: { front: {}, back: {} }
  tailscale:
    extends:
      file: ./.devcontainer/aperture-env/sidecar/tailscale.yaml
      service: tailscale
    hostname: app
    # For the browser.
    ports:
      - "3000:3000" # web
      # - "9229:9229"
    networks:
      - front # the proxy's
networks:
  front:
  back:
include:
  - ./.devcontainer/aperture-env/sidecar/secrets.yaml
volumes:
  tailscale-state: {}
  tailscale-socket: {}
`);
    expect((await run("check")).stdout).toMatch(/^Fine/);
    expect((await run("update")).stdout).toContain("Nothing to do");
    await run("remove", "--yes");
    expect(read(compose)).toBe(theirs[compose]);
  });

  test("gets its ports and networks back after later edits, and loses none of these", async () => {
    project(theirs);
    await create();
    edit(compose, (text) => text.replace('"3000:3000" # web', '"3001:3000" # web').replace("postgres:17", "postgres:18"));
    expect((await run("update")).stdout).toContain("Nothing to do");
    await run("remove", "--yes");
    expect(parse(read(compose))).toEqual(
      parse(theirs[compose]!.replace("3000:3000", "3001:3000").replace("postgres:17", "postgres:18")),
    );
    for (const comment of ["# Ours.", "# For the browser.", "# web", '# - "9229:9229"', "# the proxy's"])
      expect(read(compose)).toContain(comment);
  });

  test("switching to another word takes all of it out", async () => {
    project(theirs);
    await create();
    await run("update", "--connection", "network");
    expect(read(compose)).toBe(theirs[compose]);
    expect(Object.keys(treeOf(root)).filter((name) => name.includes("sidecar"))).toEqual([]);
    await run("update", "--connection", "sidecar");
    expect(read(compose)).toContain("network_mode: service:tailscale");
  });

  test.each<[string, (text: string) => string, RegExp]>([
    ["its network is gone", (text) => text.replace("    network_mode: service:tailscale\n", ""), /network_mode is missing/],
    ["its network is another one", (text) => text.replace("service:tailscale", "bridge"), /network_mode differs from the lock/],
    ["the service is gone", (text) => text.replace(/ {4}extends:\n.*\n.*\n/, ""), /services › tailscale › extends is missing/],
    [
      "ports came that cannot stay",
      (text) => text.replace("    network_mode", "    expose: [80]\n    network_mode"),
      /services › app › expose has to be in services › tailscale/,
    ],
  ])("check is red where %s", async (_what, change, expected) => {
    project(theirs);
    await create();
    const whole = read(compose);
    edit(compose, change);
    const said = await check();
    expect(said).toMatch(/^3 /);
    expect(said).toMatch(expected);
    if (read(compose).includes("bridge")) {
      expect(await refusedFor("update")).toContain('app has the network mode "bridge"');
      return;
    }
    await run("update", "--restore");
    expect((await run("check")).exit).toBe(0);
    if (!/expose/.test(read(compose)))
      expect(parse(read(compose))).toMatchObject({
        services: { app: (parse(whole) as { services: { app: object } }).services.app },
      });
  });

  test.each<[string, () => void, RegExp]>([
    ["the file is gone", () => rmSync(join(root, compose)), /docker-compose.yml {2}is missing/],
    [
      "the dev container is made from an image now",
      () =>
        edit(devcontainer, (text) =>
          text.replace(/"dockerComposeFile": .*"workspaceFolder"/, '"image": "debian", "workspaceFolder"'),
        ),
      /No sidecar can be added to the dev container: .* uses an image/,
    ],
  ])("check is red where %s, and says what to do", async (_what, change, expected) => {
    project(theirs);
    await create();
    change();
    const said = await check();
    expect(said).toMatch(/^3 /);
    expect(said).toMatch(expected);
  });

  test.each<[string, (lock: string) => string]>([
    ["what is no key of a Compose file's services", (lock) => lock.replace(/("from": \[\s+)"services"/, '$1"x-other"')],
    ["a file that is none of Compose", (lock) => lock.replace('"docker-compose.yml"', '".github/workflows/release.yml"')],
  ])("a lock that moves %s is not trusted", async (_what, change) => {
    project(theirs);
    await create();
    edit("aperture-env.lock", change);
    expect(await check()).toMatch(/^3 .*aperture-env\.lock.*damaged/s);
  });

  test("without its lock: our values are recognised by their place, and are removed", async () => {
    project(theirs);
    await create();
    const whole = read(compose);
    rmSync(join(root, "aperture-env.lock"));
    rmSync(join(root, ".devcontainer/aperture-env"), { recursive: true });
    await create();
    expect(read(compose)).toBe(whole);
    expect((await run("check")).exit).toBe(0);
    await run("remove", "--yes");
    expect(parse(read(compose))).toMatchObject({
      services: { app: { ports: ["3000:3000"], networks: ["front"] }, db: { image: "postgres:17" } },
    });
    expect(read(compose)).not.toMatch(/network_mode|aperture-env|tailscale-socket:\/|\n {2}tailscale:/);
  });

  test("a service in another one's network: that one's is changed", async () => {
    project({
      ...theirs,
      [compose]: `services:
  app:
    image: debian:bookworm-slim
    network_mode: service:db
  db:
    image: postgres:17
    ports: ["5432:5432"]
`,
    });
    await create();
    expect(parse(read(compose))).toMatchObject({
      services: {
        app: { network_mode: "service:db", volumes: ["tailscale-socket:/var/run/tailscale:ro"] },
        db: { network_mode: "service:tailscale" },
        tailscale: { ports: ["5432:5432"], networks: { default: { aliases: ["db"] } } },
      },
    });
  });

  test("two dev containers of one file share one sidecar, each with its own name", async () => {
    project({
      ".devcontainer/api/devcontainer.json":
        '{ "dockerComposeFile": "../../docker-compose.yml", "service": "api", "runServices": ["api"], "workspaceFolder": "/workspace" }\n',
      ".devcontainer/web/devcontainer.json":
        '{ "dockerComposeFile": "../../docker-compose.yml", "service": "web", "runServices": ["web"], "workspaceFolder": "/workspace" }\n',
      [compose]: "services:\n  api:\n    image: a\n    ports: [80]\n  web:\n    image: b\n",
    });
    await create();
    const { services } = parse(read(compose)) as { services: Record<string, Record<string, unknown>> };
    expect(services["tailscale"]).toMatchObject({ ports: [80], networks: { default: { aliases: ["api", "web"] } } });
    for (const name of ["api", "web"])
      expect(services[name]).toMatchObject({
        network_mode: "service:tailscale",
        volumes: ["tailscale-socket:/var/run/tailscale:ro"],
      });
    expect((await run("check")).exit).toBe(0);
    expect((await run("update")).stdout).toContain("Nothing to do");
    edit(compose, (text) => text.replace("image: b", "image: c"));
    await run("remove", "--yes");
    expect(parse(read(compose))).toEqual({ services: { api: { image: "a", ports: [80] }, web: { image: "c" } } });
  });

  test("of several files the last one with the service is edited; paths are relative to the project's folder", async () => {
    project({
      [devcontainer]: JSON.stringify({
        dockerComposeFile: ["../docker/docker-compose.yml", "docker-compose.dev.yml"],
        service: "app",
        workspaceFolder: "/workspace",
      }),
      "docker/docker-compose.yml": "services:\n  app:\n    image: debian:bookworm-slim\n    profiles: [dev]\n",
      ".devcontainer/docker-compose.dev.yml": "services:\n  app:\n    command: sleep infinity\n    profiles: [dev]\n",
    });
    await create();
    expect(read("docker/docker-compose.yml")).not.toContain("tailscale");
    expect(parse(read(".devcontainer/docker-compose.dev.yml"))).toMatchObject({
      include: ["../.devcontainer/aperture-env/sidecar/secrets.yaml"],
      services: {
        tailscale: { extends: { file: "../.devcontainer/aperture-env/sidecar/tailscale.yaml" }, profiles: ["dev"] },
      },
    });
  });

  test.each<[string, Files, RegExp]>([
    ["an image", { [devcontainer]: '{ "image": "debian" }' }, /uses an image or a Dockerfile.*to auto or userspace/s],
    [
      "a file that is not there",
      { [devcontainer]: theirs[devcontainer]!.replace("../", "") },
      /cannot be read in this repository/,
    ],
    [
      "a variable in a file's name",
      { [devcontainer]: theirs[devcontainer]!.replace("../", "${localEnv:HOME}/") },
      /cannot be read in this repository/,
    ],
    [
      "a service that no file has",
      { [compose]: "include: [other.yml]\nservices:\n  db:\n    image: x\n" },
      /defines the service app; included/,
    ],
    [
      "ports in another file",
      {
        [devcontainer]:
          '{ "dockerComposeFile": ["../docker-compose.yml", "compose.yml"], "service": "app", "workspaceFolder": "/" }',
        ".devcontainer/compose.yml": "services:\n  app:\n    command: sleep infinity\n",
      },
      /docker-compose.yml gives app ports, networks.*Move ports, networks of app to .devcontainer\/compose.yml/s,
    ],
    [
      "a service of that name",
      { [compose]: `${theirs[compose]!.split("networks:\n  front")[0]}  tailscale:\n    image: x\n` },
      /already has a service tailscale/,
    ],
    [
      "a network mode of its own",
      { [compose]: "services:\n  app:\n    network_mode: host\n" },
      /app has the network mode "host"/,
    ],
    [
      "settings by extends",
      { [compose]: "services:\n  app:\n    extends: { service: base }\n  base:\n    ports: [80]\n" },
      /app extends another service/,
    ],
    [
      "ports by a merge",
      { [compose]: "x-base: &base\n  ports: [80]\nservices:\n  app:\n    <<: *base\n    image: x\n" },
      /docker-compose.yml:5:5: cannot be edited: "ports" comes from a merge key here/,
    ],
    [
      "a service that others take over",
      { [compose]: "services:\n  app: &app\n    image: x\n  web:\n    <<: *app\n" },
      /used elsewhere as \*app/,
    ],
    ["ports between braces", { [compose]: "services:\n  app: { image: x, ports: [80] }\n" }, /"ports" cannot be moved from here/],
    ["a file that is no YAML", { [compose]: "services: [\n" }, /docker-compose.yml:\d+:\d+.*cannot be edited/s],
    [
      "a file of another name",
      { [devcontainer]: theirs[devcontainer]!.replace("docker-compose", "stack"), "stack.yml": theirs[compose]! },
      /is not a file that this program edits/,
    ],
  ])("%s is refused, with what to do", async (_what, files, expected) => {
    project({ ...theirs, ...files });
    expect(await refusedFor()).toMatch(expected);
  });
});
