/**
 * Teams let formatters write into their files. Files outside of the Feature folder are laid out as Prettier does by its defaults; oxfmt does the same
 * with lines of 80 characters, for each connection. docs/existing.md says who has to exclude the Feature folder, with its programs and tables.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { featureFolder } from "../../src/catalog/files.ts";
import { lockPath } from "../../src/lock/lock.ts";
import { specPath } from "../../src/spec/spec.ts";
import { readTree, runCommand, textOf } from "./cases.ts";

const oxfmt = join(import.meta.dirname, "..", "..", "node_modules", "oxfmt", "bin", "oxfmt");

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "aperture-env-formatters-")));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Creates an environment and lets a formatter write into it; gives the paths that it read. The spec is the user's, who may have it laid out anew. */
async function format(...args: readonly string[]): Promise<string[]> {
  const ran = await runCommand(["--yes", "--url", "http://ai", "--name", "app", ...args], root);
  expect(ran.exit, ran.stderr).toBe(0);
  const before = readTree(root);
  const paths = Object.keys(before).filter(
    (path) => !path.startsWith(`${featureFolder}/`) && path !== lockPath && /\.(?:json|ya?ml|md)$/.test(path),
  );
  writeFileSync(join(root, ".oxfmtrc.json"), '{ "printWidth": 80 }\n');
  execFileSync(process.execPath, [oxfmt, ...paths], { cwd: root, stdio: "pipe" });
  const after = readTree(root);
  for (const path of paths.filter((each) => each !== specPath)) expect(after[path]!.bytes, path).toBe(before[path]!.bytes);
  const checked = await runCommand(["check"], root);
  expect(checked.exit, checked.stdout).toBe(0);
  return paths;
}

const own = ".devcontainer/devcontainer.json";

test.each(["auto", "network", "tailscale", "sidecar", "userspace", "ts-unplug"])("connection %s", async (connection) => {
  const paths = await format("--connection", connection, "--state", "volume", "--forward-ports", "3000,8080");
  expect(paths).toEqual(expect.arrayContaining([own, specPath]));
  expect(paths.includes(".devcontainer/docker-compose.yml")).toBe(connection === "sidecar");
});

test.each(["network", "userspace"])("files for jobs and clusters, with the connection %s", async (connection) => {
  const paths = await format(
    "--connection",
    connection,
    "--outputs",
    "devcontainer,ci-github,ci-gitlab,kubernetes",
    "--fqdn",
    "ai.example.ts.net",
  );
  expect(paths.length).toBeGreaterThan(8);
});

test.each([
  ["one line", "ai=100.64.0.1", 1],
  ["a line each", "ai=100.64.0.1 logs=100.64.0.2 more=100.64.0.3", 3],
])("arguments of docker run on %s", async (_layout, hosts, lines) => {
  await format("--connection", `network,hosts=${hosts}`);
  const text = textOf(readTree(root), own);
  expect(text.split("\n").filter((line) => line.includes("--add-host="))).toHaveLength(lines);
});
