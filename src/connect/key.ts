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
}

/** Every variable that may hold a key or a part of one, and the spec's own. The launcher has the same list. */
export function keyVariables({ secret }: Pick<Settings, "secret">): readonly string[] {
  const known = ["TS_AUTHKEY", "TS_AUTH_KEY", "TS_CLIENT_ID", "TS_CLIENT_SECRET", "TS_ID_TOKEN", "TS_AUDIENCE"];
  return [...new Set([secret, ...known])];
}

/**
 * The key that is set; null without one. The spec's own variable comes first, then Tailscale's two spellings of a key, an OAuth client, and a workload
 * identity with its token or with the audience for which `tailscale up` asks the host for one (tailscale up --help, 1.102).
 */
export function findKey(settings: Pick<Settings, "secret">, env: Env): Key | null {
  const value = (name: string): string => env[name]?.trim() ?? "";
  const plain = [settings.secret, "TS_AUTHKEY", "TS_AUTH_KEY"].find((name) => value(name) !== "");
  if (plain !== undefined) return { variable: plain, args: ["--auth-key=file:/dev/stdin"], input: value(plain) };
  if (value("TS_CLIENT_SECRET") !== "")
    return { variable: "TS_CLIENT_SECRET", args: ["--client-secret=file:/dev/stdin"], input: value("TS_CLIENT_SECRET") };
  const client = value("TS_CLIENT_ID");
  if (client === "") return null;
  if (value("TS_ID_TOKEN") !== "")
    return {
      variable: "TS_ID_TOKEN",
      args: [`--client-id=${client}`, "--id-token=file:/dev/stdin"],
      input: value("TS_ID_TOKEN"),
    };
  return value("TS_AUDIENCE") === ""
    ? null
    : { variable: "TS_AUDIENCE", args: [`--client-id=${client}`, `--audience=${value("TS_AUDIENCE")}`], input: "" };
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
  const others = withoutKeys(settings, env);
  if (key === null) return others;
  if (key.args[0] === "--auth-key=file:/dev/stdin") return { ...others, TS_AUTHKEY: key.input };
  const known = Object.entries(env).filter(([name]) => /^TS_(?:CLIENT_ID|CLIENT_SECRET|ID_TOKEN|AUDIENCE)$/.test(name));
  return { ...others, ...Object.fromEntries(known) };
}
