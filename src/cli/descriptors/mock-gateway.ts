/** `mock-gateway`. */
import { usageError } from "../../errors.ts";
import { faultWords, parseFault, type Fault } from "../../gateway/mock/faults.ts";
import { readNames } from "../values.ts";
import type { Descriptor } from "./descriptor.ts";
import { help } from "./shared.ts";

export const mockGateway: Descriptor = {
  name: "mock-gateway",
  usage: "npx create-aperture-env mock-gateway [flags]",
  summary: "runs a small gateway to try things with",
  about:
    "Runs a gateway that answers by itself, on all wire formats, until you end it. Its log is JSON on stdout, and a page at /ui/.",
  groups: [
    {
      title: "Where it listens",
      flags: [
        { name: "port", value: "n", text: "port to listen on, 8080 by default; 0 takes any free one" },
        { name: "host", value: "address", text: "address to listen on, 127.0.0.1 by default" },
        { name: "json", text: "begin the log of requests with a line that says where it listens" },
      ],
    },
    {
      title: "What it serves",
      flags: [
        {
          name: "models",
          value: "a,b",
          text: "have only these; one that the catalogue lacks is made up and answers on every path",
        },
        {
          name: "grants",
          value: "globs",
          text: "list and answer only what these let through, such as anthropic/**,openai/gpt-6*",
        },
      ],
    },
    {
      title: "What goes wrong on purpose",
      flags: [
        {
          name: "fault",
          value: "what",
          repeats: true,
          text: "go wrong, for trying out what clients do; may be given several times. Without it, a request for a model fault-slow, fault-429 and so on has that fault",
          values: [
            ["status=<400 to 599>", "that error in the API's own shape; 429 with Retry-After"],
            ...Object.entries(faultWords),
          ],
        },
      ],
    },
    { title: "Else", flags: [help] },
  ],
  examples: [
    ["npx create-aperture-env mock-gateway", "all models of the catalogue, on 127.0.0.1:8080"],
    ["npx create-aperture-env mock-gateway --fault status=429", "a gateway whose limit is reached"],
  ],
  read: ({ values, positionals }) => {
    if (positionals.length > 0) throw usageError("stray-word", `mock-gateway takes no ${JSON.stringify(positionals[0])}.`);
    const port = String(values["port"] ?? "8080");
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65535)
      throw usageError("bad-port", `--port ${port} is not a port.`, "Give 0 to 65535; 0 takes any free one.");
    return {
      kind: "mock-gateway",
      port: Number(port),
      host: String(values["host"] ?? "127.0.0.1"),
      json: values["json"] === true,
      faults: [values["fault"] ?? []].flat().map((value) => readFault(String(value))),
      models: readNames(values, "models"),
      grants: readNames(values, "grants"),
    };
  },
};

function readFault(value: string): Fault {
  const fault = parseFault(value);
  if (fault !== null) return fault;
  const words = ["status=<400 to 599>", ...Object.keys(faultWords)].join(", ");
  throw usageError("bad-flag", `--fault cannot be ${JSON.stringify(value)}.`, `It is one of ${words}.`);
}
