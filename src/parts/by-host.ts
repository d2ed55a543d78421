/** Connections per host: one committed file for a laptop, a codespace and a job. A container recognises these hosts when it starts. Pure. */
import type { Answers, Parsed } from "../questions/types.ts";
import type { Connect, ConnectionOption, Runtime, Way } from "../vocabulary.ts";
import { connectBy, ownNode } from "./node.ts";

/** Connections that can be chosen when a container starts: they need nothing from the host. */
const ways = ["network", "auto", "userspace"] as const;

const onHost = (host: string): ConnectionOption => ({
  help: `the connection ${host}, if it differs: ${ways.join(", ")}`,
  required: false,
  parse: (text): Parsed<string> =>
    (ways as readonly string[]).includes(text)
      ? { ok: true, value: text, notes: [] }
      : { ok: false, why: `${JSON.stringify(text)} cannot be chosen when a container starts`, fix: `write  ${ways.join(", ")}` },
});

/** Options of the connections that can be chosen so. */
export const hostOptions = {
  codespaces: onHost("in a codespace"),
  github: onHost("in a job of GitHub Actions"),
  gitlab: onHost("in a job of GitLab's CI"),
  kubernetes: onHost("in a pod of Kubernetes"),
} satisfies Readonly<Record<string, ConnectionOption>>;

/** What a container with this connection needs, with other connections on some hosts. */
export function byHost(
  answers: Answers,
  way: (typeof ways)[number],
  options: Readonly<Record<string, string>>,
): Partial<Runtime> {
  // Each option was read as one of `ways`, and the names are those of `hostOptions`.
  const own = Object.keys(hostOptions).flatMap((host) => (options[host] === undefined ? [] : [[host, options[host] as Way]]));
  const by = { default: way, ...Object.fromEntries(own) } as Connect["by"];
  const all = Object.values(by);
  if (all.every((each) => each === "network")) return {};
  // Without the programs auto reports a network that does not lead to the gateway.
  if (!all.includes("userspace") && answers.tailscale === null) return { connect: connectBy(answers, way, { by }) };
  const node = ownNode(answers, way);
  return { ...node, connect: { ...node.connect!, by } };
}
