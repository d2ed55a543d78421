/** `create`, which is what is done without a command. */
import { readFlags, readLanding, readSwitches, readText } from "../values.ts";
import type { Descriptor } from "./descriptor.ts";
import { answers, existing, landing, pins, spec, writing } from "./shared.ts";

export const create: Descriptor = {
  name: "create",
  usage: "npm create aperture-env@latest [folder ...] -- [flags]",
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
      title: "For many folders",
      flags: [spec],
    },
    landing,
    {
      title: "What to propose",
      flags: [{ name: "discover", text: "what the gateway serves (asked for at a terminal anyway)" }],
    },
    writing,
  ],
  examples: [
    ["npm create aperture-env@latest", "asks, and writes into the repository of this folder"],
    ["npm create aperture-env@latest src/a src/b -- --spec team.yaml --yes", "two repositories, asking nothing"],
  ],
  read: ({ values, positionals, env }) => ({
    kind: "create",
    directories: positionals,
    flags: readFlags(values),
    switches: readSwitches(values, env),
    landing: readLanding(values),
    spec: readText(values, "spec"),
    ...(values["discover"] === true && { discover: true }),
    ...(values["pins"] === true && { pins: true }),
  }),
};
