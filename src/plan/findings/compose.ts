/**
 * Finds dev containers that share a Compose file, where the second one gets no Feature. The Dev Containers CLI uses a service's running container
 * unchanged (`openDockerComposeDevContainer` in devcontainers/cli, src/spec-node/dockerCompose.ts), and starts all services of a project if
 * `runServices` names none. Seen with 0.89.0; with `--remove-existing-container` the other one then gets no Feature.
 */
import { posix } from "node:path";
import { formatJson } from "../../render/escape.ts";
import { kindOf } from "../../opencode/known-files.ts";
import type { Finding, ProjectFile } from "../finding.ts";
import { readDevcontainer } from "./devcontainer.ts";
import { placeAt } from "./nodes.ts";

/** A dev container of a Compose project. */
interface Composed {
  readonly path: string;
  readonly text: string;
  readonly offset: number;
  readonly service: string;
  /** The services that start with it, besides its own; null for all. */
  readonly runServices: readonly string[] | null;
  /** Its Compose files, relative to the repository's root. */
  readonly files: readonly string[];
  /** Identifies its project: the name in a file, else the first file's folder. */
  readonly project: string;
  /** The services of its files. */
  readonly defines: (service: string) => boolean;
}

/** A finding for each conflict of `chosen`, the devcontainer.json files that get the Feature. */
export function findSharedCompose(files: readonly ProjectFile[], chosen: readonly string[]): Finding[] {
  const all = files.flatMap((file) => readComposed(file, files));
  return all.flatMap((one): Finding[] => {
    const others = all.filter(
      (other) =>
        other !== one &&
        other.project === one.project &&
        other.files.some((file) => one.files.includes(file)) &&
        chosen.includes(other.path) &&
        takesAway(one, other, chosen),
    );
    return others.length === 0 ? [] : [describe(one, others)];
  });
}

/** Whether the other one gets no Feature if this one was opened first. */
function takesAway(one: Composed, other: Composed, chosen: readonly string[]): boolean {
  if (one.service === other.service) return !chosen.includes(one.path);
  return (one.runServices === null || one.runServices.includes(other.service)) && one.defines(other.service);
}

function describe(one: Composed, others: readonly Composed[]): Finding {
  const [first] = others as readonly [Composed, ...Composed[]];
  const file = one.files.find((each) => first.files.includes(each))!;
  const paths = others.map(({ path }) => path).join(", ");
  const services = [...new Set(others.map(({ service }) => service))];
  const common = { code: "shared-compose", where: placeAt(one.path, one.text, one.offset) } as const;
  const taken = "the Dev Containers CLI uses a running container without adding Features";
  if (services.length === 1 && services[0] === one.service)
    return {
      ...common,
      message: `${paths} uses the same service of ${file}, ${one.service}: opened after this one, it has no OpenCode, because ${taken}`,
      hint: "add the environment to both (--devcontainers all), or give each a separate service",
    };
  const names = services.filter((service) => service !== one.service);
  return {
    ...common,
    message: `opening this one also starts ${names.join(", ")} of ${file}, the service of ${paths}: opened after it, that one has no OpenCode, because ${taken}`,
    hint: `write  "runServices": [${formatJson(one.service)}]  here, plus other services that it needs, without ${names.join(", ")}; do the same in ${paths}; then rebuild both`,
  };
}

function readComposed(file: ProjectFile, all: readonly ProjectFile[]): Composed[] {
  const { path, text } = file;
  const read = kindOf(path) === "devcontainer" ? readDevcontainer(text) : null;
  if (read === null || read.compose === null) return [];
  const { service, runServices, offset } = read.compose;
  const folder = posix.dirname(path);
  const files = read.composeFiles.map((each) =>
    posix.join(folder, each.replace(/^\$\{localWorkspaceFolder\}\//, posix.relative(folder, ".") + "/")),
  );
  const texts = files.map((each) => all.find((one) => one.path === each)?.text ?? null);
  const named = texts.flatMap((each) => /^name:[ \t]*(["']?)([^\s"'#]+)\1/m.exec(each ?? "")?.[2] ?? []).at(-1);
  // A file that cannot be read may name any service.
  const defines = (name: string): boolean =>
    texts.some(
      (each) => each === null || new RegExp(`^[ \\t]+["']?${name.replace(/[^\w-]/g, "\\$&")}["']?[ \\t]*:`, "m").test(each),
    );
  return [{ path, text, offset, service, runServices, files, project: named ?? `in ${posix.dirname(files[0]!)}`, defines }];
}
