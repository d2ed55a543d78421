/** `remove`. */
import { readLanding, readSwitches } from "../values.ts";
import type { Descriptor } from "./descriptor.ts";
import { landing, onConflict, writing } from "./shared.ts";

export const remove: Descriptor = {
  name: "remove",
  usage: "npx create-aperture-env remove [folder ...] [flags]",
  summary: "takes it out again; what you edited stays",
  about: "Takes out what was added. What you edited stays; a repository where nothing was edited has its old bytes again.",
  groups: [{ title: "Where you and we changed the same", flags: [onConflict] }, landing, writing],
  examples: [
    ["npx create-aperture-env remove --dry-run", "shows what would go"],
    ["npx create-aperture-env remove --yes", "takes it out without asking"],
  ],
  read: ({ values, positionals, env }) => ({
    kind: "remove",
    directories: positionals,
    switches: readSwitches(values, env),
    landing: readLanding(values),
  }),
};
