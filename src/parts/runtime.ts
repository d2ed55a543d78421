/** A runtime that asks nothing of a container; a connection overrides what it needs. */
import type { Runtime } from "../vocabulary.ts";

/** Without variables, volumes, programs or a node. */
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
