/** `discover`. */
import { oneOrigin, readSwitches, readTimeout } from "../values.ts";
import type { Descriptor } from "./descriptor.ts";
import { noting, timeout } from "./shared.ts";

/** The command with its flags, and how they are read. */
export const discover: Descriptor = {
  name: "discover",
  usage: "npx create-aperture-env discover [origin] [flags]",
  summary: "lists what a gateway serves to you, and writes it to the spec",
  about:
    "Lists the providers and models that a gateway serves to you. It asks the gateway of aperture-env.yaml, else that of APERTURE_ENDPOINT or APERTURE_URL, else http://ai.",
  groups: [
    {
      title: "Discovery",
      flags: [
        {
          name: "write",
          text: "write providers, model and small_model into aperture-env.yaml; entries that are served stay unchanged",
        },
        timeout(5),
      ],
    },
    noting,
  ],
  examples: [
    ["npx create-aperture-env discover http://ai", "what this gateway serves"],
    ["npx create-aperture-env discover --write", "shows what would change in the spec, and asks"],
  ],
  read: ({ values, positionals, env }) => ({
    kind: "discover",
    origin: oneOrigin(positionals),
    write: values["write"] === true,
    timeout: readTimeout(values, 5000),
    switches: readSwitches(values, env),
  }),
};
