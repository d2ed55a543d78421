/** The plain way to the gateway: the network that the container runs in already leads there. */
import type { Connection } from "../vocabulary.ts";

/** It needs nothing of anything. */
export const network: Connection = {
  value: "network",
  label: "network",
  hint: "the container's network already reaches it",
  about: "the network it runs in already does",
  needs: [],
  options: {},
  runtime: () => ({ env: {}, secrets: [], service: null }),
};
