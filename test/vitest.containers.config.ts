import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { templatesForVite } from "../src/scripts/templates.mjs";

const root = join(import.meta.dirname, "..");

/** Tests on a real Docker engine. One file at a time: they share the engine's cache and two processors. */
export default defineConfig({
  root,
  plugins: [templatesForVite(join(root, "templates"))],
  test: {
    include: ["test/containers/**/*.test.ts"],
    testTimeout: 600_000,
    hookTimeout: 900_000,
    fileParallelism: false,
  },
});
