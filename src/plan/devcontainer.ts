/** What an environment puts into a devcontainer.json of the user's, as keyed values. Pure. */
import { featurePath } from "../render/context.ts";
import type { Answers } from "../questions/types.ts";
import type { KeyedValue } from "./keys.ts";

/**
 * The values for one file: the Feature with the revision, and where the spec asks for them variables and ports. Hooks are in the Feature: those
 * of a Feature run before the user's and never clash with them (containers.dev, devcontainer-features, "Lifecycle hooks").
 */
export function devcontainerValues(file: string, { containerEnv, forwardPorts }: Answers, revision: string): KeyedValue[] {
  return [
    { path: ["features", featurePath(file), "revision"], value: revision, item: false, oursFrom: 1 },
    ...Object.entries(containerEnv).map(([name, value]): KeyedValue => ({
      path: ["containerEnv", name],
      value,
      item: false,
      oursFrom: null,
    })),
    ...forwardPorts.map((port): KeyedValue => ({ path: ["forwardPorts"], value: port, item: true, oursFrom: null })),
  ];
}
