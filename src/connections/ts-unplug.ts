/**
 * ts-unplug (github.com/tailscale/ts-plug): a node of its own that serves one machine of the tailnet on a port of the loopback, without a device or
 * a capability. There are no releases of it, so it is built. It binds the loopback alone (docs/ts-unplug.md there), which is right inside of the
 * container; on a host it can be reached from containers only where the engine's own machine passes its loopback on, as Docker Desktop's does.
 */
import { tsUnplugModule } from "../catalog/ts-unplug.ts";
import { volumeFolder } from "../catalog/states.ts";
import { connectBy, loginVolume, secretsOf } from "../parts/node.ts";
import { nothing } from "../parts/runtime.ts";
import type { Connection, ConnectionOption } from "../vocabulary.ts";

const proposedPort = "8123";

const port: ConnectionOption = {
  help: `the port of the loopback on which it serves the gateway, ${proposedPort} by default`,
  required: false,
  parse: (text) =>
    /^[1-9]\d{0,4}$/.test(text.trim()) && Number(text) <= 65535 && Number(text) > 1023
      ? { ok: true, value: text.trim(), notes: [] }
      : { ok: false, why: `${JSON.stringify(text)} is no port that any account may open`, fix: "write one from 1024 to 65535" },
};

const on: ConnectionOption = {
  help: "where it runs: container, or host, where somebody starts it by hand",
  required: false,
  parse: (text) =>
    text === "container" || text === "host"
      ? { ok: true, value: text, notes: [] }
      : { ok: false, why: `${JSON.stringify(text)} is no place for it`, fix: "write  container  or  host" },
};

/** It needs a stage that builds it, but for the host's. */
export const tsUnplug: Connection = {
  value: "ts-unplug",
  label: "ts-unplug",
  hint: "ts-unplug in the container serves it on the loopback; built with Go",
  about: "ts-unplug in the container serves the gateway at localhost",
  needs: ["env", "secret", "state-volume", "build-stage"],
  needsWith: (options) => (options["on"] === "host" ? ["env"] : tsUnplug.needs),
  options: { port, on },
  refuse: ({ url, tailscale }) => {
    if (url.startsWith("https:"))
      return {
        why: `the connection ts-unplug speaks http to the gateway, and aperture.url is ${url}`,
        fix: "give the gateway's http origin",
      };
    return tailscale?.loginServer === undefined
      ? null
      : {
          why: "the connection ts-unplug knows no other control server than Tailscale's, and aperture.tailscale has a login_server",
          fix: "take userspace or tailscale instead",
        };
  },
  runtime: (answers, options) => {
    const at = options["port"] ?? proposedPort;
    return options["on"] === "host"
      ? {
          ...nothing,
          env: { APERTURE_URL: `http://host.docker.internal:${at}` },
          // Docker Desktop has the name by itself, an engine on Linux since 20.10 with this (docs.docker.com, "docker container run").
          names: { ...nothing.names, hosts: [{ name: "host.docker.internal", address: "host-gateway" }] },
        }
      : {
          ...nothing,
          secrets: secretsOf(answers),
          volumes: [loginVolume],
          programs: ["ts-unplug"],
          connect: connectBy(answers, "ts-unplug", { port: Number(at), folder: volumeFolder }),
        };
  },
  next: ({ url }, options) => {
    if (options["on"] !== "host") return [];
    const { host } = new URL(url);
    return [
      `On the host, for as long as it is needed:  go run ${tsUnplugModule} -dir ~/.ts-unplug -port ${options["port"] ?? proposedPort} ${host}`,
      "It binds the loopback only: containers of Docker Desktop and OrbStack reach that, those of an engine on Linux do not",
    ];
  },
};
