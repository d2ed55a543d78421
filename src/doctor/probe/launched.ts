/**
 * The environment that OpenCode gets, without starting it: what the launcher (templates/.devcontainer/aperture-env/launcher.sh) makes of the
 * variables and where it moves folders to. Nothing is made here. Held against the launcher itself by test/opencode/doctor.test.ts.
 */
import { existsSync, lstatSync, statSync } from "node:fs";
import {
  isAllowed,
  isManaged,
  launchedUrl,
  normaliseUrl,
  silencingVariables,
  type Installation,
  type Launched,
  type Move,
} from "../config/launch.ts";
import { parentOf } from "../config/world.ts";
import type { Env } from "../types.ts";
import { may, readText, textOf, whyNotWritable } from "./files.ts";

/** Does what the launcher does, on paper. */
export function asLaunched(given: Env, installation: Installation, uid: number | null): Launched {
  const { share, gateway } = installation;
  const env: Record<string, string | undefined> = { ...given };
  // Of one that the launcher refuses the judge tells; all else is examined with the environment's own.
  env["APERTURE_URL"] = launchedUrl(given["APERTURE_URL"], gateway) ?? normaliseUrl(gateway);
  const wanted = given["OPENCODE_CONFIG"] || `${share}/opencode.json`;
  const readable = readText(wanted).kind === "text";
  env["OPENCODE_CONFIG"] = readable ? wanted : `${share}/opencode.json`;
  env["OPENCODE_MODELS_PATH"] = given["OPENCODE_MODELS_PATH"] || `${share}/models.json`;
  for (const { name, use } of silencingVariables) env[name] = given[name] ?? (isAllowed(installation, use) ? "0" : "1");
  const own = readText(`${share}/opencode.json`);
  if (isManaged(installation, own.kind === "text" ? own.text : null))
    Object.assign(env, {
      OPENCODE_TEST_MANAGED_CONFIG_DIR: undefined,
      OPENCODE_TEST_HOME: undefined,
      OPENCODE_MODELS_PATH: `${share}/models.json`,
      OPENCODE_DISABLE_DEFAULT_PLUGINS: "1",
    });

  const home = given["HOME"] ?? "";
  const place = (): string | null => privatePlace(given, uid);
  const moved: Move[] = [];
  let linked: Move | null = null;
  for (const [name, folder] of four) {
    const wished = given[name] || (home === "" ? "" : `${home.replace(/\/$/, "")}/${folder}`);
    const why = wished === "" ? "ENOENT" : whyUnusable(wished);
    if (why === null || (name === "XDG_CONFIG_HOME" && isEnough(`${wished}/opencode`))) continue;
    const kept = name === "XDG_DATA_HOME" || name === "XDG_STATE_HOME" ? keptPlace(installation.volume, given, uid) : null;
    if (kept !== null) {
      env[name] = `${kept}/${name.slice(4, -5).toLowerCase()}`;
      continue;
    }
    const own = place();
    const to = own === null ? null : `${own}/${name.slice(4, -5).toLowerCase()}`;
    const move = { from: wished === "" ? "HOME" : `${wished}/opencode`, why, to: to === null ? null : `${to}/opencode` };
    if (name === "XDG_CONFIG_HOME" && isReadable(`${wished}/opencode`)) linked = move;
    else moved.push(move);
    env[name] = to ?? "";
  }
  if (home === "") env["HOME"] = place() ?? "";
  const data = env["XDG_DATA_HOME"] || `${home}/.local/share`;
  if (namesServer(given["OPENCODE_AUTH_CONTENT"] || textOf(`${data}/opencode/auth.json`)))
    env["OPENCODE_AUTH_CONTENT"] = textOf(`${share}/auth.json`)?.replaceAll("\n", "");
  const temporary = given["TMPDIR"] || "/tmp";
  const why =
    whyUnusable(temporary) ??
    (isLink(`${temporary}/opencode`) ? "a link" : ownedBy(`${temporary}/opencode`, uid) ? null : "another account's");
  const tmp = why === null ? null : { from: temporary, why, to: place() };
  if (tmp !== null) env["TMPDIR"] = `${tmp.to}/tmp`;
  return {
    env,
    moved,
    linked,
    temporary: tmp,
    configFallback: given["OPENCODE_CONFIG"] && !readable ? given["OPENCODE_CONFIG"] : null,
  };
}

const four = [
  ["XDG_DATA_HOME", ".local/share"],
  ["XDG_STATE_HOME", ".local/state"],
  ["XDG_CACHE_HOME", ".cache"],
  ["XDG_CONFIG_HOME", ".config"],
] as const;

/** Whether what is in a folder can be read. */
function isReadable(folder: string): boolean {
  return isFolder(folder) && may(folder, 5);
}

/** Whether a folder of configuration that cannot be written will do: OpenCode dies only of a read-only file system, and not where it has a .gitignore. */
function isEnough(folder: string): boolean {
  return isReadable(folder) && (existsSync(`${folder}/.gitignore`) || whyNotWritable(folder) !== "EROFS");
}

/** Why no folder `opencode` can be had and written in that one; null where it can. */
function whyUnusable(folder: string): string | null {
  let nearest = `${folder}/opencode`;
  while (nearest !== "/" && !existsSync(nearest)) nearest = parentOf(nearest);
  try {
    return statSync(nearest).isDirectory() ? whyNotWritable(nearest) : "ENOTDIR";
  } catch {
    return "ENOENT";
  }
}

function ownedBy(path: string, uid: number | null): boolean {
  try {
    return uid === null || statSync(path).uid === uid;
  } catch {
    return true;
  }
}

/** Whether logins may make OpenCode fetch configuration from a server; the launcher looks for this word, too. */
function namesServer(logins: string | null): boolean {
  return logins?.includes("wellknown") === true;
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** The private folder that the launcher takes, the last signs of its name unknown where others took the first; null where there is none. */
function privatePlace(given: Env, uid: number | null): string | null {
  const candidates = candidatesOf(given);
  for (const candidate of candidates) {
    const place = `${candidate}/aperture-env-${uid ?? ""}`;
    if (isPrivate(place, uid) || (!existsSync(place) && isFolder(candidate) && may(candidate, 2))) return place;
  }
  const taken = candidates.find((candidate) => isFolder(candidate) && may(candidate, 2));
  return taken === undefined ? null : `${taken}/aperture-env-XXXXXXXXXX`;
}

/** The account's folder on the volume for sessions; null where there is none, or it cannot be used. */
function keptPlace(folder: string | null, given: Env, uid: number | null): string | null {
  if (folder === null) return null;
  const volume = given["APERTURE_ENV_VOLUME"] || folder;
  const place = `${volume}/aperture-env-${uid ?? ""}`;
  return isPrivate(place, uid) || (!existsSync(place) && isFolder(volume) && may(volume, 2)) ? place : null;
}

/** Every folder of this account's own that the launcher may have taken. */
export function privatePlaces(given: Env, uid: number | null): readonly string[] {
  return candidatesOf(given).map((candidate) => `${candidate}/aperture-env-${uid ?? ""}`);
}

function candidatesOf(given: Env): readonly string[] {
  const cache = given["XDG_CACHE_HOME"] || `${given["HOME"] ?? ""}/.cache`;
  return [given["TMPDIR"] || "/tmp", "/tmp", "/var/tmp", `${cache}/opencode`, "/dev/shm"];
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function isPrivate(place: string, uid: number | null): boolean {
  const stats = lstatSync(place, { throwIfNoEntry: false });
  return stats?.isDirectory() === true && (uid === null || stats.uid === uid) && may(place, 2);
}
