/** The ways of a container to the gateway, as data. */
import type { Choice } from "../questions/types.ts";

/** How this version can let a container reach the gateway. */
export const connections: readonly Choice[] = [
  { value: "network", label: "network", hint: "the container's network already reaches it" },
];
