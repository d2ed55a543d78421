/** Whether it is known what the environment was made for. From values to values. */
import type { Installation } from "../config/launch.ts";
import { found, show, type Check } from "../types.ts";

/** Nothing where environment.json says it. */
export function judgeEnvironment({ share, prefix, toldBy }: Installation): Check[] {
  const file = show(`${share}/environment.json`);
  const rebuild = "npx create-aperture-env@latest update, and build the image again";
  if (toldBy === "caller")
    return [
      found(
        "note",
        "config",
        "environment-older",
        `${file} is not there, or is not what this environment wrote`,
        "environments of an older version have none: which paths their providers need is known only as far as their packages tell",
        rebuild,
      ),
    ];
  if (toldBy === null)
    return [
      found(
        "warning",
        "config",
        "environment-unreadable",
        `${file} cannot be read`,
        "the gateway, the version of OpenCode and the providers that this environment was made for are not known",
        prefix === null ? rebuild : "build the image again",
      ),
    ];
  return [];
}
