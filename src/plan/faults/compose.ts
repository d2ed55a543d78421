/** Edits of the generated Compose file that break the environment. Pure. */
import { revisionArgument } from "../../catalog/files.ts";
import type { Editor } from "../../edit/editor.ts";
import { isTree, valueAt } from "../../edit/value.ts";
import { placeIn } from "../../text/place.ts";
import { describeRevision, unreadable, type Fault, type Meant } from "./fault.ts";

/** The source of the sidecar's service. */
const sidecars = /^(?:\.\/)?aperture-env\/sidecar\//;

/** Empty if the service dev is still built from the environment's Dockerfile, and uses the sidecar's network. */
export function findComposeFaults(text: string, { revision }: Meant, editor: Editor): Fault[] {
  const read = editor.read(text);
  if (!read.ok) return [unreadable(read)];
  const at = (key: string): number => {
    const found = new RegExp(`^[ \\t]*(?=${key}:)`, "m").exec(text);
    return found === null ? 0 : found.index + found[0].length;
  };
  const fault = (key: string, what: string, fix: string): Fault => ({ ...placeIn(text, at(key)), what, fix });
  const dev = valueAt(read.value, ["services", "dev"]);
  if (!isTree(dev)) return [fault("services", "has no service dev, which devcontainer.json uses", "restore the service")];
  const faults: Fault[] = [];
  const mode = dev["network_mode"];
  const beside = typeof mode === "string" ? (/^service:(.+)$/.exec(mode)?.[1] ?? null) : null;
  const from = beside === null ? undefined : valueAt(read.value, ["services", beside, "extends", "file"]);
  if (typeof from !== "string" || !sidecars.test(from))
    faults.push(
      fault(
        mode === undefined ? "dev" : "network_mode",
        "does not give dev the sidecar's network, so the gateway cannot be reached",
        "write  network_mode: service:tailscale  under dev, and keep the service tailscale, which extends a file of aperture-env/sidecar",
      ),
    );
  const stray = ["ports", "networks"].find((key) => Object.hasOwn(dev, key));
  if (beside !== null && stray !== undefined)
    faults.push(
      fault(stray, `gives dev ${stray}, which cannot be combined with network_mode`, `move ${stray} to the service ${beside}`),
    );
  const target = valueAt(dev, ["build", "target"]);
  if (target !== "dev")
    return [
      ...faults,
      fault("build", "does not build the target dev of the environment's Dockerfile", "write  target: dev  under build"),
    ];
  const given = argumentOf(valueAt(dev, ["build", "args"]));
  if (given === revision) return faults;
  const key = given === undefined ? "build" : revisionArgument;
  return [...faults, fault(key, describeRevision(given), `write  ${revisionArgument}: "${revision}"  under build.args`)];
}

/** Arguments are a map, or a list of `NAME=value` (compose-spec, build.md, "args"). */
function argumentOf(args: unknown): unknown {
  if (!Array.isArray(args)) return valueAt(args, [revisionArgument]);
  const start = `${revisionArgument}=`;
  return args.flatMap((each: unknown) =>
    typeof each === "string" && each.startsWith(start) ? [each.slice(start.length)] : [],
  )[0];
}
