import { existsSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import type { InlineConfig } from "vitest/node";
import { doctorForVite } from "../src/scripts/doctor.mjs";
import { specSchemaForVite } from "../src/scripts/schema.mjs";
import { templatesForVite } from "../src/scripts/templates.mjs";

const root = join(import.meta.dirname, "..");
/** Whether the real files can be had: they lie outside this repository. */
const there = existsSync(join(root, "..", "shared", "corpus"));

/** Real programs, each with a time of its own, on a machine that may do much else: what passes at the second try is shown as such. */
const retry = 1;
/** A hook that fails fails all tests of its file, and is not tried again. Several ask OpenCode a hundred things: 45 seconds on a machine at rest. */
const hookTimeout = 900_000;

/** The tiers, by the mode that vitest is started with (`--mode`); without one it is `test`, what `npm test` runs. */
const tiers = {
  /** What needs nothing but Node. */
  test: {
    include: ["test/{unit,golden,property,cli,package}/**/*.test.ts"],
    // For what hangs. On a machine that does much else a property of seconds takes a minute, and is none the worse.
    testTimeout: 300_000,
    hookTimeout,
    maxWorkers: 2,
    provide: { files: "own" },
  },
  /** The same properties of the same edits, on some hundred files of public repositories. */
  corpus: {
    include: there ? ["test/property/{adding,devcontainer,no-alarm,sidecar,yaml}-files.test.ts"] : [],
    passWithNoTests: !there,
    testTimeout: 600_000,
    maxWorkers: 2,
    provide: { files: "real" },
  },
  /** Real OpenCode against the mock gateway. */
  opencode: { include: ["test/opencode/**/*.test.ts"], retry, testTimeout: 120_000, hookTimeout, maxWorkers: 2 },
  /** Repositories and gateways of somebody who means harm, and the fuzzers. */
  hostile: { include: ["test/hostile/**/*.test.ts"], testTimeout: 300_000, hookTimeout, maxWorkers: 2 },
  /** On a real Docker engine. One file at a time: they share the engine's cache and two processors. */
  containers: {
    include: ["test/containers/**/*.test.ts"],
    retry,
    testTimeout: 600_000,
    hookTimeout,
    fileParallelism: false,
  },
  /** On a real tailnet, in containers. One file at a time: there is one control server. */
  tailnet: {
    include: ["test/tailnet/**/*.test.ts"],
    retry,
    testTimeout: 600_000,
    hookTimeout: 1_800_000,
    fileParallelism: false,
  },
  /** On a real cluster. One file at a time: there is one. */
  kubernetes: {
    include: ["test/kubernetes/**/*.test.ts"],
    retry,
    testTimeout: 600_000,
    hookTimeout,
    fileParallelism: false,
  },
} satisfies Readonly<Record<string, InlineConfig>>;

export default defineConfig(({ mode }) => {
  if (mode === "corpus" && !there)
    process.stderr.write("Skipped: the properties on real files, because ../shared/corpus is not here.\n");
  return {
    root,
    plugins: [templatesForVite(join(root, "templates")), doctorForVite(root), specSchemaForVite(root)],
    test: tiers[mode as keyof typeof tiers],
  };
});
