/** Finds models of an environment that end soon or have ended, as this version knows. They depend on the day, so `check` does not fail. */
import { endingsOf } from "../../catalog/compact.ts";
import { describeEnd, isWithin, toldFrom } from "../../catalog/notice.ts";
import type { Ending } from "../../catalog/retirements.ts";
import type { Place } from "../../errors.ts";
import type { Answers } from "../../questions/types.ts";
import { specPath, type SpecEntries } from "../../spec/spec.ts";
import type { Finding } from "../finding.ts";

/** A finding for each model of an environment that ends within 60 days. `entries` are the models' places in the spec. */
export function findEnding(answers: Answers, entries: SpecEntries | null, today: string): Finding[] {
  return endingsOf(answers)
    .filter(({ ends }) => isWithin(ends, today, toldFrom))
    .map((ending): Finding => {
      const { provider, model, replacement } = ending;
      return {
        code: "model-ending",
        where: placeOf(ending, answers, entries),
        message: `${provider}/${model} ${describeEnd(ending.ends, today)}`,
        hint:
          replacement === null
            ? `choose another model of ${provider}`
            : `run  npx create-aperture-env update --models  to replace it with ${provider}/${replacement}`,
      };
    });
}

function placeOf({ provider, model }: Ending, answers: Answers, entries: SpecEntries | null): Place {
  const full = `${provider}/${model}`;
  const entry =
    (answers.model === full ? entries?.model : undefined) ??
    (answers.smallModel === full ? entries?.smallModel : undefined) ??
    (answers.model === full || answers.smallModel === full ? undefined : entries?.providers);
  return entry?.place ?? { file: specPath };
}
