/** What the doctor makes of the connection's parts, from values to values: each broken one is named, and its advice leads on. */
import { describe, expect, test } from "vitest";
import { readSettings, type Settings } from "../../src/connect/settings.ts";
import { readStatus, type Machine, type TailnetStatus } from "../../src/connect/status.ts";
import { withOtherWay, type ConnectionFacts } from "../../src/doctor/judge/alone.ts";
import { judgeConnection } from "../../src/doctor/judge/connection.ts";
import { judgeGateway } from "../../src/doctor/judge/gateway.ts";
import type { GatewayFacts } from "../../src/doctor/judge/gateway-facts.ts";
import type { GatewayProbe } from "../../src/doctor/probe/network.ts";
import { found, type Check } from "../../src/doctor/types.ts";
import type { DatedAnswer } from "../../src/gateway/http/reader.ts";
import type { Way } from "../../src/vocabulary.ts";

const now = Date.parse("2026-11-30T12:00:00Z");
const gateway = new URL("http://ai");
const ai: Machine = { name: "ai.tail.ts.net", addresses: ["100.64.0.1"], online: true, expired: false, shaken: null };
const running: TailnetStatus = {
  state: "Running",
  loginUrl: null,
  self: { name: "me.tail.ts.net", addresses: ["100.64.0.2"], online: true, expired: false, shaken: null },
  peers: [ai],
  health: [],
  hasDevice: true,
  owners: ["you@example.com"],
  domain: "tail.ts.net",
};
const settings: Settings = {
  origin: "http://ai",
  managed: false,
  by: { default: "userspace" },
  node: "me",
  port: 1055,
  loginServer: null,
  tags: [],
  secret: "TS_AUTHKEY",
  programs: true,
  folder: null,
  socket: null,
};
const late = { phase: "connect", code: "TIMEOUT", detail: "" } as const;
const answered: DatedAnswer = {
  status: 200,
  location: null,
  type: "application/json",
  retryAfter: null,
  tooLarge: false,
  text: '{"data":[]}',
  date: null,
};

function probeOf(change: Partial<GatewayProbe> = {}): GatewayProbe {
  return {
    url: new URL("/v1/models", gateway),
    route: { proxy: null, unused: null, other: null, unusable: null },
    name: "ai",
    addresses: [],
    resolver: { servers: ["100.100.100.100"], search: ["tail.ts.net"] },
    silent: [],
    models: late,
    now,
    formats: new Map(),
    detour: null,
    ...change,
  };
}

interface Change {
  readonly way?: Way;
  readonly status?: Partial<TailnetStatus> | null;
  readonly seen?: Partial<ConnectionFacts["seen"]>;
  readonly taken?: Partial<ConnectionFacts["taken"]>;
  readonly probe?: Partial<GatewayProbe>;
  readonly facts?: Partial<ConnectionFacts>;
}

function judge(change: Change): readonly Check[] {
  return judgeConnection(factsOf(change));
}

function factsOf({ way = "tailscale", status = {}, seen = {}, taken = {}, probe = {}, facts = {} }: Change): ConnectionFacts {
  return {
    settings,
    taken: { way, daemon: null, folder: null, gateway: null, env: {}, ...taken },
    seen: {
      socket: "/run/ts",
      status: status === null ? null : { ...running, ...status },
      unplugLogin: null,
      isAlone: false,
      hasTun: true,
      control: null,
      holder: null,
      ...seen,
    },
    gateway,
    probe: probeOf(probe),
    isAnswered: false,
    waited: 12_000,
    ...facts,
  };
}

const daemon = { way: "userspace", pid: 7, port: 1055 } as const;
const proxied = { proxy: new URL("http://127.0.0.1:1055"), unused: null, other: null, unusable: null };
const silent = { phase: "connect", code: "ENOENT", detail: "" } as const;
const loginError = (text: string): Change => ({
  status: { state: "NeedsLogin", self: null, health: [`You are logged out. The last login error was: ${text}`] },
});

describe("the connection's parts", () => {
  const cases: Readonly<Record<string, readonly [Change, string, RegExp]>> = {
    "only lo": [{ seen: { isAlone: true } }, "network-gone", /recreate/],
    "only lo, of a network that is given by hand": [
      { way: "network", status: null, seen: { isAlone: true }, facts: { settings: null } },
      "network-gone",
      /recreate/,
    ],
    "no daemon, userspace": [
      { way: "userspace", seen: { status: silent, socket: "" } },
      "daemon-silent",
      /aperture-connect {2}starts/,
    ],
    "no daemon, the Feature's": [{ seen: { status: silent } }, "daemon-silent", /tailscaled\.log/],
    "no daemon, a sidecar's": [{ way: "sidecar", seen: { status: silent } }, "daemon-silent", /docker compose logs/],
    "no daemon for want of a device": [{ seen: { status: silent, hasTun: false } }, "no-tun", /--device=\/dev\/net\/tun/],
    "a sidecar in userspace": [{ way: "sidecar", status: { hasDevice: false } }, "no-tun", /TS_USERSPACE=false/],
    "another container has the login": [
      { way: "userspace", seen: { status: silent, socket: "", holder: "c0ffee" } },
      "state-shared",
      /stop that container/,
    ],
    "auto, with programs": [{ way: "auto", status: null }, "connection-none", /TS_AUTHKEY/],
    "nobody logged in": [{ status: { state: "NeedsLogin" } }, "login-needed", /aperture-connect .*TS_AUTHKEY/],
    "a login that waits": [
      { status: { state: "NeedsLogin", loginUrl: "https://login.example/a/b" } },
      "login-needed",
      /https:\/\/login\.example\/a\/b .*TS_AUTHKEY/,
    ],
    "a machine's own daemon, logged out": [
      { way: "network", status: { state: "NeedsLogin" }, facts: { settings: null } },
      "login-needed",
      /^tailscale up/,
    ],
    "an expired login": [
      { status: { state: "NeedsLogin", self: { ...running.self!, expired: true } } },
      "login-expired",
      /logs in again/,
    ],
    "a machine to be approved": [{ status: { state: "NeedsMachineAuth" } }, "login-approval", /Machines/],
    "switched off": [{ status: { state: "Stopped" } }, "connection-stopped", /aperture-connect/],
    starting: [{ status: { state: "Starting" } }, "connection-starting", /again in a moment/],
    "a used key": [loginError("authkey already used"), "key-used", /TS_AUTHKEY/],
    "an expired key": [loginError("authkey expired"), "key-expired", /TS_AUTHKEY/],
    "a bad key": [loginError("invalid key: API key kSECRET11CNTRL not valid"), "key-refused", /TS_AUTHKEY/],
    "a key for other tags": [loginError("requested tags [tag:x] are invalid or not permitted"), "key-tags", /tagOwners/],
    "a control server that refuses": [
      loginError('fetch control key: Get "https://control.example/key": connection refused'),
      "control-unreachable",
      /login_server/,
    ],
    "a control server that is silent": [
      { status: { state: "NeedsLogin" }, seen: { control: "control.example: TIMEOUT" } },
      "control-unreachable",
      /HTTPS_PROXY/,
    ],
    "a proxy that is not there": [
      { way: "userspace", taken: { daemon, folder: "/r" }, probe: { route: proxied, models: { ...late, code: "ECONNREFUSED" } } },
      "proxy-lost",
      /kill 7/,
    ],
    "something else on its port": [
      {
        way: "userspace",
        taken: { daemon, folder: "/r" },
        probe: { route: proxied, detour: { isTailscale: false, direct: late }, models: answered },
      },
      "proxy-lost",
      /kill 7/,
    ],
    "no such machine": [
      { status: { peers: [{ ...ai, name: "db.tail.ts.net" }] } },
      "peer-unlisted",
      /"src":\["you@example\.com"\],"dst":\["100\.x\.y\.z"\],"ip":\["tcp:80"\]/,
    ],
    "no machine at all": [{ status: { peers: [] } }, "peer-unlisted", /without dst/],
    "the gateway's machine is off": [{ status: { peers: [{ ...ai, online: false }] } }, "peer-offline", /administrators/],
    "the tailnet's names are not asked": [
      { probe: { models: { phase: "lookup", code: "ENOTFOUND", detail: "" }, resolver: { servers: ["10.0.0.1"], search: [] } } },
      "dns-not-accepted",
      /--accept-dns=true .*http:\/\/100\.64\.0\.1/,
    ],
    "a sidecar is switched off": [
      { way: "sidecar", status: { state: "Stopped" } },
      "connection-stopped",
      /^docker compose exec tailscale tailscale up /,
    ],
    "a sidecar's key is used up": [
      { ...loginError("authkey already used"), way: "sidecar" },
      "key-used",
      /^aperture-connect .*docker rm --force.*TS_AUTHKEY/,
    ],
    "the same in a sidecar": [
      { way: "sidecar", probe: { models: { ...late, phase: "lookup" }, resolver: { servers: ["127.0.0.11"], search: [] } } },
      "dns-not-accepted",
      /TS_ACCEPT_DNS=true/,
    ],
    "a policy without that port": [
      { status: { owners: ["tag:ci"], peers: [{ ...ai, shaken: now - 5000 }] } },
      "peer-blocked",
      /"src":\["tag:ci"\],"dst":\["100\.64\.0\.1"\],"ip":\["tcp:80"\]/,
    ],
    "nothing comes back": [{}, "peer-silent", /netcheck/],
    "ts-unplug is not there": [{ way: "ts-unplug", status: null }, "unplug-gone", /aperture-connect/],
    "another program has the one port that a managed configuration names": [
      {
        way: "ts-unplug",
        status: null,
        probe: { models: { ...answered, status: 404 } },
        facts: { settings: { ...settings, managed: true } },
      },
      "unplug-port",
      /aperture\.connection/,
    ],
    "ts-unplug is not there, nor anybody else at that one port": [
      {
        way: "ts-unplug",
        status: null,
        probe: { models: { ...late, code: "ECONNREFUSED" } },
        facts: { settings: { ...settings, managed: true } },
      },
      "unplug-gone",
      /aperture-connect/,
    ],
    "ts-unplug on the host is not there": [
      { way: "network", status: null, facts: { settings: null, gateway: new URL("http://host.docker.internal:8123") } },
      "unplug-host",
      /-port 8123/,
    ],
    "ts-unplug waits for a login": [
      {
        way: "ts-unplug",
        status: null,
        seen: { unplugLogin: "https://login.example/a/b" },
        taken: { daemon: { ...daemon, way: "ts-unplug" }, folder: "/r" },
      },
      "login-needed",
      /https:\/\/login\.example\/a\/b .*TS_AUTHKEY/,
    ],
    "another container has the login of ts-unplug": [
      { way: "ts-unplug", status: null, seen: { holder: "c0ffee" } },
      "state-shared",
      /stop that container/,
    ],
    "ts-unplug does not get there": [
      {
        way: "ts-unplug",
        status: null,
        taken: { daemon: { ...daemon, way: "ts-unplug" }, folder: "/r" },
        probe: { models: { ...answered, status: 502 } },
      },
      "unplug-lost",
      /\/r\/ts-unplug\.log/,
    ],
  };
  test.each(Object.entries(cases))("%s", (_, [change, code, next]) => {
    const checks = judge(change);
    expect(checks.map((check) => [check.code, check.severity])).toEqual([[code, "failure"]]);
    expect(checks[0]!.next).toMatch(next);
    expect(JSON.stringify(checks)).not.toMatch(/kSECRET|NO_PROXY/);
  });

  test("auto without programs reports the network's findings, and adds a fix", () => {
    const facts = factsOf({ way: "auto", status: null, facts: { settings: { ...settings, programs: false } } });
    expect(judgeConnection(facts)).toEqual([]);
    const named = found("failure", "gateway", "name-unknown", "m", "c", "n");
    expect(withOtherWay([named], facts)).toMatchObject([
      { code: "name-unknown", next: expect.stringMatching(/^n; or .*tailscale: \{\}/) },
    ]);
    expect(withOtherWay([named], { ...facts, settings: null })).toEqual([named]);
  });

  test("if the gateway answers, the connection is one line; a slow answer is a note", () => {
    expect(judge({ facts: { isAnswered: true, waited: 0 } })).toMatchObject([{ code: "connection", severity: "ok" }]);
    expect(judge({ facts: { isAnswered: true, waited: 5000 } })).toMatchObject([
      { severity: "ok" },
      { code: "peer-slow", severity: "note", message: "ai answered after 5.0 s" },
    ]);
  });

  test("if the gateway answers by another connection than the chosen one, that is a warning", () => {
    expect(judge({ status: { state: "NeedsLogin" }, facts: { isAnswered: true } })).toMatchObject([
      { code: "login-needed", severity: "warning" },
    ]);
    expect(judge({ way: "auto", status: null, facts: { isAnswered: true } })).toEqual([]);
  });

  test("if only the network leads there and the launcher does not use it, that is a failure with the network as a fix", () => {
    const facts = { isAnswered: true };
    expect(judge({ way: "userspace", seen: { status: silent, socket: "" }, facts })).toMatchObject([
      {
        code: "daemon-silent",
        severity: "failure",
        next: expect.stringMatching(/aperture-connect .*; or .* {2}APERTURE_CONNECTION=network$/),
      },
    ]);
    expect(judge({ way: "tailscale", seen: { status: silent, socket: "" }, facts })).toMatchObject([{ severity: "warning" }]);
  });

  test("what is not the connection's is left to the gateway's judge", () => {
    expect(judge({ probe: { models: { ...late, code: "ECONNREFUSED" } } })).toEqual([]);
    expect(judge({ way: "network", status: null, facts: { settings: null } })).toEqual([]);
    expect(judge({ way: "auto", status: null, probe: { route: proxied } })).toEqual([]);
    // A host that is none of the tailnet's.
    expect(judge({ status: { peers: [] }, facts: { gateway: new URL("https://ai.example.com") } })).toEqual([]);
  });
});

describe("a proxy on the way", () => {
  const judged = (probe: Partial<GatewayProbe>): Check =>
    judgeGateway({
      probe: probeOf({ route: proxied, models: { ...late, phase: "answer" }, ...probe }),
      choices: { providers: [] },
      timeout: 2000,
    } as unknown as GatewayFacts)[0]!;

  test("is taken out of it only where the gateway answers without", () => {
    const direct = { ...answered, text: '{"data":[{"id":"x"}]}' };
    expect(judged({ detour: { isTailscale: false, direct } })).toMatchObject({
      code: "proxy",
      next: expect.stringMatching(/ai,.* to NO_PROXY and no_proxy/),
    });
    const others = [
      judged({ detour: { isTailscale: false, direct: late } }),
      judged({ detour: { isTailscale: true, direct: late } }),
      judged({ detour: { isTailscale: true, direct: late }, models: { ...answered, status: 502, type: "", text: "" } }),
      judged({ detour: { isTailscale: false, direct: late }, models: { ...late, code: "ECONNREFUSED" } }),
    ];
    expect(others.map(({ code }) => code)).toEqual(["proxy", "proxy-tailscale", "proxy-tailscale", "proxy-closed"]);
    for (const { next } of others) expect(next).not.toMatch(/NO_PROXY (?:and no_proxy )?hold/);
  });

  test("that needs a login gets it if only the proxy leads to the gateway; the login is not shown", () => {
    const models = { ...answered, status: 407, type: "", text: "" };
    const proxy = (address: string): Partial<GatewayProbe> => ({ route: { ...proxied, proxy: new URL(address) }, models });
    const detour = { isTailscale: false, direct: late };
    const named = judged({ ...proxy("http://me:hunter2@proxy.corp:3128"), detour });
    expect(named).toMatchObject({
      code: "proxy-login",
      message: "The proxy proxy.corp:3128 wants a user and a password (407)",
      cause: expect.stringMatching(/^HTTP_PROXY has others/),
      next: expect.stringContaining("http://<user>:<password>@proxy.corp:3128"),
    });
    expect(JSON.stringify(named)).not.toMatch(/hunter2|\bme\b/);
    expect(judged({ ...proxy("http://proxy.corp:3128"), detour }).cause).toMatch(/^HTTP_PROXY has none/);
    const direct = { ...answered, text: '{"data":[{"id":"x"}]}' };
    expect(judged({ ...proxy("http://proxy.corp:3128"), detour: { isTailscale: false, direct } })).toMatchObject({
      code: "proxy",
    });
  });

  test("what the gateway says through it is the gateway's", () => {
    const models = { ...answered, status: 403, text: '{"error":{"message":"access denied: no role granted"}}' };
    expect(judged({ models })).toMatchObject({ code: "gateway-forbidden" });
  });

  test("one that is named for other requests alone", () => {
    const route = { proxy: null, unused: null, other: "ALL_PROXY", unusable: null };
    expect(judged({ route })).toMatchObject({ code: "proxy-http-missing", message: expect.stringContaining("ALL_PROXY") });
  });
});

describe("what is read", () => {
  test("of a daemon: device, owner, the last handshake", () => {
    const text = JSON.stringify({
      BackendState: "Running",
      TUN: true,
      Self: { DNSName: "me.tail.ts.net.", UserID: 3 },
      User: { 3: { LoginName: "you@example.com" } },
      Peer: {
        a: { DNSName: "ai.tail.ts.net.", LastHandshake: "2026-11-30T12:00:00Z" },
        b: { DNSName: "b.tail.ts.net.", LastHandshake: "0001-01-01T00:00:00Z" },
      },
    });
    const status = readStatus(text)!;
    expect([status.hasDevice, status.owners, status.peers.map(({ shaken }) => shaken)]).toEqual([
      true,
      ["you@example.com"],
      [now, null],
    ]);
    expect(readStatus(text.replace('"UserID":3', '"UserID":3,"Tags":["tag:ci"]'))!.owners).toEqual(["tag:ci"]);
    expect(readStatus('{"BackendState":"NoState"}')).toMatchObject({ hasDevice: false, owners: [] });
  });

  test("of a file that somebody else wrote: nothing", () => {
    for (const connect of [null, 1, {}, { by: {} }, { by: { default: "carrier-pigeon" } }])
      expect(readSettings(JSON.stringify({ origin: "http://ai", connect }))).toBeNull();
    expect(readSettings(JSON.stringify({ origin: "::", connect: { by: { default: "auto" } } }))).toBeNull();
  });
});
