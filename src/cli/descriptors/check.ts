/** `check`. */
import { readSwitches } from "../values.ts";
import type { Descriptor } from "./descriptor.ts";
import { looking } from "./shared.ts";

/** The command with its flags, and how they are read. */
export const check: Descriptor = {
  name: "check",
  usage: "npx create-aperture-env check [folder ...] [flags]",
  summary: "checks that all files match aperture-env.yaml and the lock",
  about: "Checks that all files match aperture-env.yaml and the lock. Writes nothing, and exits 3 if one does not: for CI.",
  groups: [
    {
      title: "Checks",
      flags: [
        {
          name: "outdated",
          text: "ask the registries too, and fail if OpenCode or the generator has a newer version, or a pinned image has moved",
        },
        {
          name: "strict",
          text: "fail if something in the repository bypasses the gateway (also: strict: true in the spec)",
        },
      ],
    },
    looking,
  ],
  examples: [
    ["npx create-aperture-env check", "this repository"],
    ["npx create-aperture-env check --outdated --json", "for a program, with what is newer"],
  ],
  read: ({ values, positionals, env }) => ({
    kind: "check",
    directories: positionals,
    switches: readSwitches(values, env),
    outdated: values["outdated"] === true,
    strict: values["strict"] === true,
  }),
};
