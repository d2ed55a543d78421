/** Lets a node in by `tailscale up`. What is secret goes to its input and nowhere else. */
import type { Env } from "../vocabulary.ts";
import { withoutSecret, type Key } from "./key.ts";
import { runUntil } from "./start.ts";

/** How a node is to be. */
export interface Login {
  /** The words that begin a call of `tailscale`. */
  readonly program: readonly [string, ...string[]];
  readonly socket: string;
  readonly node: string;
  readonly loginServer: string | null;
  readonly tags: readonly string[];
  /** Without keys. */
  readonly env: Env;
}

/** The command; all else that a node can be set to is as the program proposes it. */
export function upCommand(
  { program, socket, node, loginServer, tags }: Omit<Login, "env">,
  key: Key | null,
  seconds: number,
): readonly [string, ...string[]] {
  return [
    ...program,
    `--socket=${socket}`,
    "up",
    "--reset",
    `--hostname=${node}`,
    `--timeout=${Math.max(1, Math.round(seconds))}s`,
    ...(loginServer === null ? [] : [`--login-server=${loginServer}`]),
    ...(tags.length === 0
      ? []
      : [`--advertise-tags=${tags.map((tag) => (tag.startsWith("tag:") ? tag : `tag:${tag}`)).join(",")}`]),
    ...(key?.args ?? []),
  ];
}

/** Logs in, within `ms`. Null where that has worked; else what the program said, without the secret, and empty where it was not done in time. */
export async function logIn(login: Login, key: Key | null, ms: number): Promise<string | null> {
  const { status, text } = await runUntil(upCommand(login, key, ms / 1000), {
    env: login.env,
    input: key?.input ?? "",
    until: after(ms + 1000),
  });
  if (status === 0) return null;
  const said = withoutSecret(text, key)
    .split("\n")
    .map((line) => line.trim().replace(/^backend error: /, ""))
    .filter((line) => line !== "" && !line.startsWith("timeout waiting for"));
  return said.at(-1) ?? "";
}

/**
 * Has the daemon ask for the address at which a person logs in, and goes as soon as `until` settles: the daemon itself waits for the person, however
 * long that takes.
 */
export async function askForLogin(login: Login, until: Promise<unknown>): Promise<void> {
  await runUntil(upCommand(login, null, 60), { env: login.env, input: "", until });
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
