/** Outputs that have no effect in a folder of a repository, because forges read their files at its top alone. Pure. */
import { outputsOf } from "../../parts/compose.ts";
import { specPath, type SpecEntries } from "../../spec/spec.ts";
import type { Demand } from "../../vocabulary.ts";
import type { Finding } from "../finding.ts";

/** One for each such output; `folder` is the way from the repository's top, empty at the top and without a repository. `entries` are the places in the spec. */
export function findMisplaced(demand: Demand, folder: string, entries: SpecEntries | null): Finding[] {
  if (folder === "") return [];
  return outputsOf(demand).flatMap(({ atTop, value, askedBy }) =>
    atTop === undefined
      ? []
      : [
          {
            code: "not-at-top",
            where: entries?.[askedBy ?? "outputs"]?.place ?? { file: specPath },
            message: `forges read ${atTop} at the top of a repository alone, and this environment is in its folder ${folder}: ${value} has no effect`,
            hint: `${askedBy === undefined ? `take ${value} out of outputs` : `leave ${askedBy} out`}, or create an environment at the top`,
          },
        ],
  );
}
