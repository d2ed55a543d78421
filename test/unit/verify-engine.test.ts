/** What the Dev Containers CLI is told of the engine that a verification runs on. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { prepareContainers } from "../../src/verify/containers.ts";

const folder = mkdtempSync(join(realpathSync(tmpdir()), "aperture-env-verify-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ["20.10.24+dfsg1", "1"],
  ["22.06.0-beta.0", "1"],
  ["23.0.0", "undefined"],
  ["26.1.5", "undefined"],
  ["", "undefined"],
])("an engine %s: DOCKER_BUILDKIT is %s", async (version, expected) => {
  const cli = join(folder, "cli.cjs");
  writeFileSync(cli, "process.stderr.write(`BUILDKIT ${process.env.DOCKER_BUILDKIT}\\n`); process.exit(1);\n");
  const here = { target: folder, env: { PATH: process.env["PATH"]! } };
  const signal = new AbortController().signal;
  const containers = prepareContainers({ cli, folder, config: "x", run: "abc", version, signal, here });
  await expect(containers.up()).rejects.toThrow(`BUILDKIT ${expected}`);
});
