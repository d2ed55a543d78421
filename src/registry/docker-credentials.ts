/**
 * Logins to image registries from Docker's configuration, or from the credential helper that it names
 * (docs.docker.com/reference/cli/docker/login, "Credential stores" and "Credential helpers"). They go to the registry, and nowhere else.
 */
import { dirname } from "node:path";
import { isRecord } from "../forms.ts";
import { readDockerConfig } from "../repo/docker-config.ts";
import { spawn, type Surroundings } from "../repo/spawn.ts";

/** A login. A name of `<token>` says that the secret is a refresh token (docker/docker-credential-helpers). */
export interface Login {
  readonly name: string;
  readonly secret: string;
}

/** Finds the login for a registry by Docker's name for it; null if there is none. Never throws. */
export type FindLogin = (registry: string) => Promise<Login | null>;

/** Docker stores the login for Docker Hub under this name, for historical reasons. */
const hub = "https://index.docker.io/v1/";

/** Reads Docker's configuration; a helper is asked once for each registry. `DOCKER_AUTH_CONFIG` is such a file's text, in jobs of GitLab. */
export function openLogins(here: Surroundings): FindLogin {
  const [variable, file] = [here.env["DOCKER_AUTH_CONFIG"], readDockerConfig(here.target, here.env)].map(readJson);
  const known = new Map<string, Promise<Login | null>>();
  const find = async (registry: string): Promise<Login | null> => {
    const server = registry === "docker.io" ? hub : registry;
    const helper = entryOf(file!["credHelpers"], server) ?? file!["credsStore"];
    const asked = typeof helper === "string" ? await askHelper(helper, server, here) : null;
    return findIn(variable!, server) ?? asked ?? findIn(file!, server);
  };
  return (registry) => {
    const found = known.get(registry) ?? find(registry);
    known.set(registry, found);
    return found;
  };
}

function findIn(config: Readonly<Record<string, unknown>>, server: string): Login | null {
  const { auth, username, password, identitytoken } = asRecord(entryOf(config["auths"], server));
  if (typeof identitytoken === "string" && identitytoken !== "") return { name: "<token>", secret: identitytoken };
  if (typeof username === "string" && typeof password === "string") return { name: username, secret: password };
  const pair = typeof auth === "string" ? Buffer.from(auth, "base64").toString() : "";
  const colon = pair.indexOf(":");
  return colon < 1 ? null : { name: pair.slice(0, colon), secret: pair.slice(colon + 1).replace(/\0+$/, "") };
}

/** The value for a registry's name; the key may have a scheme and a path. */
function entryOf(map: unknown, server: string): unknown {
  const host = (text: string): string => text.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
  return Object.entries(asRecord(map)).find(([key]) => host(key) === host(server))?.[1];
}

/** A helper without a login gives no useful error, so every failure means no login. */
async function askHelper(helper: string, server: string, here: Surroundings): Promise<Login | null> {
  if (!/^[\w.-]+$/.test(helper)) return null;
  const options = { ...here, cwd: dirname(here.target), input: server, timeout: 10_000 };
  const { exitCode, stdout } = await spawn(`docker-credential-${helper}`, ["get"], options);
  const { Username: name, Secret: secret } = exitCode === 0 ? readJson(stdout) : {};
  return typeof name === "string" && typeof secret === "string" && secret !== "" ? { name, secret } : null;
}

function readJson(text: string | null | undefined): Readonly<Record<string, unknown>> {
  try {
    return asRecord(JSON.parse(text ?? "{}"));
  } catch {
    return {};
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}
