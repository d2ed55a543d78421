/** What earlier starts have left: sessions in a folder that is no longer used, and the seed in the place of OpenCode's plugin package. */
import { existsSync, readdirSync } from "node:fs";
import { readMounts } from "../../connect/mounts.ts";
import type { Launched } from "../config/launch.ts";
import type { Env } from "../types.ts";
import { real, textOf } from "./files.ts";

/** Folders with sessions that OpenCode does not see now. `places` are those that the launcher takes where a folder cannot be used. */
export function findLeftSessions({ env, moved }: Launched, home: string, places: readonly string[]): readonly string[] {
  const used = `${env["XDG_DATA_HOME"] || `${home}/.local/share`}/opencode`;
  const candidates = [...moved.map(({ from }) => from), ...places.map((place) => `${place}/data/opencode`)];
  return [...new Set(candidates)].filter((folder) => folder !== used && existsSync(`${folder}/opencode.db`));
}

/** OpenCode's plugin package in one of its folders of configuration. */
export interface PluginPackage {
  readonly folder: string;
  /** Whether tools or plugins are there. */
  readonly needed: boolean;
  /** `seeded`: the launcher has made OpenCode believe that it is installed. */
  readonly is: "installed" | "seeded" | "missing";
}

/** Looks into folders of configuration, those of which there are none left out. */
export function findPluginPackages(folders: readonly string[]): readonly PluginPackage[] {
  return folders
    .filter((folder) => existsSync(folder))
    .map((folder) => ({
      folder,
      needed: ["plugin", "plugins", "tool", "tools"].some((name) => hasScripts(`${folder}/${name}`)),
      is: existsSync(`${folder}/node_modules/@opencode-ai/plugin`)
        ? "installed"
        : textOf(`${folder}/package-lock.json`)?.trim() === seed
          ? "seeded"
          : "missing",
    }));
}

/** What the launcher writes as package-lock.json. */
const seed = '{"packages":{"":{"dependencies":{"@opencode-ai/plugin":"*"}}}}';

function hasScripts(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => /\.[jt]s$/.test(name));
  } catch {
    return false;
  }
}

/** OpenCode's own folders of configuration, but for those of projects. */
export function configFolders(env: Env, home: string): readonly string[] {
  const own = env["OPENCODE_CONFIG_DIR"];
  return [`${env["XDG_CONFIG_HOME"] || `${home}/.config`}/opencode`, ...(own ? [own] : [])];
}

/**
 * Why sessions go with the container although a volume is asked for, or null where they do not: it is not mounted, or OpenCode's folder has been
 * in use before and is none of the volume's.
 */
export function whyNotKept(volume: string | null, { env }: Launched, home: string): string | null {
  if (volume === null) return null;
  const at = env["APERTURE_ENV_VOLUME"] || volume;
  if (!readMounts().some(({ place }) => place === at)) return `nothing is mounted at ${at}`;
  const data = `${env["XDG_DATA_HOME"] || `${home}/.local/share`}/opencode`;
  return real(data).startsWith(`${at}/`) || !existsSync(`${data}/opencode.db`)
    ? null
    : `${data} was in use before, and is not on it`;
}
