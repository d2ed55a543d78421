/**
 * Adds a sidecar to the user's Compose projects: which Compose file is edited, and how. Files that cannot be edited safely are refused, with a next
 * step. Pure.
 *
 * A service in another service's network cannot have its own ports, networks and names (compose-spec, 05-services.md, "network_mode"; moby,
 * runconfig/hostconfig_unix.go), so these move to the service that owns the network.
 */
import { posix } from "node:path";
import { isComposePath, workspaceOf } from "../catalog/files.ts";
import type { Editor } from "../edit/editor.ts";
import { isTree, valueAt, type Tree } from "../edit/value.ts";
import { usageError, type AppError, type Place } from "../errors.ts";
import type { Lock } from "../lock/lock.ts";
import { networkKeys } from "../parts/sidecar.ts";
import { readDevcontainer } from "../plan/findings/devcontainer.ts";
import { withoutValues } from "../plan/pieces/values.ts";
import { findOrigin } from "../plan/relocated.ts";
import type { Beside, Service } from "../vocabulary.ts";

/** The input. */
export interface Projects {
  /** The text of a file of the repository, or null. */
  readonly textOf: (path: string) => string | null;
  readonly lock: Lock | null;
  /** The editor of YAML files. */
  readonly editor: Editor;
}

/** A Compose file as the user wrote it, without generated parts. */
export interface ComposeFile {
  readonly path: string;
  readonly services: Tree;
}

/** One place for each devcontainer.json. Throws if there is none. */
export function besideOf(devcontainers: readonly string[], service: Service, projects: Projects): readonly Beside[] {
  return devcontainers.map((path) => placeFor(path, service, projects));
}

function placeFor(devcontainer: string, { name }: Service, projects: Projects): Beside {
  const read = readDevcontainer(projects.textOf(devcontainer) ?? "");
  if (read === null || read.compose === null)
    throw refusal(
      devcontainer,
      `${devcontainer} uses an image or a Dockerfile, and a sidecar needs Docker Compose.`,
      "Set aperture.connection to auto or userspace, which need no sidecar; or make it a Compose project.",
    );
  const { service } = read.compose;
  const files = read.composeFiles.map((named) => fileAt(devcontainer, named, projects));
  const isKnown = files.some(({ services }) => isOurs(services[name]));
  const owner = ownerOf(service, files, devcontainer, isKnown ? name : null);
  const all = files.filter(({ services }) => isTree(services[owner]));
  const edited = all.at(-1);
  if (edited === undefined || !isTree(edited.services[service]))
    throw refusal(
      devcontainer,
      edited === undefined
        ? `no Compose file of ${devcontainer} defines the service ${owner}; included files cannot be edited.`
        : `${service} uses the network of ${owner}, which another file defines.`,
      `Put ${service}${owner === service ? "" : ` and ${owner}`} into one file of dockerComposeFile.`,
    );
  for (const { path, services } of all) refuseWithin(path, services[owner] as Tree, owner, edited.path);
  for (const { path, services } of files)
    if (Object.hasOwn(services, name) && !isOurs(services[name]))
      throw refusal(
        path,
        `${path} already has a service ${name}.`,
        `If it is a tailnet node, write  network_mode: service:${name}  under ${owner} and set aperture.connection to network; otherwise rename it.`,
      );
  const has = (key: string): boolean => Object.hasOwn(edited.services[owner] as Tree, key);
  const profiles = valueAt(edited.services, [owner, "profiles"]);
  return {
    file: edited.path,
    folder: posix.dirname(files[0]!.path).replace(/^\.$/, ""),
    workspace: workspaceOf(devcontainer),
    service,
    owner,
    named: isKnown || has("hostname") ? "kept" : has("networks") ? "hostname" : "alias",
    profiles: Array.isArray(profiles) ? profiles.filter((profile) => typeof profile === "string") : [],
  };
}

/** A file that is named, from the folder of the devcontainer.json. Throws where it cannot be read. */
export function fileAt(devcontainer: string, named: string, { textOf, lock, editor }: Projects): ComposeFile {
  const folder = posix.dirname(devcontainer);
  const top = posix.relative(folder, workspaceOf(devcontainer) || ".");
  const path = posix.join(folder, named.replace(/^\$\{localWorkspaceFolder\}/, top === "" ? "." : top));
  const text = textOf(path);
  if (text === null)
    throw refusal(
      devcontainer,
      `${named}, named by ${devcontainer}, cannot be read in this repository.`,
      "Name files of the repository; the only allowed variable is ${localWorkspaceFolder}.",
    );
  const locked = lock?.files[path] ?? findOrigin(lock?.files ?? {}, text, editor);
  const without = locked?.strategy === "keys" ? withoutValues(path, text, locked, editor) : null;
  const read = editor.read(without?.ok === true ? without.text : text);
  if (!read.ok)
    throw refusal(
      { file: path, line: read.line, column: read.column },
      `the file cannot be edited: ${read.why}.`,
      "Fix it, and run again.",
    );
  const services = valueAt(read.value, ["services"]);
  return { path, services: isTree(services) ? services : {} };
}

/** The service whose network a service has, through as many as it takes, but not up to `ours`. Throws where it is none's. */
export function ownerOf(service: string, files: readonly ComposeFile[], devcontainer: string, ours: string | null): string {
  let owner = service;
  for (let steps = 0; steps < 10; steps++) {
    const given = files.flatMap(({ path, services }) => {
      const mode = valueAt(services, [owner, "network_mode"]);
      return mode === undefined ? [] : [{ path, mode }];
    });
    const last = given.at(-1);
    if (last === undefined) return owner;
    const next = typeof last.mode === "string" ? /^service:(.+)$/.exec(last.mode)?.[1] : undefined;
    if (next === undefined)
      throw refusal(
        last.path,
        `${owner} has the network mode ${JSON.stringify(last.mode)}, and cannot also use another container's network.`,
        `Remove network_mode from ${owner}; or set aperture.connection to network if that network leads to the gateway.`,
      );
    if (next === ours) return owner;
    owner = next;
  }
  throw refusal(
    devcontainer,
    `${service} uses its own network through other services: network_mode is a loop.`,
    "Remove network_mode from one of them.",
  );
}

/** Refuses settings of the service that another file, or another service, gives it. */
function refuseWithin(path: string, service: Tree, owner: string, edited: string): void {
  if (Object.hasOwn(service, "extends"))
    throw refusal(
      path,
      `${owner} extends another service, which may add ports and networks that cannot be moved.`,
      `Write the settings into ${owner}, and remove extends.`,
    );
  const keys = networkKeys.filter((key) => Object.hasOwn(service, key));
  if (path !== edited && keys.length > 0)
    throw refusal(
      path,
      `${path} gives ${owner} ${keys.join(", ")}, which have to move to the service that owns the network, in ${edited}.`,
      `Move ${keys.join(", ")} of ${owner} to ${edited}: they are moved from there automatically.`,
    );
  if (!isComposePath(edited))
    throw refusal(
      edited,
      `${edited} is not a file that this program edits: it edits files with compose in their names, and YAML files in .devcontainer.`,
      "Rename it.",
    );
}

/** Whether a service was written by an update whose lock is lost. */
function isOurs(service: unknown): boolean {
  const file = valueAt(service, ["extends", "file"]);
  return typeof file === "string" && /(?:^|\/)aperture-env\/sidecar\//.test(file);
}

function refusal(where: string | Place, message: string, hint: string): AppError {
  const place = typeof where === "string" ? { file: where } : where;
  return usageError("no-sidecar", `No sidecar can be added to the dev container: ${message}`, hint, place);
}
