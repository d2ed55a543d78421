/** `mock-gateway`. */
import { usageError } from "../../errors.ts";
import { faultWords, parseFault, type Fault } from "../../gateway/mock/faults.ts";
import { readNames } from "../values.ts";
import type { Descriptor } from "./descriptor.ts";
import { help } from "./shared.ts";

/** The command with its flags, and how they are read. */
export const mockGateway: Descriptor = {
  name: "mock-gateway",
  usage: "npx create-aperture-env mock-gateway [flags]",
  summary: "runs a small gateway for trials",
  about:
    "Runs a gateway with canned answers in all wire formats, until you stop it. It logs JSON to stdout, and on a page at /ui/.",
  groups: [
    {
      title: "Address",
      flags: [
        { name: "port", value: "n", text: "port to listen on, 8080 by default; 0 takes any free one" },
        { name: "host", value: "address", text: "address to listen on, 127.0.0.1 by default" },
        { name: "json", text: "begin the log of requests with a line that says where it listens" },
      ],
    },
    {
      title: "Models",
      flags: [
        {
          name: "models",
          value: "a,b",
          text: "serve only these; a model that is not in the catalogue answers on every path",
        },
        {
          name: "grants",
          value: "globs",
          text: "list and answer only models that match, such as anthropic/**,openai/gpt-6*",
        },
      ],
    },
    {
      title: "Faults",
      flags: [
        {
          name: "fault",
          value: "what",
          repeats: true,
          text: "fail this way, to test clients; repeatable. Without it, requests for a model named fault-slow, fault-429 and so on fail that way",
          values: [
            ["status=<400 to 599>", "that error in the API's own shape; 429 with Retry-After"],
            ...Object.entries(faultWords),
          ],
        },
      ],
    },
    { title: "General", flags: [help] },
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
