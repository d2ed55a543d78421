/** Reads the file that Docker's command line keeps logins in. Starts nothing. */
import { join } from "node:path";
import { guardEnvironment, type Env } from "./guarded-environment.ts";
import { homeOf, readConfigurationFile } from "./npm-files.ts";

/**
 * The text of the user's own `config.json` (docs.docker.com/reference/cli/docker, "Configuration files"), null where there is none. One that lies in
 * the repository is not the user's.
 */
export function readDockerConfig(root: string, given: Env): string | null {
  const env = guardEnvironment(given, root);
  const text = readConfigurationFile(join(env["DOCKER_CONFIG"] || join(homeOf(env), ".docker"), "config.json"));
  return text === "unreadable" ? null : text;
}
