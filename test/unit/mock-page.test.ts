/** The mock gateway's page in a real browser: what it shows, that it refreshes itself, runs nothing, and has a light and a dark look. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { execa } from "execa";
import { afterEach, describe, expect, test } from "vitest";
import { formatPage, pagePolicy } from "../../src/gateway/mock/page.ts";
import { findProgram } from "../opencode/environment.ts";
import { ask, everywhere, startGateway } from "../support/mock-gateway.ts";
import { skips } from "../support/skips.ts";

const chromium = findProgram("chromium");
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** The browser for a page, as for nobody who was there before, with every talk to its maker off. Without further flags it stays until it is ended. */
function browser(url: string, flags: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "aperture-env-browser-"));
  folders.push(folder);
  const quiet = ["disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update"];
  const fixed = ["headless", "no-sandbox", ...quiet, "disable-sync", `user-data-dir=${folder}`].map((flag) => `--${flag}`);
  return execa(chromium!, [...fixed, ...flags, url], { timeout: 60_000, stdin: "ignore", env: { HOME: folder } });
}

/** What the browser prints of a page. */
async function browse(url: string, flags: readonly string[]): Promise<string> {
  return (await browser(url, flags)).stdout;
}

/** The colour in the upper left corner of a screenshot. Whatever a PNG's filter, there is nothing before its first pixel to add to it. */
async function cornerOf(url: string, flags: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "aperture-env-screen-"));
  folders.push(folder);
  const file = join(folder, "page.png");
  await browse(url, [...flags, "--window-size=1400,900", `--screenshot=${file}`]);
  const png = readFileSync(file);
  const data: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString("latin1", at + 4, at + 8) === "IDAT") data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  return `#${inflateSync(Buffer.concat(data)).subarray(1, 4).toString("hex")}`;
}

describe.skipIf(skips("the mock gateway's page in a browser", chromium === null ? "there is no chromium" : null))(
  "/ui/ in Chromium",
  { timeout: 90_000 },
  () => {
    test("shows the newest request first, with sender, model, tokens and fault", async () => {
      const gateway = await startGateway();
      await (await ask(gateway, "converse", "hi", true)).arrayBuffer();
      await (await ask(gateway, "chat", "hi", false, "fault-503")).text();
      const dom = await browse(`${gateway.origin}/ui/`, ["--dump-dom"]);
      const textOf = (html: string): string =>
        html
          .replaceAll(/<[^>]+>/g, " ")
          .replaceAll(/\s+/g, " ")
          .trim();
      const rows = [...dom.matchAll(/<tr>([^]*?)<\/tr>/g)].map(([, row]) =>
        [...row!.matchAll(/<t[hd][^>]*>([^]*?)<\/t[hd]>/g)].map(([, cell]) => textOf(cell!)),
      );
      const [request] = gateway.requests;
      const time = "03:04:05 2026-01-02";
      expect(rows).toEqual([
        [
          "Time (UTC)",
          "User / node",
          "Model",
          "Provider",
          "Status",
          "Tokens in",
          "Tokens out",
          "Duration",
          "Path",
          "Key",
          "Session",
        ],
        [time, "127.0.0.1 node", "fault-503", "", "503 fault", "", "", "0 ms", "POST /v1/chat/completions", "no key", ""],
        [
          time,
          "127.0.0.1 node",
          everywhere.id,
          "house",
          "200",
          String(request!.inputTokens),
          String(request!.outputTokens),
          "0 ms",
          "POST /bedrock/model/vendor.all-rounder-v1%3A0/converse-stream stream",
          "no key",
          "",
        ],
      ]);
      expect(textOf(/<dl>([^]*?)<\/dl>/.exec(dom)![1]!)).toMatch(
        /^Requests 2 Failed 1 Not the placeholder 0 Tokens in \d+ Tokens out \d+$/,
      );
    });

    test("has a light and a dark look", async () => {
      const gateway = await startGateway();
      const dark = ["--force-dark-mode", "--blink-settings=preferredColorScheme=0"];
      expect(await cornerOf(`${gateway.origin}/ui/`, [])).toBe("#ffffff");
      expect(await cornerOf(`${gateway.origin}/ui/`, dark)).toBe("#1d2025");
    });

    test("refreshes itself, loads nothing else, and a script in it would not run", async () => {
      const paths: string[] = [];
      const server = createServer(({ url = "" }, response) => {
        paths.push(url);
        const page = formatPage("http://x", []).replace(
          "</main>",
          '<script>document.title = "ran"</script><img src="/image"></main>',
        );
        response.writeHead(200, { "content-type": "text/html", "content-security-policy": pagePolicy }).end(page);
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      try {
        const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        expect(await browse(`${origin}/ui/`, ["--dump-dom"])).toContain("<title>Logs - mock gateway</title>");
        const before = paths.length;
        const open = browser(`${origin}/ui/`, []);
        const ended = open.catch(() => {});
        await expect.poll(() => paths.slice(before).filter((path) => path === "/ui/").length, { timeout: 20_000 }).toBe(2);
        open.kill();
        await ended;
        // The browser itself asks for an icon of every site.
        expect(paths.filter((path) => !["/ui/", "/favicon.ico"].includes(path))).toEqual([]);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });
  },
);
