/** Repositories for tests: folders on the disk that the built program has been run in. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { root } from "./project-root.ts";

const bin = join(root, "dist", "bin.js");

/** Writes files below a folder: path to text. */
export function writeTree(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
}

/** Runs the built program in a folder, without a terminal. Throws where it does not end with 0. */
export function generate(folder: string, args: readonly string[] = [], env?: Readonly<Record<string, string>>): Promise<string> {
  return runProgram(folder, ["--yes", ...args], env);
}

/** Takes the environment out of a folder again. Throws where that does not end with 0. */
export function remove(folder: string): Promise<string> {
  return runProgram(folder, ["remove", "--yes"]);
}

async function runProgram(folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { stdout } = await execa(process.execPath, [bin, ...args], { cwd: folder, stdin: "ignore", env });
  return stdout;
}
