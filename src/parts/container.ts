/** A connection's demands on a container as keys of devcontainer.json. Pure. */
import { volumeFolder, volumeName } from "../catalog/states.ts";
import type { Answers } from "../questions/types.ts";
import type { KeyedValue, Runtime, Volume } from "../vocabulary.ts";

/** The arguments of `docker run` for names (docs.docker.com, "docker container run": --add-host, --dns, --dns-search). */
export function runArgsOf({ names: { hosts, servers, search } }: Runtime): readonly string[] {
  return [
    ...hosts.map(({ name, address }) => `--add-host=${name}:${address}`),
    ...servers.map((server) => `--dns=${server}`),
    ...search.map((domain) => `--dns-search=${domain}`),
  ];
}

/** The same as keys of a service in a Compose file, without empty ones (compose-spec, 05-services.md). */
export function serviceNames({ names: { hosts, servers, search } }: Runtime): Readonly<Record<string, readonly string[]>> {
  const all = { extra_hosts: hosts.map(({ name, address }) => `${name}:${address}`), dns: servers, dns_search: search };
  return Object.fromEntries(Object.entries(all).filter(([, values]) => values.length > 0));
}

/** The volumes of a container: the one for sessions, if the answers ask for it, and those of the connection; each folder once. */
export function volumesOf({ state }: Pick<Answers, "state">, { volumes }: Runtime): readonly Volume[] {
  const sessions: Volume[] = state === "volume" ? [{ name: volumeName, path: volumeFolder }] : [];
  return [...sessions, ...volumes.filter(({ path }) => !sessions.some((other) => other.path === path))];
}

/** Names as values of a service in a user's Compose file, where a single address may be a text instead of a list. */
export function composeValues(runtime: Runtime, service: string): KeyedValue[] {
  return Object.entries(serviceNames(runtime)).flatMap(([key, values]) =>
    values.map((value): KeyedValue => ({
      path: ["services", service, key],
      value,
      item: true,
      ...(key !== "extra_hosts" && { fromText: true }),
      oursFrom: null,
    })),
  );
}

/**
 * The same as values in a devcontainer.json of the user's, but for names where Docker Compose makes the container. Volumes are not among them: the
 * Feature brings its own. The form of secrets is that of containers.dev, json_reference, "secrets".
 */
export function runtimeValues(runtime: Runtime, isComposed: boolean): KeyedValue[] {
  const value = (path: KeyedValue["path"], text: unknown): KeyedValue => ({ path, value: text, item: false, oursFrom: null });
  return [
    ...(isComposed ? [] : runArgsOf(runtime)).map((argument): KeyedValue => ({ ...value(["runArgs"], argument), item: true })),
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
