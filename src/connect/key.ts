/** How a node is let in without a person: by a key or an identity in variables, which are given to nobody else. Pure. */
import type { Env } from "../vocabulary.ts";
import type { Settings } from "./settings.ts";

/** What lets a node in. */
export interface Key {
  /** The variable, for a person. */
  readonly variable: string;
  /** Words of `tailscale up`, none of them secret. */
  readonly args: readonly string[];
  /** What it reads from its input; empty where it needs nothing. */
  readonly input: string;
  /** Whether its nodes belong to no person, so that they need tags. */
  readonly needsTags: boolean;
}

/** Every variable that may hold a key or a part of one, and the spec's own. The launcher has the same list. */
export function keyVariables({ secret }: Pick<Settings, "secret">): readonly string[] {
  const known = ["TS_AUTHKEY", "TS_AUTH_KEY", "TS_CLIENT_ID", "TS_CLIENT_SECRET", "TS_ID_TOKEN", "TS_AUDIENCE"];
  return [...new Set([secret, ...known])];
}

/**
 * The key that is set; null without one. The spec's own variable comes first, then Tailscale's two spellings of a key, an OAuth client, and a workload
 * identity with its token or with the audience for which `tailscale up` asks the host for one (tailscale up --help, 1.102). A client's secret may
 * stand in the place of a key (tailscale.com/kb/1215/oauth-clients). What either of them lets in bears tags (feature/oauthkey and
 * feature/identityfederation of tailscale.com 1.102).
 */
export function findKey(settings: Pick<Settings, "secret">, env: Env): Key | null {
  const value = (name: string): string => env[name]?.trim() ?? "";
  const byKey = "--auth-key=file:/dev/stdin";
  const read = (variable: string, option: string, ...args: string[]): Key => ({
    variable,
    args: [...args, option],
    input: value(variable),
    needsTags: option !== byKey || value(variable).startsWith("tskey-client-"),
  });
  const plain = [settings.secret, "TS_AUTHKEY", "TS_AUTH_KEY"].find((name) => value(name) !== "");
  if (plain !== undefined) return read(plain, byKey);
  if (value("TS_CLIENT_SECRET") !== "") return read("TS_CLIENT_SECRET", "--client-secret=file:/dev/stdin");
  const [client, audience] = [`--client-id=${value("TS_CLIENT_ID")}`, value("TS_AUDIENCE")];
  if (value("TS_CLIENT_ID") === "") return null;
  if (value("TS_ID_TOKEN") !== "") return read("TS_ID_TOKEN", "--id-token=file:/dev/stdin", client);
  return audience === ""
    ? null
    : { variable: "TS_AUDIENCE", args: [client, `--audience=${audience}`], input: "", needsTags: true };
}

/** The variables without keys, for every program that needs none. */
export function withoutKeys(settings: Pick<Settings, "secret">, env: Env): Env {
  const secret = keyVariables(settings);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !secret.includes(name)));
}

/** A text of another program without the secret, in case that it repeats it. */
export function withoutSecret(text: string, key: Key | null): string {
  return key === null || key.input === "" ? text : text.replaceAll(key.input, "…");
}

/** The variables for a program that logs in by itself, with the one key that counts under the name that Tailscale's own library knows (tsnet). */
export function keyForChild(settings: Pick<Settings, "secret">, env: Env, key: Key | null): Env {
  return { ...withoutKeys(settings, env), ...(key !== null && { TS_AUTHKEY: key.input }) };
}
