/** `replace-model`. */
import { usageError } from "../../errors.ts";
import { readLanding, readSwitches } from "../values.ts";
import type { Descriptor } from "./descriptor.ts";
import { landing, onConflict, writing } from "./shared.ts";

const usage = "npx create-aperture-env replace-model <old> <new> [folder ...] [flags]";

/** The command with its flags, and how they are read. */
export const replaceModel: Descriptor = {
  name: "replace-model",
  usage,
  summary: "replaces a model in the spec, and updates",
  about:
    "Replaces a model in aperture-env.yaml (model, small_model, a provider's models) and nowhere else, and updates. Both are written provider/id.",
  groups: [{ title: "Conflicts", flags: [onConflict] }, landing, writing],
  examples: [
    ["npx create-aperture-env replace-model house/qwen-3 house/qwen-4", "in this repository"],
    ["npx create-aperture-env replace-model house/qwen-3 house/qwen-4 a b", "in two, with one report"],
  ],
  read: ({ values, positionals, env }) => {
    const [from = "", to = "", ...directories] = positionals;
    for (const [what, name] of [
      ["first", from],
      ["second", to],
    ] as const)
      if (!/^[^/\s]+\/\S+$/.test(name))
        throw usageError(
          "bad-model",
          `The ${what} word has to be a model, provider/id${name === "" ? "" : `: ${name} is none`}.`,
          `Write  ${usage}`,
        );
    return { kind: "replace-model", from, to, directories, switches: readSwitches(values, env), landing: readLanding(values) };
  },
};
