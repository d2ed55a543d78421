/** The way that fits the place: the network as it is where the gateway is there, else the container's own node, where it can be one. */
import { byHost, hostOptions } from "../parts/by-host.ts";
import { nothing } from "../parts/runtime.ts";
import type { Connection } from "../vocabulary.ts";

/** It carries Tailscale's programs where the spec asks for them; without them it finds out, and says so at once. */
export const auto: Connection = {
  value: "auto",
  label: "auto",
  hint: "the network where the gateway is there, else a node of its own",
  about: "the network where the gateway is there, else a node of its own, where aperture.tailscale is set",
  needs: [],
  options: hostOptions,
  runtime: (answers, options) => ({ ...nothing, ...byHost(answers, "auto", options) }),
};
