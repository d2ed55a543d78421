/** A node of its own in the container, without any privilege: OpenCode's requests go to the gateway by its proxy. */
import { byHost, hostOptions } from "../parts/by-host.ts";
import { nothing } from "../parts/runtime.ts";
import type { Connection } from "../vocabulary.ts";

/** It needs the programs in the image, whatever the spec says of them. Where no volume can be had the login goes with the container. */
export const userspace: Connection = {
  value: "userspace",
  label: "userspace",
  hint: "a node of its own, without any privilege",
  about: "a node of its own in the container, without any privilege",
  needs: ["env"],
  options: hostOptions,
  runtime: (answers, options) => ({ ...nothing, ...byHost(answers, "userspace", options) }),
};
