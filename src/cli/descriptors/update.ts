/** `update`. */
import { readFlags, readLanding, readSwitches, readText } from "../values.ts";
import type { Descriptor, Flag } from "./descriptor.ts";
import { answers, existing, landing, pins, spec, writing } from "./shared.ts";

const restore: Flag = {
  name: "restore",
  text: "restore generated files that are missing or were edited",
};

const given: Flag = {
  ...spec,
  text: "a file with keys of aperture-env.yaml; its answers are written into each folder's spec, and other keys stay",
};

/** The command with its flags, and how they are read. */
export const update: Descriptor = {
  name: "update",
  usage: "npx create-aperture-env update [folder ...] [flags]",
  summary: "regenerates it from aperture-env.yaml; your edits stay",
  about:
    "Regenerates the environment from aperture-env.yaml and merges: your edits stay, changed defaults arrive, unneeded files go. Several folders give one report.",
  groups: [
    { title: "Conflicts", flags: [...existing, restore] },
    landing,
    {
      title: "Newer versions",
      flags: [
        {
          name: "models",
          text: "replace models that have ended, or end within 90 days, in aperture-env.yaml",
        },
        pins,
      ],
    },
    { title: "Answers to change (written into aperture-env.yaml)", flags: [given, ...answers] },
    writing,
  ],
  examples: [
    ["npx create-aperture-env update --diff", "shows each change; at a terminal it asks before it writes"],
    ["npx create-aperture-env update ~/src/a ~/src/b --url http://ai", "two repositories to another gateway"],
  ],
  read: ({ values, positionals, env }) => ({
    kind: "update",
    directories: positionals,
    flags: readFlags(values),
    switches: readSwitches(values, env),
    restore: values["restore"] === true,
    models: values["models"] === true,
    ...(values["pins"] === true && { pins: true }),
    landing: readLanding(values),
    spec: readText(values, "spec"),
  }),
};
