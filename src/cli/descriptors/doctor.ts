/** `doctor`. */
import { oneFolder, readSwitches, readTimeout } from "../values.ts";
import type { Descriptor } from "./descriptor.ts";
import { looking, timeout } from "./shared.ts";

/** The command with its flags, and how they are read. */
export const doctor: Descriptor = {
  name: "doctor",
  usage: "npx create-aperture-env doctor [folder] [flags]",
  summary: "finds what keeps OpenCode from working through the gateway",
  about:
    "Checks whether OpenCode works here through the gateway, and explains what is wrong. Inside a container of the environment its name is aperture-doctor.",
  groups: [
    {
      title: "Depth",
      flags: [
        { name: "deep", text: "ask OpenCode itself, too, and try each wire format" },
        { name: "send", text: "send one short prompt with OpenCode" },
        timeout(2),
      ],
    },
    looking,
  ],
  examples: [
    ["npx create-aperture-env doctor", "this repository, and the way to the gateway from here"],
    ["npx create-aperture-env doctor --deep --send", "everything, with one prompt"],
  ],
  read: ({ values, positionals, env }) => ({
    kind: "doctor",
    directory: oneFolder(positionals),
    deep: values["deep"] === true,
    send: values["send"] === true,
    timeout: readTimeout(values, 2000),
    switches: readSwitches(values, env),
  }),
};
