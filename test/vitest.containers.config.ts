import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { doctorForVite } from "../src/scripts/doctor.mjs";
import { templatesForVite } from "../src/scripts/templates.mjs";

const root = join(import.meta.dirname, "..");

/** Tests on a real Docker engine. One file at a time: they share the engine's cache and two processors. */
export default defineConfig({
  root,
  plugins: [templatesForVite(join(root, "templates")), doctorForVite(root)],
  test: {
    include: ["test/containers/**/*.test.ts"],
    testTimeout: 600_000,
    hookTimeout: 900_000,
    fileParallelism: false,
  },
});
