/** `hosts`. */
import { oneFolder, readNames, readSwitches } from "../values.ts";
import type { Descriptor } from "./descriptor.ts";
import { looking } from "./shared.ts";

/** The command with its flags, and how they are read. */
export const hosts: Descriptor = {
  name: "hosts",
  usage: "npx create-aperture-env hosts [folder] [flags]",
  summary: "what each host that can start it ignores, refuses or changes",
  about:
    "Lists the hosts that can start this environment (Codespaces, a job, Podman and others): which of its settings each host ignores, refuses or changes, and what to do about it. Writes nothing, and asks nothing.",
  groups: [
    {
      title: "Which hosts",
      flags: [
        {
          name: "host",
          value: "a,b",
          text: "only these, such as codespaces, github or podman; their names are in docs/hosts.md",
        },
      ],
    },
    looking,
  ],
  examples: [
    ["npx create-aperture-env hosts", "all that this version knows"],
    ["npx create-aperture-env hosts --host codespaces,github --json", "two of them, for a program"],
  ],
  read: ({ values, positionals, env }) => ({
    kind: "hosts",
    directory: oneFolder(positionals),
    switches: readSwitches(values, env),
    only: readNames(values, "host"),
  }),
};
