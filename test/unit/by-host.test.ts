/** A word for each host in one spec, and what a container then asks for. */
import { describe, expect, test } from "vitest";
import { formatConnection, parseConnection, readConnection, runtimeOf } from "../../src/parts/connection-answer.ts";
import { nothing } from "../../src/parts/runtime.ts";
import type { ConnectionChoice } from "../../src/questions/types.ts";
import { plainAnswers } from "../support/answers.ts";

const runtime = (connection: ConnectionChoice, tailscale = plainAnswers.tailscale): ReturnType<typeof runtimeOf> =>
  runtimeOf({ ...plainAnswers, connection, tailscale });

describe("a map of words by host", () => {
  const value = { kind: "network", codespaces: "userspace", github: "auto" };

  test("is read with default or with kind, and written as a flag takes it", () => {
    for (const key of ["default", "kind"])
      expect(readConnection({ [key]: "network", codespaces: "userspace", github: "auto" })).toMatchObject({ ok: true, value });
    expect(formatConnection(value)).toBe("network,codespaces=userspace,github=auto");
    expect(parseConnection(formatConnection(value))).toMatchObject({ ok: true, value });
    expect(readConnection({ default: "auto" })).toMatchObject({ ok: true, value: "auto" });
  });

  test("asks for the programs where a host needs them", () => {
    expect(runtime(value)).toMatchObject({
      programs: ["tailscale"],
      secrets: [{ name: "TS_AUTHKEY" }],
      connect: { by: { default: "network", codespaces: "userspace", github: "auto" }, programs: true },
    });
  });

  test("asks for the programs where pods need them", () => {
    expect(runtime({ kind: "network", kubernetes: "userspace" })).toMatchObject({
      programs: ["tailscale"],
      connect: { by: { default: "network", kubernetes: "userspace" }, programs: true },
    });
  });

  test("asks for nothing where all is the network", () => {
    expect(runtime({ kind: "network", gitlab: "network" })).toEqual(nothing);
    expect(runtime("network")).toEqual(nothing);
  });

  test("auto has the programs if the spec says so, and otherwise only examines the network", () => {
    expect(runtime("auto", null)).toMatchObject({ programs: [], secrets: [], volumes: [], connect: { by: { default: "auto" } } });
    expect(runtime("auto", {})).toMatchObject({ programs: ["tailscale"], volumes: [{ path: "/var/lib/aperture-env" }] });
    expect(runtime({ kind: "network", github: "auto" }, null)).toMatchObject({ programs: [], connect: { programs: false } });
  });
});
