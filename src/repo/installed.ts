/** Finds what is installed beside this program. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// The published program is CommonJS, its tests are modules.
declare const __filename: string | undefined;
/** The file of this program that runs. */
export const here = typeof __filename === "string" ? __filename : fileURLToPath(import.meta.url);

/** A file of a package that is installed where this program finds its own, or null. */
export function findInstalled(name: string, file: string): string | null {
  try {
    return join(dirname(createRequire(here).resolve(`${name}/package.json`)), file);
  } catch {
    return null;
  }
}

/** The text of a file beside this program's own. */
export function readBeside(file: string): string {
  return readFileSync(join(dirname(here), file), "utf8");
}
