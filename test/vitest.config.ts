import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { doctorForVite } from "../src/scripts/doctor.mjs";
import { templatesForVite } from "../src/scripts/templates.mjs";

const root = join(import.meta.dirname, "..");

/** All tests that need nothing but Node; containers have a configuration of their own. */
export default defineConfig({
  root,
  plugins: [templatesForVite(join(root, "templates")), doctorForVite(root)],
  test: {
    include: ["test/{unit,golden,property,cli,package,opencode}/**/*.test.ts"],
    testTimeout: 20_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
