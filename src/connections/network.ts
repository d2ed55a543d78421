/** The plain way to the gateway: the network that the container runs in already leads there. */
import { byHost, hostOptions } from "../parts/by-host.ts";
import { nameOptions, namesOf } from "../parts/names.ts";
import { nothing } from "../parts/runtime.ts";
import type { Connection } from "../vocabulary.ts";

/** It needs nothing of anything; names that the network does not know can be given. */
export const network: Connection = {
  value: "network",
  label: "network",
  hint: "the container's network already reaches it",
  about: "the network it runs in already does",
  needs: [],
  options: { ...nameOptions, ...hostOptions },
  runtime: (answers, options) => ({ ...nothing, ...byHost(answers, "network", options), names: namesOf(options) }),
};
