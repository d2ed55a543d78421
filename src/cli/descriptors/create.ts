/** `create`, the default command. */
import { readFlags, readLanding, readSwitches, readText } from "../values.ts";
import type { Descriptor } from "./descriptor.ts";
import { answers, existing, landing, pins, spec, writing } from "./shared.ts";

/** The command with its flags, and how they are read. */
export const create: Descriptor = {
  name: "create",
  usage: "npm create aperture-env@latest [folder ...] -- [flags]",
  summary: "writes the environment (the default command)",
  about:
    "Writes an environment: your repository's dev containers and CI image have OpenCode installed, pointed at Aperture by Tailscale. Asks what it cannot detect, shows the plan, and writes it.",
  groups: [
    {
      title: "Answers (each also has a key in aperture-env.yaml and a variable such as APERTURE_ENV_URL)",
      flags: answers,
    },
    {
      title: "Existing files",
      flags: existing,
    },
    { title: "Pins", flags: [pins] },
    {
      title: "Many folders",
      flags: [spec],
    },
    landing,
    {
      title: "Proposals",
      flags: [{ name: "discover", text: "propose what the gateway serves (at a terminal it is always asked)" }],
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
