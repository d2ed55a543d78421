/** The built `discover`, whose parts are bundles of their own: that they find each other, and that nobody else reads them. */
import { cpSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { startMockGateway, type MockGateway, type MockModel } from "../../src/gateway/mock/server.ts";
import { treeOf } from "../cli/harness.ts";
import { bin, environmentOf, makeFolders, root, runBin, runWith } from "./machine.ts";

const folders = makeFolders();
afterAll(() => folders.remove());

const google = { id: "gemini", name: "Google" };
const models: readonly MockModel[] = [
  { id: "gemini-3.8-flash", provider: google, endpoints: ["/v1beta/models/{model}:generateContent"] },
  { id: "gemini-3.5-flash-lite", provider: google, endpoints: ["/v1beta/models/{model}:generateContent"] },
  { id: "qwen3-coder", provider: { id: "house", name: "House" }, endpoints: ["/v1/chat/completions"] },
];

let gateway: MockGateway;
let folder: string;
let env: ReturnType<typeof environmentOf>;
beforeEach(async () => {
  gateway = await startMockGateway({ models });
  folder = folders.make("my-app");
  env = environmentOf(folders.make("home"), { npm_config_registry: "http://npm.example" });
});
afterEach(() => gateway.close());

test("lists, writes, and what it wrote makes an environment", async () => {
  const listed = await runBin(env, folder, ["discover", gateway.origin, "--json"]);
  expect(listed.exit, listed.stderr).toBe(0);
  const { model, providers } = JSON.parse(listed.stdout) as {
    model: string;
    providers: { id: string; models: { limit: unknown }[] }[];
  };
  expect(model).toBe("google/gemini-3.8-flash");
  expect(providers.map(({ id }) => id)).toEqual(["google", "house"]);
  // From the catalogue of a provider that is read where it is asked for.
  expect(providers[0]!.models[0]!.limit).toMatchObject({ context: expect.any(Number) });

  const made = await runBin(env, folder, ["--yes", "--url", gateway.origin]);
  expect(made.exit, made.stderr).toBe(0);
  const written = await runBin(env, folder, ["discover", "--write", "--yes"]);
  expect(written.exit, written.stderr).toBe(0);
  expect(parse(readFileSync(join(folder, "aperture-env.yaml"), "utf8"))).toMatchObject({
    providers: { google: {}, house: { api: "chat", models: ["qwen3-coder"] } },
    model: "google/gemini-3.8-flash",
    small_model: "google/gemini-3.5-flash-lite",
  });
  const updated = await runBin(env, folder, ["update"]);
  expect(updated.exit, updated.stderr).toBe(0);
  expect(await runBin(env, folder, ["check"])).toMatchObject({ exit: 0 });
  const again = await runBin(env, folder, ["discover", "--write", "--yes"]);
  expect(again.stdout).toContain("Nothing to do");
});

test("making one with --discover takes what is served, and the line that repeats it needs no gateway", async () => {
  const made = await runBin(env, folder, ["--yes", "--discover", "--url", gateway.origin]);
  expect(made.exit, made.stderr).toBe(0);
  expect(made.stdout).toMatch(/^ {2}model +google\/gemini-3\.8-flash +detected: http/m);
  const spec = parse(readFileSync(join(folder, "aperture-env.yaml"), "utf8")) as Record<string, unknown>;
  expect(Object.keys(spec["providers"] as object)).toEqual(["google", "house"]);
  await gateway.close();
  const repeat = /^ {2}npm create aperture-env@latest -- (.+)$/m.exec(made.stderr)?.[1];
  const other = folders.make("my-app");
  const repeated = await runWith({ ...env, NODE: process.execPath, BIN: bin }, other, "sh", ["-c", `"$NODE" "$BIN" ${repeat}`]);
  expect(repeated.exit, repeated.stderr).toBe(0);
  expect(treeOf(other)).toEqual(treeOf(folder));
});

test("a run without questions reads none of it", async () => {
  const dist = join(folders.make("copy"), "dist");
  cpSync(join(root, "dist"), dist, { recursive: true });
  for (const bundle of ["discover.js", "gateway-detection.js"]) {
    expect(existsSync(join(dist, bundle)), bundle).toBe(true);
    rmSync(join(dist, bundle));
  }
  const run = (...args: readonly string[]) => runWith(env, folder, process.execPath, [join(dist, "bin.js"), ...args]);
  for (const args of [["--yes"], ["update"], ["check"], ["remove", "--yes"]])
    expect((await run(...args)).exit, args.join(" ")).toBe(0);
  expect((await run("discover", gateway.origin)).exit).toBe(1);
});
