/** `report`. */
import { readSwitches } from "../values.ts";
import type { Descriptor } from "./descriptor.ts";
import { looking } from "./shared.ts";

/** The command with its flags, and how they are read. */
export const report: Descriptor = {
  name: "report",
  usage: "npx create-aperture-env report [folder ...] [flags]",
  summary: "one table about many repositories: versions, gateway, models, drift",
  about:
    "Reports the versions of each repository, its gateway and connection, its models and their end dates, what bypasses the gateway, and whether its files match spec and lock. Writes nothing, and asks nothing.",
  groups: [
    { title: "Form of the report", flags: [{ name: "csv", text: "comma-separated values, one line per repository" }] },
    looking,
  ],
  examples: [
    ["npx create-aperture-env report ~/src/a ~/src/b", "a table"],
    ["npx create-aperture-env report ~/src/a ~/src/b --csv", "for a spreadsheet"],
  ],
  read: ({ values, positionals, env }) => ({
    kind: "report",
    directories: positionals,
    switches: readSwitches(values, env),
    csv: values["csv"] === true,
  }),
};
