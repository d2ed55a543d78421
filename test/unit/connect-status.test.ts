/** What a daemon of Tailscale says of itself, and how it is asked. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askStatus } from "../../src/connect/local-api.ts";
import { findMachine, readStatus } from "../../src/connect/status.ts";

/** As tailscaled 1.102 says it, without what nobody here reads. */
const said = {
  BackendState: "Running",
  AuthURL: "",
  Self: { HostName: "box", DNSName: "box.test-net.ts.net.", TailscaleIPs: ["100.64.0.2"], Online: true },
  Health: null,
  MagicDNSSuffix: "test-net.ts.net",
  Peer: {
    "nodekey:1": {
      HostName: "gw",
      DNSName: "AI.test-net.ts.net.",
      TailscaleIPs: ["100.64.0.1", "fd7a:115c:a1e0::1"],
      Online: true,
    },
    "nodekey:2": { HostName: "ai", DNSName: "ai-1.test-net.ts.net.", TailscaleIPs: ["100.64.0.3"], Expired: true },
    "nodekey:3": { HostName: "ai", DNSName: "ai.shared.ts.net.", TailscaleIPs: ["100.64.0.4"] },
  },
};

describe("a status", () => {
  const status = readStatus(JSON.stringify(said))!;

  test("is read", () => {
    expect(status).toMatchObject({ state: "Running", loginUrl: null, health: [], domain: "test-net.ts.net" });
    expect(status.self).toEqual({
      name: "box.test-net.ts.net",
      addresses: ["100.64.0.2"],
      online: true,
      expired: false,
      shaken: null,
    });
    expect(status.peers).toHaveLength(3);
  });

  test.each([
    ["ai", "100.64.0.1"],
    ["AI.test-net.ts.net.", "100.64.0.1"],
    ["ai.shared.ts.net", "100.64.0.4"],
    ["100.64.0.3", "100.64.0.3"],
    ["[fd7a:115c:a1e0::1]", "100.64.0.1"],
  ])("the machine %s is found", (host, address) => {
    expect(findMachine(status, host)?.addresses[0]).toBe(address);
  });

  test.each(["gw", "box", "shared", ""])("no machine is %j: hosts' own names are not the tailnet's", (host) => {
    expect(findMachine(status, host)).toBeNull();
  });

  test("of one that is logged out the address to log in is known, and nothing that is none", () => {
    const out = { BackendState: "NeedsLogin", Peer: null, Self: null };
    expect(readStatus(JSON.stringify({ ...out, AuthURL: "https://login.tailscale.com/a/1" }))?.loginUrl).toMatch(/a\/1$/);
    expect(readStatus(JSON.stringify({ ...out, AuthURL: "https://x/\u001B[2J" }))?.loginUrl).toBeNull();
    expect(readStatus(JSON.stringify(out))).toMatchObject({ self: null, peers: [], loginUrl: null });
  });

  test.each(["", "[]", "null", '{"BackendState":1}', "<html>"])("%j is none", (text) => {
    expect(readStatus(text)).toBeNull();
  });
});

describe.skipIf(process.platform === "win32")("a daemon's socket", () => {
  const folder = mkdtempSync(join(tmpdir(), "aperture-env-local-api-"));
  const socket = join(folder, "s");
  const asked: string[] = [];
  let server: Server;

  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.headers.host}${request.url}`);
      if (asked.length === 1) response.setHeader("content-type", "application/json").end(JSON.stringify(said));
    });
    await new Promise<void>((done) => server.listen(socket, done));
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("is asked as Tailscale's own program asks it", async () => {
    expect(await askStatus(socket, performance.now() + 5000)).toMatchObject({ state: "Running" });
    expect(asked).toEqual(["GET local-tailscaled.sock/localapi/v0/status"]);
  });

  test("is not waited for longer than there is time, and nobody behind it is said", async () => {
    expect(await askStatus(socket, performance.now() + 100)).toMatchObject({ code: "TIMEOUT" });
    expect(await askStatus(join(folder, "none"), performance.now() + 5000)).toMatchObject({ code: "ENOENT" });
  });
});
