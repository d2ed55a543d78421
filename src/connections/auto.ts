/** Chooses at each start: the network if it leads to the gateway, else a tailnet node in the container, if possible. */
import { byHost, hostOptions } from "../parts/by-host.ts";
import { nothing } from "../parts/runtime.ts";
import type { Connection } from "../vocabulary.ts";

/** It includes Tailscale's programs if the spec asks for them. Without them it reports at once that the network does not lead to the gateway. */
export const auto: Connection = {
  value: "auto",
  label: "auto",
  hint: "the network if it leads to the gateway, else a tailnet node in the container",
  about: "the network if it leads to the gateway, else a tailnet node in the container, if aperture.tailscale is set",
  needs: [],
  options: hostOptions,
  runtime: (answers, options) => ({ ...nothing, ...byHost(answers, "auto", options) }),
};
