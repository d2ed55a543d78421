/** What a connection asks of a container, in the words of devcontainer.json. Pure. */
import { volumeFolder, volumeName } from "../catalog/states.ts";
import type { Answers } from "../questions/types.ts";
import type { KeyedValue, Runtime, Volume } from "../vocabulary.ts";

/** What `docker run` is told of names (docs.docker.com, "docker container run": --add-host, --dns, --dns-search). */
export function runArgsOf({ names: { hosts, servers, search } }: Runtime): readonly string[] {
  return [
    ...hosts.map(({ name, address }) => `--add-host=${name}:${address}`),
    ...servers.map((server) => `--dns=${server}`),
    ...search.map((domain) => `--dns-search=${domain}`),
  ];
}

/** The volumes of a container: the one for sessions, where the answers keep them on one, and those of the connection; each folder once. */
export function volumesOf({ state }: Pick<Answers, "state">, { volumes }: Runtime): readonly Volume[] {
  const sessions: Volume[] = state === "volume" ? [{ name: volumeName, path: volumeFolder }] : [];
  return [...sessions, ...volumes.filter(({ path }) => !sessions.some((other) => other.path === path))];
}

/**
 * The same as values in a devcontainer.json of the user's. Volumes are not among them: the Feature brings its own. The form of secrets is that of
 * containers.dev, json_reference, "secrets".
 */
export function runtimeValues(runtime: Runtime): KeyedValue[] {
  const value = (path: KeyedValue["path"], text: unknown): KeyedValue => ({ path, value: text, item: false, oursFrom: null });
  return [
    ...runArgsOf(runtime).map((argument): KeyedValue => ({ ...value(["runArgs"], argument), item: true })),
    ...runtime.secrets.flatMap(({ name, why, url }) => [
      value(["secrets", name, "description"], why),
      value(["secrets", name, "documentationUrl"], url),
    ]),
    ...runtime.features.flatMap(({ id, options }) => {
      const set = Object.entries(options);
      return set.length === 0 ? [value(["features", id], {})] : set.map(([name, text]) => value(["features", id, name], text));
    }),
  ];
}
