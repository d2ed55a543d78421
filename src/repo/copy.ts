/** A copy of a repository to try things in: what git tracks or would, with a history of one commit, and nothing that it ignores. */
import { cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { environmentError } from "../errors.ts";
import { spawn } from "./spawn.ts";

/** A copy, and what removes it. */
export interface Copy {
  readonly folder: string;
  remove(): void;
}

/** Folders that hold what a program made, where git does not say which. */
const made: readonly string[] = ["node_modules", ".git", ".venv", "target", "dist"];

/** Copies a repository below the system's temporary folder, into a folder of that name. Links stay links. Throws exit 4 where the disk refuses. */
export async function copyRepository(root: string, name: string): Promise<Copy> {
  const parent = mkdtempSync(join(realpathSync(tmpdir()), "aperture-env-verify-"));
  const folder = join(parent, name);
  const remove = (): void => rmSync(parent, { recursive: true, force: true });
  try {
    const listed = await spawn("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root });
    const isRepository = listed.exitCode === 0 && existsSync(join(root, ".git"));
    if (isRepository) {
      const cloned = await spawn("git", ["clone", "--quiet", "--no-checkout", "--depth", "1", `file://${root}`, folder]);
      // A repository without a commit cannot be cloned.
      if (cloned.exitCode !== 0) await spawn("git", ["init", "--quiet", folder]);
    }
    mkdirSync(folder, { recursive: true });
    const names = isRepository
      ? listed.stdout.split("\0").filter(Boolean)
      : readdirSync(root).filter((entry) => !made.includes(entry));
    for (const entry of names) {
      const from = join(root, entry);
      const found = lstatSync(from, { throwIfNoEntry: false });
      // Deleted and not yet committed; or a submodule, whose files are not this repository's.
      if (found === undefined || (isRepository && found.isDirectory())) continue;
      mkdirSync(dirname(join(folder, entry)), { recursive: true });
      cpSync(from, join(folder, entry), { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    }
    return { folder, remove };
  } catch (error) {
    remove();
    const { code = "", path = parent } = error as NodeJS.ErrnoException;
    throw environmentError(
      "cannot-copy",
      `${path} cannot be copied (${code || String(error)}).`,
      "Check the room in the temporary folder.",
    );
  }
}
