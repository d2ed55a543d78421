/** What in an edited Compose file of ours ends the environment. Pure. */
import type { Editor } from "../../edit/editor.ts";
import { isTree, valueAt } from "../../edit/value.ts";
import { placeOf, type Fault, type Meant } from "./fault.ts";

/** The argument that stands for what goes into the image. */
const argument = "APERTURE_ENV_REVISION";

/** Where the service beside it comes from. */
const sidecars = /^(?:\.\/)?aperture-env\/sidecar\//;

/** Nothing where the service dev still is built from the environment's Dockerfile, and is in the network of the service beside it. */
export function findComposeFaults(text: string, { revision }: Meant, editor: Editor): Fault[] {
  const read = editor.read(text);
  if (!read.ok) return [{ line: read.line, column: read.column, what: `cannot be read: ${read.why}`, fix: "fix it there" }];
  const at = (key: string): number => {
    const found = new RegExp(`^[ \\t]*(?=${key}:)`, "m").exec(text);
    return found === null ? 0 : found.index + found[0].length;
  };
  const fault = (key: string, what: string, fix: string): Fault => ({ ...placeOf(text, at(key)), what, fix });
  const dev = valueAt(read.value, ["services", "dev"]);
  if (!isTree(dev)) return [fault("services", "has no service dev, which devcontainer.json opens", "bring the service back")];
  const faults: Fault[] = [];
  const mode = dev["network_mode"];
  const beside = typeof mode === "string" ? (/^service:(.+)$/.exec(mode)?.[1] ?? null) : null;
  const from = beside === null ? undefined : valueAt(read.value, ["services", beside, "extends", "file"]);
  if (typeof from !== "string" || !sidecars.test(from))
    faults.push(
      fault(
        mode === undefined ? "dev" : "network_mode",
        "does not put dev into the network of the container beside it, so the gateway is out of reach",
        "write  network_mode: service:tailscale  under dev, and keep the service tailscale, which extends a file of aperture-env/sidecar",
      ),
    );
  const stray = ["ports", "networks"].find((key) => Object.hasOwn(dev, key));
  if (beside !== null && stray !== undefined)
    faults.push(
      fault(
        stray,
        `gives dev ${stray} of its own, which cannot stand beside its network_mode`,
        `move ${stray} to the service ${beside}`,
      ),
    );
  const target = valueAt(dev, ["build", "target"]);
  if (target !== "dev")
    return [
      ...faults,
      fault("build", "does not build the target dev of the environment's Dockerfile", "give build of dev a  target: dev  there"),
    ];
  const given = argumentOf(valueAt(dev, ["build", "args"]));
  if (given === revision) return faults;
  const what =
    given === undefined
      ? `does not give ${argument} to the build, so nobody is told to rebuild when the environment changes`
      : `has ${JSON.stringify(given)} for ${argument}, but the lock has another revision`;
  return [
    ...faults,
    fault(given === undefined ? "build" : argument, what, `write  ${argument}: "${revision}"  under build.args`),
  ];
}

/** Arguments are a map, or a list of `NAME=value` (compose-spec, build.md, "args"). */
function argumentOf(args: unknown): unknown {
  if (!Array.isArray(args)) return valueAt(args, [argument]);
  const start = `${argument}=`;
  return args.flatMap((each: unknown) =>
    typeof each === "string" && each.startsWith(start) ? [each.slice(start.length)] : [],
  )[0];
}
