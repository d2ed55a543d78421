/**
 * The environment that OpenCode gets, without starting it: what the launcher (templates/.devcontainer/aperture-env/launcher.sh) makes of the
 * variables and where it moves folders to. Nothing is made here. Held against the launcher itself by test/opencode/doctor.test.ts.
 */
import { existsSync, lstatSync, statSync } from "node:fs";
import { isAllowed, isManaged, normaliseUrl, silencingVariables, type Installation, type Launched } from "../config/launch.ts";
import { parentOf } from "../config/world.ts";
import type { Env } from "../types.ts";
import { may, readText, textOf, whyNotWritable } from "./files.ts";

/** Does what the launcher does, on paper. */
export function asLaunched(given: Env, installation: Installation, uid: number | null): Launched {
  const { share, gateway } = installation;
  const env: Record<string, string | undefined> = { ...given };
  env["APERTURE_URL"] = normaliseUrl(given["APERTURE_URL"] || gateway);
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
  const four = [
    ["XDG_DATA_HOME", ".local/share"],
    ["XDG_CONFIG_HOME", ".config"],
    ["XDG_STATE_HOME", ".local/state"],
    ["XDG_CACHE_HOME", ".cache"],
  ] as const;
  const broken =
    home === ""
      ? { from: "HOME", why: "ENOENT" }
      : firstOf(four.map(([name, folder]) => whyUnusable(given[name] || `${home}/${folder}`)));
  const place = (): string | null => privatePlace(given, home, uid);
  let moved: Launched["moved"] = null;
  if (broken !== null) {
    moved = { ...broken, to: place() };
    for (const [name] of four) env[name] = `${moved.to}/${name.slice(4, -5).toLowerCase()}`;
    if (home === "") env["HOME"] = moved.to ?? "";
  }
  const data = env["XDG_DATA_HOME"] || `${home}/.local/share`;
  if (namesServer(given["OPENCODE_AUTH_CONTENT"] || textOf(`${data}/opencode/auth.json`)))
    env["OPENCODE_AUTH_CONTENT"] = textOf(`${share}/auth.json`)?.replaceAll("\n", "");
  const temporary = given["TMPDIR"] || "/tmp";
  const why =
    whyUnusable(temporary)?.why ??
    (isLink(`${temporary}/opencode`) ? "a link" : ownedBy(`${temporary}/opencode`, uid) ? null : "another account's");
  const tmp = why === null ? null : { from: temporary, why, to: place() };
  if (tmp !== null) env["TMPDIR"] = `${tmp.to}/tmp`;
  return {
    env,
    moved,
    temporary: tmp,
    configFallback: given["OPENCODE_CONFIG"] && !readable ? given["OPENCODE_CONFIG"] : null,
  };
}

function firstOf<Value>(values: readonly (Value | null)[]): Value | null {
  return values.find((value) => value !== null) ?? null;
}

/** Why no folder `opencode` can be had and written in that one. */
function whyUnusable(folder: string): { readonly from: string; readonly why: string } | null {
  let nearest = `${folder}/opencode`;
  while (nearest !== "/" && !existsSync(nearest)) nearest = parentOf(nearest);
  let why: string | null = null;
  try {
    why = statSync(nearest).isDirectory() ? whyNotWritable(nearest) : "ENOTDIR";
  } catch {
    why = "ENOENT";
  }
  return why === null ? null : { from: folder, why };
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
function privatePlace(given: Env, home: string, uid: number | null): string | null {
  const cache = given["XDG_CACHE_HOME"] || `${home}/.cache`;
  const candidates = [given["TMPDIR"] || "/tmp", "/tmp", "/var/tmp", `${cache}/opencode`, "/dev/shm"];
  for (const candidate of candidates) {
    const place = `${candidate}/aperture-env-${uid ?? ""}`;
    if (isPrivate(place, uid) || (!existsSync(place) && isFolder(candidate) && may(candidate, 2))) return place;
  }
  const taken = candidates.find((candidate) => isFolder(candidate) && may(candidate, 2));
  return taken === undefined ? null : `${taken}/aperture-env-XXXXXXXXXX`;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function isPrivate(place: string, uid: number | null): boolean {
  const stats = lstatSync(place, { throwIfNoEntry: false });
  return stats?.isDirectory() === true && (uid === null || stats.uid === uid) && may(place, 2);
}
