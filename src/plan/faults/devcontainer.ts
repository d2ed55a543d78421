/** Edits of the generated devcontainer.json that break the environment. Pure. */
import { posix } from "node:path";
import { revisionArgument } from "../../catalog/files.ts";
import { placeIn } from "../../text/place.ts";
import { entriesOf, readNodes, textsOf, valueAt, type Node } from "../findings/nodes.ts";
import { describeRevision, unreadable, type Fault, type Meant } from "./fault.ts";

/** Empty if the dev container is still built from the environment's Dockerfile, with the lock's revision. */
export function findDevcontainerFaults(text: string, { revision }: Meant): Fault[] {
  const read = readNodes(text);
  if (!read.ok) return [unreadable(read)];
  const { node } = read;
  const fault = faultsIn(text);
  const others = ["image", "dockerComposeFile"].flatMap((key) => {
    const value = valueAt(node, key);
    return value === undefined
      ? []
      : [fault(value, `names ${describe(key, value)}, so the environment's Dockerfile is not built`, `remove ${key}`)];
  });
  const build = valueAt(node, "build");
  const dockerfile = valueAt(build, "dockerfile") ?? valueAt(node, "dockerFile");
  if (dockerfile === undefined)
    return others.length > 0
      ? others
      : [fault(build, "does not build the environment's Dockerfile", 'give build a "dockerfile": "Dockerfile"')];
  if (typeof dockerfile.value !== "string" || posix.normalize(dockerfile.value) !== "Dockerfile")
    return [
      ...others,
      fault(
        dockerfile,
        `builds ${JSON.stringify(dockerfile.value)}, which is not the environment's Dockerfile`,
        "write  Dockerfile  there; for your own base image set base in the spec",
      ),
    ];
  const args = valueAt(build, "args");
  const given = valueAt(args, revisionArgument);
  if (given?.value === revision) return others;
  const last = entriesOf(args).at(-1)?.[1];
  const fix = `write  "${revisionArgument}": "${revision}"  under build.args`;
  return [...others, fault(given ?? last ?? args ?? build, describeRevision(given?.value), fix)];
}

/** The same for a dev container of a Compose file: empty if it is still the generated service dev. */
export function findComposedFaults(text: string): Fault[] {
  const read = readNodes(text);
  if (!read.ok) return [unreadable(read)];
  const { node } = read;
  const fault = faultsIn(text);
  const others = ["image", "build", "dockerFile"].flatMap((key) => {
    const value = valueAt(node, key);
    return value === undefined
      ? []
      : [fault(value, `has ${key}, so the environment's Compose file is not used`, `remove ${key}`)];
  });
  const files = valueAt(node, "dockerComposeFile");
  const service = valueAt(node, "service");
  if (!textsOf(files).some((file) => posix.normalize(file) === "docker-compose.yml"))
    others.push(
      fault(files, "does not use the environment's Compose file", 'write  "dockerComposeFile": "docker-compose.yml"  there'),
    );
  if (service?.value !== "dev")
    others.push(fault(service, "does not use the environment's service", 'write  "service": "dev"  there'));
  return others;
}

/** Makes faults at nodes of a text; at its beginning where there is none. */
function faultsIn(text: string): (at: Node | undefined, what: string, fix: string) => Fault {
  return (at, what, fix) => ({ ...placeIn(text, at?.offset ?? 0), what, fix });
}

function describe(key: string, { value }: Node): string {
  return key === "image" ? `the image ${JSON.stringify(value)}` : "a Compose file";
}
