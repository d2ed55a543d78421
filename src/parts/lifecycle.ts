/** The lifecycle hooks of a dev container, as templates see them. */
import { withDoctor } from "../catalog/hooks.ts";
import type { Answers } from "../questions/types.ts";
import type { Context } from "../vocabulary.ts";

/** The hooks that are asked for and the doctor's, in the forms that templates tell apart. */
export function lifecycleOf({ hooks }: Answers): Context[] {
  return Object.entries(withDoctor(hooks)).map(([name, command]) =>
    typeof command === "string"
      ? { name, command, commands: null }
      : { name, command: "", commands: Object.entries(command).map(([key, each]) => ({ key, command: each })) },
  );
}
