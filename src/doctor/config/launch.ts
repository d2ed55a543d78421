/** What the launcher (templates/.devcontainer/aperture-env/launcher.sh) does to the environment of OpenCode, as far as it needs no disk. */
import type { Env } from "../types.ts";
import type { MadeFor } from "./environment.ts";

/** Where an environment is installed, and what it was made for. */
export interface Installation extends MadeFor {
  /** The folder with environment.json, opencode.json and models.json. */
  readonly share: string;
  /** Below which bin, lib and share lie; null where only a repository's files are looked at. */
  readonly prefix: string | null;
  /** Who says what it was made for: its own environment.json, or the caller in its place; null where nobody does. */
  readonly toldBy: "file" | "caller" | null;
}

/** A folder that has to be somewhere else than wished, and why; null where there is no place for it. */
export interface Move {
  readonly from: string;
  readonly why: string;
  readonly to: string | null;
}

/** What the launcher does. */
export interface Launched {
  readonly env: Env;
  /** Those of the four folders that have to be somewhere else, each as OpenCode's own. */
  readonly moved: readonly Move[];
  /** The folder of the configuration, where OpenCode gets it by links because it is on a read-only file system. */
  readonly linked: Move | null;
  /** The same for the temporary folder. */
  readonly temporary: Move | null;
  /** An `OPENCODE_CONFIG` that cannot be read. */
  readonly configFallback: string | null;
}

/** Whether an environment is managed. Where its environment.json does not say so, its opencode.json does: a managed one holds the address itself. */
export function isManaged({ managed }: Installation, opencodeJson: string | null): boolean {
  return managed ?? (opencodeJson !== null && !opencodeJson.includes("{env:APERTURE_URL}"));
}

/** APERTURE_URL as the launcher makes it an origin; null where the launcher ends because of it. */
export function launchedUrl(given: string | undefined, gateway: string): string | null {
  const url = normaliseUrl(trimmed(given ?? "") || gateway);
  return [...url].some((character) => character <= " " || '"\\\x7f'.includes(character)) ? null : url;
}

/** A value without what files of variables leave around it: quotes, line ends and spaces. */
export function trimmed(given: string): string {
  return given.replace(/^[\t-\r "']+|[\t-\r "']+$/g, "");
}

/** An address as the launcher makes it an origin. */
export function normaliseUrl(given: string): string {
  const typed = trimmed(given);
  let url = typed.includes("://") ? typed : `http://${typed}`;
  for (;;) {
    const shorter = /:\/\/.*\/$/.test(url) ? url.slice(0, -1) : /:\/\/.*\/v1$/.test(url) ? url.slice(0, -3) : url;
    if (shorter === url) return url;
    url = shorter;
  }
}

/** The gateway as it is asked with these variables; the environment's own where APERTURE_URL is no URL. */
export function originFor(own: string, env: Env): string {
  const asked = launchedUrl(env["APERTURE_URL"], own);
  return asked !== null && URL.canParse(asked) ? asked : own;
}

/** The variables that keep OpenCode from calling others than the gateway, each with what of `opencode.online` lets it. */
export const silencingVariables: readonly { readonly name: string; readonly use: string | null }[] = [
  { name: "OPENCODE_DISABLE_MODELS_FETCH", use: null },
  { name: "OPENCODE_DISABLE_AUTOUPDATE", use: null },
  { name: "OPENCODE_DISABLE_LSP_DOWNLOAD", use: "lsp" },
  { name: "OPENCODE_DISABLE_SHARE", use: "share" },
  { name: "OPENCODE_DISABLE_DEFAULT_PLUGINS", use: null },
];

/** Whether an environment lets OpenCode do that. */
export function isAllowed({ online }: Installation, use: string | null): boolean {
  return use !== null && online.includes(use);
}
