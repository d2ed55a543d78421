/** `report`. */
import { readSwitches } from "../values.ts";
import type { Descriptor } from "./descriptor.ts";
import { looking } from "./shared.ts";

export const report: Descriptor = {
  name: "report",
  usage: "npx create-aperture-env report [folder ...] [flags]",
  summary: "what many repositories have: versions, gateway, models, drift",
  about:
    "Tells of each repository which versions it has, its gateway and connection, its models and which of them end, what bypasses the gateway, and whether its files are what spec and lock say. Writes nothing, and asks nobody.",
  groups: [
    { title: "How to tell it", flags: [{ name: "csv", text: "as comma-separated values, a line for each repository" }] },
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
