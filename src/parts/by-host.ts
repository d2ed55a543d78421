/** A word of its own for hosts that a container can tell from others as it starts: one committed file for a laptop, a codespace and a job. Pure. */
import type { Answers, Parsed } from "../questions/types.ts";
import type { Connect, ConnectionOption, Runtime, Way } from "../vocabulary.ts";
import { connectBy, ownNode } from "./node.ts";

/** The ways that can be decided as a container starts: they ask nothing of what starts it. */
const ways = ["network", "auto", "userspace"] as const;

const onHost = (host: string): ConnectionOption => ({
  help: `the way ${host}, where it is another one: ${ways.join(", ")}`,
  required: false,
  parse: (text): Parsed<string> =>
    (ways as readonly string[]).includes(text)
      ? { ok: true, value: text, notes: [] }
      : { ok: false, why: `${JSON.stringify(text)} cannot be decided as a container starts`, fix: `write  ${ways.join(", ")}` },
});

/** Options of the connections that can be decided so. */
export const hostOptions = {
  codespaces: onHost("in a codespace"),
  github: onHost("in a job of GitHub Actions"),
  gitlab: onHost("in a job of GitLab's CI"),
} satisfies Readonly<Record<string, ConnectionOption>>;

/** What a container asks for that takes this way, but for the hosts that have a word of their own. */
export function byHost(
  answers: Answers,
  way: (typeof ways)[number],
  options: Readonly<Record<string, string>>,
): Partial<Runtime> {
  const own = Object.keys(hostOptions).flatMap((host) => (options[host] === undefined ? [] : [[host, options[host] as Way]]));
  const by = { default: way, ...Object.fromEntries(own) } as Connect["by"];
  const all = Object.values(by);
  if (all.every((each) => each === "network")) return {};
  // Without the programs auto finds out, and says so.
  if (!all.includes("userspace") && answers.tailscale === null) return { connect: connectBy(answers, way, { by }) };
  const node = ownNode(answers, way);
  return { ...node, connect: { ...node.connect!, by } };
}
