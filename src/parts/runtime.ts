/** What asks for nothing of a container: what a connection asks for is put over it. */
import type { Runtime } from "../vocabulary.ts";

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
