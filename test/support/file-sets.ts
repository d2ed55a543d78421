/**
 * The files that the properties of edits are shown on. `npm test` takes those of our own, in every style that people write; `npm run test:corpus`
 * takes some hundred of public repositories, which lie outside this repository and which most people do not have.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** Which files a tier takes (test/vitest.config.ts). */
    readonly files: "own" | "real";
  }
}

const root = join(import.meta.dirname, "..", "..");

/** The folder of the real files, with a folder for each kind: `devcontainer`, `compose`, `workflow`, `opencode`. */
export const corpus = join(root, "..", "shared", "corpus");
const ours = join(root, "test", "property", "files");

/** Files of one kind or several: where they lie, and what is known of each set. */
export interface FileSet<Known> {
  /** For the name of a test. */
  readonly what: string;
  readonly folder: string;
  readonly known: Known;
}

/** The set of files that this tier takes; what is known of ours and of the real ones is given. */
export function fileSet<Known>(known: { readonly own: Known; readonly real: Known }): FileSet<Known> {
  return inject("files") === "real"
    ? { what: "real files", folder: corpus, known: known.real }
    : { what: "files of our own", folder: ours, known: known.own };
}

/** Whether tests that compare ours with real files are skipped; says so in one line. */
export function skipsWithoutCorpus(what: string): boolean {
  if (existsSync(corpus)) return false;
  process.stderr.write(`Skipped: ${what}, because ../shared/corpus is not here.\n`);
  return true;
}
