/** The way to the gateway from inside of a container, as far as it needs no tailnet: words, keys, the lock, processes and places. */
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isTailnetAddress } from "../../src/catalog/tailnet.ts";
import { findDaemon, launch } from "../../src/connect/daemon.ts";
import { bringUp } from "../../src/connect/join.ts";
import { findKey, keyVariables, withoutKeys, withoutSecret } from "../../src/connect/key.ts";
import { tryLock } from "../../src/connect/lock.ts";
import { upCommand } from "../../src/connect/login.ts";
import { parseMounts } from "../../src/connect/mounts.ts";
import { findRunFolder } from "../../src/connect/places.ts";
import { findOnNetwork, readSeen } from "../../src/connect/probe.ts";
import { identityOf, isRunning, programOf } from "../../src/connect/process.ts";
import { isJob, nodeOf, readSettings, wayOf, type Settings } from "../../src/connect/settings.ts";
import { sidecar } from "../../src/connections/sidecar.ts";
import { plainAnswers } from "../support/answers.ts";
import { bundleScript } from "../support/docker.ts";

const folder = mkdtempSync(join(tmpdir(), "aperture-env-connect-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const settings: Settings = {
  origin: "http://ai",
  managed: false,
  by: { default: "auto" },
  node: "opencode-sample",
  port: 1055,
  loginServer: null,
  tags: [],
  secret: "TS_AUTHKEY",
  programs: true,
  folder: null,
  socket: null,
};

describe("the way", () => {
  const by = { default: "network", codespaces: "userspace", github: "auto", kubernetes: "userspace" } as const;

  test.each([
    [{}, "network"],
    [{ CODESPACES: "true" }, "userspace"],
    [{ GITHUB_ACTIONS: "true", CI: "true" }, "auto"],
    // No word of its own.
    [{ GITLAB_CI: "true" }, "network"],
    [{ CODESPACES: "1" }, "network"],
    [{ CODESPACES: "true", APERTURE_CONNECTION: "network" }, "network"],
    [{ KUBERNETES_SERVICE_HOST: "10.0.0.1" }, "userspace"],
    [{ KUBERNETES_SERVICE_HOST: "" }, "network"],
    // A job's own word comes before that of the pod in which it runs.
    [{ KUBERNETES_SERVICE_HOST: "10.0.0.1", GITHUB_ACTIONS: "true" }, "auto"],
    [{ KUBERNETES_SERVICE_HOST: "10.0.0.1", GITLAB_CI: "true" }, "userspace"],
    [{ APERTURE_CONNECTION: "nonsense" }, "network"],
  ])("with %j is %s", (env, way) => {
    expect(wayOf({ ...settings, by }, env)).toBe(way);
  });

  test.each([
    ["userspace", "http://localhost:8080", "network"],
    ["userspace", "http://ai.localhost", "network"],
    ["userspace", "http://127.0.0.1", "network"],
    ["userspace", "http://[::1]:8080", "network"],
    ["userspace", "http://localhost.example.com", "userspace"],
    ["ts-unplug", "http://localhost:8080", "network"],
    // That is ts-unplug's own port, as what OpenCode starts has it.
    ["ts-unplug", "http://localhost:1055", "ts-unplug"],
    ["auto", "http://localhost:8080", "auto"],
  ])("%s with the gateway at %s is %s", (asked, origin, way) => {
    expect(wayOf({ ...settings, by, origin }, { APERTURE_CONNECTION: asked })).toBe(way);
  });

  test("is read from environment.json, which may say nothing of it", () => {
    const { origin, managed, ...connect } = settings;
    expect(readSettings(JSON.stringify({ origin, connect }))).toEqual(settings);
    expect(readSettings(JSON.stringify({ origin, managed: !managed, connect }))).toEqual({ ...settings, managed: true });
    for (const text of [null, "", "{}", '{"origin":"http://ai"}', "null"]) expect(readSettings(text), String(text)).toBeNull();
  });

  test.each([
    [{}, "opencode-sample"],
    [{ CODESPACES: "true", CODESPACE_NAME: "Fluffy_Space.robot" }, "fluffy-space-robot"],
    [{ CODESPACES: "true" }, "opencode-sample"],
    [{ CODESPACES: "true", CODESPACE_NAME: "ü" }, "opencode"],
    [{ CODESPACE_NAME: "other" }, "opencode-sample"],
  ])("with %j the node is %s", (env, node) => {
    expect(nodeOf(settings, env)).toBe(node);
  });

  test("a job is one by its host's variables", () => {
    expect([{ CI: "true" }, { GITHUB_ACTIONS: "true" }, { GITLAB_CI: "true" }].every(isJob)).toBe(true);
    expect(isJob({ CODESPACES: "true", CI: "" })).toBe(false);
  });
});

describe("a key", () => {
  test.each([
    [{ TS_AUTHKEY: "tskey-auth-1" }, "TS_AUTHKEY", ["--auth-key=file:/dev/stdin"], "tskey-auth-1", false],
    [{ TS_AUTH_KEY: " tskey-auth-2\n" }, "TS_AUTH_KEY", ["--auth-key=file:/dev/stdin"], "tskey-auth-2", false],
    [{ TS_AUTHKEY: "tskey-client-3" }, "TS_AUTHKEY", ["--auth-key=file:/dev/stdin"], "tskey-client-3", true],
    [{ TS_CLIENT_ID: "i", TS_CLIENT_SECRET: "s" }, "TS_CLIENT_SECRET", ["--client-secret=file:/dev/stdin"], "s", true],
    [{ TS_CLIENT_ID: "i", TS_ID_TOKEN: "t" }, "TS_ID_TOKEN", ["--client-id=i", "--id-token=file:/dev/stdin"], "t", true],
    [{ TS_CLIENT_ID: "i", TS_AUDIENCE: "a" }, "TS_AUDIENCE", ["--client-id=i", "--audience=a"], "", true],
  ])("is found in %j", (env, variable, args, input, needsTags) => {
    expect(findKey(settings, env)).toEqual({ variable, args, input, needsTags });
  });

  test("of the spec's own name comes first", () => {
    expect(findKey({ secret: "HOUSE_KEY" }, { HOUSE_KEY: "h", TS_AUTHKEY: "a" })).toMatchObject({
      variable: "HOUSE_KEY",
      input: "h",
    });
  });

  test("is found in the spec's variable, then in Tailscale's own, in a sidecar's order", () => {
    const answers = { ...plainAnswers, tailscale: { key: "HOUSE_KEY" } };
    const { secrets } = sidecar.runtime(answers, {}).service!;
    for (let [first, ...rest] = secrets; first !== undefined; [first, ...rest] = rest) {
      const env = Object.fromEntries([first, ...rest, "TS_CLIENT_ID"].map((name) => [name, "x"]));
      expect(findKey({ secret: "HOUSE_KEY" }, env)!.variable).toBe(first);
    }
  });

  test("is missing if it is empty or incomplete", () => {
    for (const env of [{}, { TS_AUTHKEY: "" }, { TS_AUTHKEY: " " }, { TS_CLIENT_ID: "i" }, { TS_ID_TOKEN: "t" }])
      expect(findKey(settings, env), JSON.stringify(env)).toBeNull();
  });

  test("is in no command, environment or text", () => {
    const env = {
      ...Object.fromEntries(keyVariables({ secret: "HOUSE_KEY" }).map((name) => [name, "secret-value"])),
      HOME: "/x",
    };
    expect(withoutKeys({ secret: "HOUSE_KEY" }, env)).toEqual({ HOME: "/x" });
    const key = findKey({ secret: "HOUSE_KEY" }, env);
    const login = { program: ["/p"] as const, socket: "/s", node: "n", loginServer: "http://c", tags: ["ci", "tag:x"] };
    const command = upCommand(login, key, 12.4);
    expect(command.join(" ")).toBe(
      "/p --socket=/s up --reset --hostname=n --timeout=12s --login-server=http://c --advertise-tags=tag:ci,tag:x --auth-key=file:/dev/stdin",
    );
    expect(withoutSecret("invalid key: secret-value", key)).toBe("invalid key: …");
  });
});

describe("an address", () => {
  test.each(["100.64.0.1", "100.100.7.9", "100.127.255.254", "fd7a:115c:a1e0::1", "FD7A:115C:A1E0:ab12::5"])(
    "%s is of a tailnet",
    (address) => {
      expect(isTailnetAddress(address)).toBe(true);
    },
  );
  test.each(["100.63.0.1", "100.128.0.1", "10.64.0.1", "100.64.ai", "209.59.119.34", "fd7a:115c:a1e1::1", "::1"])(
    "%s is not",
    (address) => {
      expect(isTailnetAddress(address)).toBe(false);
    },
  );
});

test("what is mounted is read as the kernel writes it, with blanks in names", () => {
  const table =
    "36 25 0:32 / / rw,relatime - overlay overlay rw\n40 36 0:9 / /my\\040work\\134s ro,noexec shared:1 - ext4 /dev/sda rw\n";
  expect(parseMounts(table)).toEqual([
    { place: "/", options: ["rw", "relatime"] },
    { place: "/my work\\s", options: ["ro", "noexec"] },
  ]);
});

describe("the network", () => {
  const soon = (): number => performance.now() + 400;
  let type = "application/json";
  let wait = 0;
  const server = createServer((_request, response) => {
    setTimeout(() => response.setHeader("content-type", type).end("{}"), wait);
  });
  let origin = "";
  beforeAll(async () => {
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    origin = `http://gateway.test:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  test("leads there by a tailnet's address, or by any address over https", async () => {
    expect(await findOnNetwork("http://ai", readSeen("100.64.0.1 ai.net.ts.net ai"), soon())).toEqual({ there: true });
    expect(await findOnNetwork("https://ai.house", readSeen("10.0.0.1 ai.house"), soon())).toEqual({ there: true });
  });

  test("leads to somebody else, whose answer is no gateway's", async () => {
    const seen = readSeen("127.0.0.1 gateway.test");
    expect(await findOnNetwork(origin, seen, soon())).toEqual({ there: true });
    type = "text/html";
    expect(await findOnNetwork(origin, seen, soon())).toMatchObject({ there: false, why: expect.stringContaining("127.0.0.1") });
  });

  test("leads there if any address of the name does, whichever comes first", async () => {
    type = "application/json";
    // ::1 refuses at once, and the address of a documentation's network (RFC 5737) is silent.
    for (const others of ["::1", "192.0.2.1"])
      expect(await findOnNetwork(origin, readSeen(`${others} 127.0.0.1 gateway.test`), soon()), others).toEqual({ there: true });
  });

  test("leads there also if the host accepts the connection and answers slowly, as on a busy machine", async () => {
    type = "application/json";
    wait = 1000;
    expect(await findOnNetwork(origin, readSeen("127.0.0.1 gateway.test"), soon())).toEqual({ there: true });
    wait = 0;
  });

  test("does not lead there if nothing accepts the connection, which is known in time", async () => {
    const started = performance.now();
    expect(await findOnNetwork("http://gateway.test:9", readSeen("127.0.0.1 gateway.test"), soon())).toMatchObject({
      there: false,
    });
    // Silent: an address of a documentation's network (RFC 5737).
    expect(await findOnNetwork("http://gateway.test", readSeen("192.0.2.1 gateway.test"), soon())).toMatchObject({
      there: false,
    });
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test("knows no such name, or does not say", async () => {
    expect(await findOnNetwork("http://ai", readSeen("none"), soon())).toMatchObject({
      why: "this network does not know the name ai",
    });
    expect(await findOnNetwork("http://ai", readSeen("late"), soon())).toMatchObject({
      why: "the name server does not answer for ai",
    });
  });

  test("is examined within the time if the launcher could not", async () => {
    const started = performance.now();
    expect((await findOnNetwork("http://no-such.invalid", readSeen("unknown"), soon())).there).toBe(false);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe.skipIf(process.platform !== "linux")("processes of this container", () => {
  test("are known by more than their number", async () => {
    const child = spawn("sleep", ["60"]);
    await new Promise((done) => child.on("spawn", done));
    const identity = identityOf(child.pid!)!;
    expect(identity.startsWith(`${child.pid} `)).toBe(true);
    expect(programOf(child.pid!)).toBe("sleep");
    expect(isRunning(identity)).toBe(true);
    // The same number, of another start or in another container.
    expect(isRunning(identity.replace(/ \d+ /, " 1 "))).toBe(false);
    expect(isRunning(identity.replace(/\[\d+\]/, "[1]"))).toBe(false);
    child.kill("SIGKILL");
    await new Promise((done) => child.on("exit", done));
    expect(isRunning(identity)).toBe(false);
    expect(identityOf("self")!.startsWith(`${process.pid} `)).toBe(true);
  });
});

describe.skipIf(process.platform !== "linux")("the lock", () => {
  const at = (name: string): string => {
    const place = join(folder, name);
    mkdirSync(place);
    return place;
  };

  test("is held by one, and free again when that one says so", () => {
    const place = at("one");
    const lock = tryLock(place)!;
    expect(tryLock(place)).toBeNull();
    lock.release();
    const next = tryLock(place);
    expect(next).not.toBeNull();
    expect(readdirSync(place)).toEqual(["lock.2"]);
  });

  test("of a dead process, or of another container, is taken over", () => {
    for (const [name, left] of Object.entries({
      dead: "999999999 1 pid:[1]",
      number: identityOf("self")!.replace(/ \d+ /, " 1 "),
      container: identityOf("self")!.replace(/\[\d+\]/, "[1]"),
      cut: "",
    })) {
      const place = at(name);
      writeFileSync(join(place, "lock.7"), left);
      expect(tryLock(place), name).not.toBeNull();
      expect(readdirSync(place), name).toEqual(["lock.8"]);
      expect(readFileSync(join(place, "lock.8"), "utf8")).toBe(identityOf("self"));
    }
  });

  test("is held by one of many that are killed while they have it", async () => {
    const place = at("many");
    const held = join(place, "held");
    const program = join(folder, "lock.mjs");
    writeFileSync(program, await bundleScript("test/unit/lock.main.ts"));
    const ends = await Promise.all(
      Array.from({ length: 6 }, () => {
        const child = spawn(process.execPath, [program, place, held]);
        return new Promise((done) => child.on("exit", (status, signal) => done(status ?? signal)));
      }),
    );
    expect(ends).toEqual(Array.from({ length: 6 }, () => "SIGKILL"));
  }, 60_000);
});

describe.skipIf(process.platform === "win32")("the folder of what runs here", () => {
  const uid = process.getuid?.() ?? 0;

  test("belongs to this account only, and a foreign link or file is not used", () => {
    const [linked, taken, free] = ["linked", "taken", "free"].map((name) => {
      const place = join(folder, name);
      mkdirSync(place);
      return place;
    }) as [string, string, string];
    symlinkSync(free, join(linked, `aperture-env-${uid}`));
    writeFileSync(join(taken, `aperture-env-${uid}`), "");
    expect(findRunFolder(uid, [linked, taken, free])).toBe(join(free, `aperture-env-${uid}`));
    expect(findRunFolder(uid, [linked, taken])).toBeNull();
  });

  test("is closed to others where it was open", () => {
    const place = join(folder, "open");
    mkdirSync(join(place, `aperture-env-${uid}`), { recursive: true });
    chmodSync(join(place, `aperture-env-${uid}`), 0o755);
    expect(findRunFolder(uid, [place])).not.toBeNull();
  });
});

test("a daemon that runs and never answers is told of as that", async () => {
  const [socket, program] = [join(folder, "no.sock"), ["tailscale"]] as const;
  const deadline = performance.now() + 1;
  const joining = { settings, env: {}, key: null, socket, program, deadline, isNew: false, isThere: () => true };
  expect(await bringUp(joining)).toMatchObject({ ok: false, message: "Tailscale's daemon runs, but does not answer" });
});

test("a daemon that has started is found before it answers, so whoever is interrupted meanwhile leaves none that the next start would take for another container's", async () => {
  const run = mkdtempSync(join(folder, "run-"));
  const state = mkdtempSync(join(folder, "state-"));
  const program = join(folder, "tailscaled");
  writeFileSync(program, '#!/bin/sh\nwhile [ -e "$0" ] && sleep 0.1; do :; done\n', { mode: 0o755 });
  const env = { PATH: process.env["PATH"]! };
  const command = (): readonly [string] => [program];
  const started = launch({ way: "userspace", run, state, port: 0, env, deadline: performance.now() + 60_000, command });
  try {
    await expect.poll(() => findDaemon(run), { timeout: 30_000 }).toMatchObject({ way: "userspace" });
    expect(readFileSync(join(state, "container"), "utf8")).toBe(hostname());
  } finally {
    const { pid } = findDaemon(run) ?? {};
    if (pid !== undefined) process.kill(pid);
  }
  expect(await started).toMatchObject({ why: "ended" });
  expect(findDaemon(run)).toBeNull();
});
