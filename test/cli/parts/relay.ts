/** A throw-away connection, as somebody would add one: it needs a service beside the container, and a secret. */
import { nothing } from "../../../src/parts/runtime.ts";
import type { Connection, Need } from "../../../src/vocabulary.ts";

/** What no output of the program offers, as a connection may need that is added together with an output. */
export const relayed = "relay" as Need;

export const relay: Connection = {
  value: "relay",
  label: "relay",
  hint: "a container beside this one, which is let in by a key",
  about: "a container beside it does, with a key",
  needs: ["env", "secret", relayed],
  options: {
    hostname: {
      help: "its name in the network",
      required: true,
      parse: (text) =>
        /^[a-z0-9-]+$/.test(text)
          ? { ok: true, value: text, notes: [] }
          : { ok: false, why: "that is no host name", fix: "write small letters, digits and dashes" },
    },
  },
  runtime: (_answers, { hostname }) => ({
    ...nothing,
    env: { RELAY_URL: "http://localhost:8080" },
    secrets: [{ name: "RELAY_KEY", why: "lets the relay in", url: "https://relay.example/keys" }],
    service: {
      name: "relay",
      image: "relay:1",
      env: { HOST: hostname! },
      secrets: ["RELAY_KEY"],
      tags: [],
      volumes: [],
      shared: null,
      capabilities: [],
      devices: [],
      healthy: "relay status",
    },
  }),
};
