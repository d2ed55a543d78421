/** The container's network already leads to the gateway. */
import { byHost, hostOptions } from "../parts/by-host.ts";
import { nameOptions, namesOf } from "../parts/names.ts";
import { nothing } from "../parts/runtime.ts";
import type { Connection } from "../vocabulary.ts";

/** It needs nothing. Host names and name servers can be added. */
export const network: Connection = {
  value: "network",
  label: "network",
  hint: "the container's network already reaches it",
  about: "the network already leads to the gateway",
  needs: [],
  options: { ...nameOptions, ...hostOptions },
  runtime: (answers, options) => ({ ...nothing, ...byHost(answers, "network", options), names: namesOf(options) }),
};
