/**
 * Finds dev containers in folders below a repository's top that are opened as workspaces of their own, such as `golang/.devcontainer.json`. Tools
 * that open the top do not look there, so they are looked for only to be named.
 */
import { readdirSync, type Dirent } from "node:fs";
import { join } from "node:path";
import { isDevcontainerPath, maxWorkspaceDepth } from "../catalog/files.ts";
import { isInside } from "../lock/inside.ts";
import { findIgnored } from "./git.ts";
import type { Surroundings } from "./spawn.ts";

/** A repository of a million folders is not walked through: what lies behind these many is not found. */
const maxFolders = 2000;

/** Up to `maxWorkspaceDepth` folders deep, outside of hidden folders, of `node_modules`, of other repositories and of what git ignores. Never fails. */
export async function findWorkspaceContainers(root: string, env: Surroundings["env"]): Promise<string[]> {
  const found: string[] = [];
  let folders: string[] = namesOf(root, isFolder);
  let count = 0;
  for (let depth = 1; depth <= maxWorkspaceDepth && folders.length > 0; depth++) {
    const next: string[] = [];
    for (const folder of folders) {
      if (++count > maxFolders) break;
      const entries = read(join(root, folder));
      // A submodule is a repository that has its own say.
      if (entries.some(({ name }) => name === ".git")) continue;
      found.push(...containersIn(root, folder, entries));
      next.push(...entries.filter(isFolder).map(({ name }) => `${folder}/${name}`));
    }
    folders = next;
  }
  const paths = found.filter((path) => isDevcontainerPath(path) && isInside(path)).sort();
  const ignored = new Set((await findIgnored(root, paths, env)).map(({ path }) => path));
  return paths.filter((path) => !ignored.has(path));
}

function containersIn(root: string, folder: string, entries: readonly Dirent[]): string[] {
  const found = entries.some((entry) => entry.isFile() && entry.name === ".devcontainer.json")
    ? [`${folder}/.devcontainer.json`]
    : [];
  if (!entries.some((entry) => entry.isDirectory() && entry.name === ".devcontainer")) return found;
  const inner = read(join(root, folder, ".devcontainer"));
  const named = inner.filter((entry) => entry.isDirectory()).map(({ name }) => `${name}/`);
  return [
    ...found,
    ...["", ...named].flatMap((below) => {
      const path = `${folder}/.devcontainer/${below}devcontainer.json`;
      const files = below === "" ? inner : read(join(root, folder, ".devcontainer", below));
      return files.some((entry) => entry.isFile() && entry.name === "devcontainer.json") ? [path] : [];
    }),
  ];
}

function namesOf(folder: string, filter: (entry: Dirent) => boolean): string[] {
  return read(folder)
    .filter(filter)
    .map(({ name }) => name);
}

/** Links are not followed. */
function isFolder(entry: Dirent): boolean {
  return entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules";
}

function read(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((left, right) => (left.name < right.name ? -1 : 1));
  } catch {
    return [];
  }
}
