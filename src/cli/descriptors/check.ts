/** `check`. */
import { readSwitches } from "../values.ts";
import type { Descriptor } from "./descriptor.ts";
import { looking } from "./shared.ts";

export const check: Descriptor = {
  name: "check",
  usage: "npx create-aperture-env check [folder ...] [flags]",
  summary: "says whether all is as aperture-env.yaml and the lock say",
  about:
    "Says whether the files still are what aperture-env.yaml and the lock say. Writes nothing, and exits 3 where they are not: for CI.",
  groups: [
    {
      title: "What to look at",
      flags: [
        {
          name: "outdated",
          text: "ask the registries, too, and fail where a newer OpenCode or generator is out, or a pinned image has moved",
        },
        {
          name: "strict",
          text: "fail where something in the repository goes past the gateway (strict: true in the spec does, too)",
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
