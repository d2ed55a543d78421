/** The plain way to the gateway: the network that the container runs in already leads there. */
import type { Connection, Runtime } from "../vocabulary.ts";

/** What asks for nothing: what other connections ask for is put over it. */
export const nothing: Runtime = {
  env: {},
  secrets: [],
  volumes: [],
  names: { hosts: [], servers: [], search: [] },
  features: [],
  programs: [],
  service: null,
  connect: null,
};

/** It needs nothing of anything. */
export const network: Connection = {
  value: "network",
  label: "network",
  hint: "the container's network already reaches it",
  about: "the network it runs in already does",
  needs: [],
  options: {},
  runtime: () => nothing,
};
