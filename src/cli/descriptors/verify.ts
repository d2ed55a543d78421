/** `verify`. */
import { oneFolder, readSwitches, readText } from "../values.ts";
import type { Descriptor } from "./descriptor.ts";
import { looking } from "./shared.ts";

/** The command with its flags, and how they are read. */
export const verify: Descriptor = {
  name: "verify",
  usage: "npx create-aperture-env verify [folder] [flags]",
  summary: "tests a copy in a container: build, doctor, one prompt",
  about:
    "Builds and starts a copy of the repository as a dev container, runs the doctor in it and sends one prompt. Needs Docker, and leaves nothing behind. Its own configuration (hooks, mounts, runArgs) takes effect, so trust the repository first.",
  groups: [
    {
      title: "What to verify",
      flags: [
        { name: "mock", text: "against a mock gateway in the container: no tailnet and no gateway needed" },
        {
          name: "config",
          value: "file",
          text: "the devcontainer.json to use, if several have the environment",
        },
        { name: "model", value: "provider/id", text: "the model to ask; default: the environment's model" },
        { name: "run-initialize-command", text: "run its initializeCommand on this machine without asking" },
      ],
    },
    looking,
  ],
  examples: [
    ["npx create-aperture-env verify", "against the gateway of aperture-env.yaml"],
    ["npx create-aperture-env verify --mock --json", "for CI, where no gateway can be reached"],
  ],
  read: ({ values, positionals, env }) => ({
    kind: "verify",
    directory: oneFolder(positionals),
    switches: readSwitches(values, env),
    mock: values["mock"] === true,
    config: readText(values, "config")?.replace(/^\.\//, "") ?? null,
    model: readText(values, "model"),
    runInitializeCommand: values["run-initialize-command"] === true,
  }),
};
