/** The capabilities of a host that an environment uses, by its answers and its devcontainer.json. Pure. */
import { featurePath, isSameFeature } from "../catalog/files.ts";
import { lifecycleHooks, withOwn } from "../catalog/hooks.ts";
import { propertyTraits, type Trait } from "../catalog/hosts.ts";
import { isRecord, isText } from "../forms.ts";
import type { Demand } from "../vocabulary.ts";
import { needsOf } from "./connection-answer.ts";
import { runArgsOf, volumesOf } from "./container.ts";

/** A devcontainer.json as values, with its path and its text. */
export interface Configuration {
  readonly path: string;
  readonly text: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** One capability that is used. */
export interface Use {
  readonly trait: Trait;
  /** What it is in this environment, for a sentence. */
  readonly of: string;
  /** The same as an argument of a command. */
  readonly value: string;
}

/** Everything but the connection; `configuration` is null if the environment has no dev container. */
export function usesOf(demand: Demand, configuration: Configuration | null): readonly Use[] {
  const { runtime, shape } = demand;
  const { path = "", text = "", value: config = {} } = configuration ?? {};
  const keys = runtime.secrets.map(({ name }) => name);
  // A sidecar gets its values from the variables of the account that starts both containers.
  const secrets = keys.filter((name) => runtime.service?.secrets.includes(name) !== true);
  const projectSecrets = keysOf(config["secrets"]).filter((name) => !keys.includes(name));
  const features = keysOf(config["features"]).filter((id) => !isSameFeature(id, featurePath(path)));
  const [containerEnv, remoteEnv, ports] = [
    keysOf(config["containerEnv"]),
    keysOf(config["remoteEnv"]),
    itemsOf(config["forwardPorts"]),
  ];
  const names = runArgsOf(runtime);
  const runArgs = itemsOf(config["runArgs"]).map(String);
  const volumes = volumesOf(demand.answers, runtime);
  return [
    ...usesOfNeeds(demand, config),
    ...some("secret", "the secret", secrets),
    ...projectSecrets.map((name) => use("project-secret", `the secret ${name}`, name)),
    ...some(
      "github-secret",
      "the secret",
      [...keys, ...projectSecrets].filter((name) => /^GITHUB_/i.test(name)),
    ),
    ...volumes.map((volume) => use("state-volume", `the volume at ${volume.path}`, volume.path)),
    ...usesOfMounts(
      itemsOf(config["mounts"])
        .map(readMount)
        .filter(({ target }) => !volumes.some((ours) => ours.path === target)),
    ),
    shape.kind === "own" ? use("dockerfile", "the Dockerfile") : use("own-feature", "the environment's Feature"),
    ...some("feature", "the Feature", distinct([...runtime.features.map(({ id }) => id), ...features])),
    ...usesOfCommands(demand, configuration),
    ...some(
      "account",
      "the account",
      [config["remoteUser"] ?? config["containerUser"]].filter(isText).filter((name) => name !== "root" && name !== "0"),
    ),
    ...some("names", "the names", names),
    ...some(
      "runArgs",
      "the arguments",
      runArgs.filter((argument) => !names.includes(argument)),
    ),
    ...some("containerEnv", "the variable", containerEnv),
    ...some("remoteEnv", "the variable", remoteEnv),
    ...some(
      "xdg",
      "the variable",
      [...containerEnv, ...remoteEnv].filter((name) => /^XDG_(?:CACHE|CONFIG|DATA)_HOME$/.test(name)),
    ),
    ...some("forwardPorts", "the port", ports.map(String)),
    ...some(
      "host-port",
      "the port",
      ports.filter(isText).filter((port) => port.includes(":")),
    ),
    ...(["devcontainerId", "localEnv", "localWorkspaceFolder"] as const)
      .filter((name) => [text, ...volumes.map((volume) => volume.name)].some((each) => each.includes(`\${${name}`)))
      .map((name) => use(name, `\${${name}}`)),
    ...propertyTraits.filter((name) => config[name] !== undefined).map((name) => use(name, name)),
  ];
}

/** Needs of the connection that its runtime does not already show. */
function usesOfNeeds({ answers, runtime: { service } }: Demand, config: Configuration["value"]): readonly Use[] {
  const needs = needsOf(answers.connection);
  return [
    ...(needs.includes("tun") ? [use("tun", "the device /dev/net/tun")] : []),
    ...(needs.includes("net-admin") ? [use("net-admin", "the capability NET_ADMIN")] : []),
    ...(service !== null ? [use("shared-network", `the container ${service.name} beside it`)] : []),
    ...(service === null && config["dockerComposeFile"] !== undefined ? [use("shared-network", "dockerComposeFile")] : []),
  ];
}

interface Mount {
  readonly type: unknown;
  readonly target: string;
}

/** A mount is a text as `docker run --mount` takes it, or an object (containers.dev, json_reference, "mounts"). */
function readMount(mount: unknown): Mount {
  const parts: unknown = isText(mount) ? Object.fromEntries(mount.split(",").map((part) => part.split("=", 2))) : mount;
  const { type, target, dst, destination } = isRecord(parts) ? parts : {};
  return { type, target: [target, dst, destination].find(isText) ?? "" };
}

function usesOfMounts(mounts: readonly Mount[]): readonly Use[] {
  return mounts.map(({ type, target }) => {
    if (type === "bind") return use("bind-mounts", `the mount at ${target}`, target);
    if (type === "tmpfs") return use("tmpfs", `the tmpfs at ${target}`, target);
    return use("state-volume", `the volume at ${target}`, target);
  });
}

/** The hooks at each start, ours and the spec's: in devcontainer.json if that is generated, else in the Feature. */
function usesOfCommands({ answers, shape, runtime }: Demand, configuration: Configuration | null): readonly Use[] {
  const isOwn = shape.kind === "own";
  const config = configuration?.value ?? {};
  const asked = Object.keys(answers.hooks);
  const inFile =
    configuration === null ? asked : lifecycleHooks.filter((hook) => config[hook] !== undefined && !isOurs(config[hook]));
  const ours = keysOf(withOwn({}, runtime.connect !== null)["postStartCommand"]).join(" and ");
  return [
    use(isOwn ? "start-hook" : "feature-start-hook", `${ours} at each start`),
    ...some(
      "hooks",
      "the command",
      inFile.filter((hook) => hook !== "postAttachCommand"),
    ),
    ...(isOwn ? [] : some("feature-hooks", "the command", asked)),
    ...(configuration === null || [...inFile, ...asked].includes("postCreateCommand")
      ? []
      : [use("no-post-create", "the set-up")]),
  ];
}

/** Whether the spec asks for none of it. */
function isOurs(command: unknown): boolean {
  return isRecord(command) && keysOf(command).every((name) => name.startsWith("aperture-"));
}

function use(trait: Trait, of: string, value = of): Use {
  return { trait, of, value };
}

function some(trait: Trait, noun: string, names: readonly string[]): readonly Use[] {
  return names.length === 0 ? [] : [use(trait, `${noun} ${names.join(", ")}`, names.join(" "))];
}

function keysOf(value: unknown): readonly string[] {
  return isRecord(value) ? Object.keys(value) : [];
}

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function distinct(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}
