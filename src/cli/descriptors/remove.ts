/** `remove`. */
import { readLanding, readSwitches } from "../values.ts";
import type { Descriptor } from "./descriptor.ts";
import { landing, onConflict, writing } from "./shared.ts";

/** The command with its flags, and how they are read. */
export const remove: Descriptor = {
  name: "remove",
  usage: "npx create-aperture-env remove [folder ...] [flags]",
  summary: "removes it; what you edited stays",
  about: "Removes what was added. What you edited stays; an unedited repository gets its original bytes back.",
  groups: [{ title: "Conflicts", flags: [onConflict] }, landing, writing],
  examples: [
    ["npx create-aperture-env remove --dry-run", "shows what would be removed"],
    ["npx create-aperture-env remove --yes", "removes it without asking"],
  ],
  read: ({ values, positionals, env }) => ({
    kind: "remove",
    directories: positionals,
    switches: readSwitches(values, env),
    landing: readLanding(values),
  }),
};
