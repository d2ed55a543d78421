/** `update`. */
import { readFlags, readLanding, readSwitches, readText } from "../values.ts";
import type { Descriptor, Flag } from "./descriptor.ts";
import { answers, existing, landing, pins, spec, writing } from "./shared.ts";

const restore: Flag = {
  name: "restore",
  text: "put back what of ours is missing, and what is generated and was edited",
};

export const update: Descriptor = {
  name: "update",
  usage: "npx create-aperture-env update [folder ...] [flags]",
  summary: "renders it again from aperture-env.yaml; your edits stay",
  about:
    "Renders the environment again from aperture-env.yaml and merges: your edits stay, changed defaults arrive, files that are not needed any more go. Several folders are one run with one report.",
  groups: [
    { title: "Where you and we changed the same", flags: [...existing, restore] },
    landing,
    {
      title: "What has moved on",
      flags: [
        {
          name: "models",
          text: "put what takes their place for models that end within 90 days, or have ended, into aperture-env.yaml",
        },
        pins,
      ],
    },
    { title: "What to change (it is written into aperture-env.yaml)", flags: [spec, ...answers] },
    writing,
  ],
  examples: [
    ["npx create-aperture-env update --diff", "shows each change, and asks before it writes"],
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
