/** `create`, which is what is done without a command. */
import { oneFolder, readFlags, readSwitches } from "../values.ts";
import type { Descriptor } from "./descriptor.ts";
import { answers, existing, pins, writing } from "./shared.ts";

export const create: Descriptor = {
  name: "create",
  usage: "npm create aperture-env@latest [folder] -- [flags]",
  summary: "writes the environment: what is done without a command",
  about:
    "Writes an environment: any container started from your repository has OpenCode installed, and pointed at Aperture by Tailscale. Asks what it cannot see, shows the plan, and writes it.",
  groups: [
    {
      title: "What the environment is (each has a key in aperture-env.yaml and a variable, APERTURE_ENV_URL and so on)",
      flags: answers,
    },
    {
      title: "Where files are already there",
      flags: existing,
    },
    { title: "What to hold still", flags: [pins] },
    {
      title: "What to propose",
      flags: [{ name: "discover", text: "what the gateway serves (asked for at a terminal anyway)" }],
    },
    writing,
  ],
  examples: [
    ["npm create aperture-env@latest", "asks, and writes into the repository of this folder"],
    ["npm create aperture-env@latest app -- --url http://ai --yes", "asks nothing, and writes into app"],
  ],
  read: ({ values, positionals, env }) => ({
    kind: "create",
    directory: oneFolder(positionals),
    flags: readFlags(values),
    switches: readSwitches(values, env),
    ...(values["discover"] === true && { discover: true }),
    ...(values["pins"] === true && { pins: true }),
  }),
};
