/** Finds what is installed beside this program. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// The published program is CommonJS, its tests are modules.
declare const __filename: string | undefined;
const here = typeof __filename === "string" ? __filename : fileURLToPath(import.meta.url);

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

/**
 * Whether npm has installed this program, in this version, from a registry: npm's hidden lockfile, which lies beside the packages, then names the
 * tarball and its integrity (docs.npmjs.com, package-lock.json, "Hidden Lockfiles"). False for a clone, a folder, git, an address outside of a
 * registry, and for other package managers. Only a few bytes around the entry are looked at: a project's lockfile may be large.
 */
export function isPublished(version: string, program = here): boolean {
  const folder = dirname(dirname(program));
  const packages = dirname(folder);
  if (basename(packages) !== "node_modules") return false;
  try {
    const text = readFileSync(join(packages, ".package-lock.json"), "utf8");
    const name = basename(folder);
    const begin = text.indexOf(`"node_modules/${name}":`);
    const entry = begin === -1 ? "" : text.slice(begin, begin + 4096);
    const fields = entry.slice(0, entry.indexOf("}"));
    const valueOf = (field: string): string => new RegExp(`"${field}": *"([^"]*)"`).exec(fields)?.[1] ?? "";
    return (
      valueOf("version") === version &&
      /^https?:\/\//.test(valueOf("resolved")) &&
      valueOf("resolved").endsWith(`/${name}/-/${name}-${version}.tgz`) &&
      valueOf("integrity").startsWith("sha512-")
    );
  } catch {
    return false;
  }
}
