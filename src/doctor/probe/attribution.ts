/** What requests carry for the gateway's log, said by the script that the launcher reads (templates/.devcontainer/aperture-env/attribution.sh). */
import { existsSync } from "node:fs";
import type { Installation } from "../config/launch.ts";
import type { Env } from "../types.ts";
import { run } from "./run.ts";

/** In milliseconds; it takes two. */
const patience = 1000;
const script = '_share=$1; . "$1/attribution.sh"; printf %s "$APERTURE_ENV_HEADERS"';

/**
 * The variable that opencode.json puts in; null where there is no such script. Outside of an image it is a file of a repository, which is not
 * started.
 */
export async function readHeaders({ share, prefix }: Installation, env: Env, cwd: string): Promise<string | null> {
  if (prefix === null || !existsSync(`${share}/attribution.sh`)) return null;
  const { status, stdout } = await run(["/bin/sh", "-c", script, "sh", share], { env, cwd, timeout: patience });
  return status === 0 ? stdout : null;
}
