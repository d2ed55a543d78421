/** The lifecycle hooks of a dev container, as templates see them. */
import { withOwn } from "../catalog/hooks.ts";
import type { Context, Demand } from "../vocabulary.ts";

/** The spec's hooks and our own, in the forms that the templates distinguish. */
export function lifecycleOf({ answers: { hooks }, runtime }: Pick<Demand, "answers" | "runtime">): Context[] {
  return Object.entries(withOwn(hooks, runtime.connect !== null)).map(([name, command]) =>
    typeof command === "string"
      ? { name, command, commands: null }
      : { name, command: "", commands: Object.entries(command).map(([key, each]) => ({ key, command: each })) },
  );
}
