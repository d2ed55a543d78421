/** npm's effects on the command line; npm starts this program for most people. */
import { usageError } from "../errors.ts";
import type { Env } from "./descriptors/descriptor.ts";

/** Whether npm started this program. */
export function isNpmRun(env: Env): boolean {
  return env["npm_command"] === "init" || env["npm_command"] === "exec";
}

/** Whether npm's switch of that name is on: typed before the `--`, or from npm's configuration. */
export function npmTook(name: "yes" | "json" | "dry_run", env: Env): boolean {
  return isNpmRun(env) && env[`npm_config_${name}`] === "true";
}

/** Flags that npm has, too. npm may set them for its own reasons. */
const knownToNpm = ["yes", "dry-run", "json", "help", "version"];

/**
 * npm 11 treats flags before `--` as its own: it drops the flag, warns, and passes the value on as a separate word. It leaves a variable
 * `npm_config_<flag>`. (npm 12 stops with an error: npm/cli#9763.)
 */
export function refuseSwallowedFlags(flags: readonly string[], env: Env): void {
  if (!isNpmRun(env)) return;
  const taken = (flag: string): boolean => !["", undefined].includes(env[`npm_config_${flag.replaceAll("-", "_")}`]);
  const ours = flags.filter((flag) => !knownToNpm.includes(flag) && taken(flag));
  if (ours.length > 0) {
    throw usageError(
      "swallowed-flags",
      `npm took ${ours.map((flag) => `--${flag}`).join(", ")} for itself.`,
      "Put -- before the flags:  npm create aperture-env@latest -- --url http://ai",
    );
  }
}
