/**
 * `doctor`: runs the file that images have as `aperture-doctor` with Node. Without an installed environment, it checks the repository's
 * configuration and the connection from this machine to the gateway; it cannot see the image's content.
 */
import { dirname, join } from "node:path";
import { execPath, pid } from "node:process";
import { environmentPath } from "../../catalog/files.ts";
import { textOf } from "../../doctor/probe/files.ts";
import { environmentError } from "../../errors.ts";
import { requireLock } from "../../repo/environment.ts";
import { findCwd, findTarget, type Target } from "../../repo/scan.ts";
import { spawn } from "../../repo/spawn.ts";
import { relayed, wantsColour } from "../../text/terminal.ts";
import type { Command } from "../args.ts";
import type { Io } from "../io.ts";

type DoctorCommand = Extract<Command, { kind: "doctor" }>;

/** Runs it and gives the exit status: 0 if OpenCode works through the gateway, 4 if not. */
export async function runDoctor({ directory, deep, send, timeout, switches }: DoctorCommand, io: Io): Promise<number> {
  const target = findTarget(findCwd(io.cwd, switches.cwd), directory);
  const { root } = target;
  const colour = wantsColour(io.stdout, io.env);
  const flags = [
    ...findInstallation(target),
    `--timeout=${timeout / 1000}`,
    `--parent=${pid}`,
    ...(deep ? ["--deep"] : []),
    ...(send ? ["--send"] : []),
    ...(switches.json ? ["--json"] : []),
    ...(colour ? ["--colour"] : []),
    ...(Number.isFinite(io.columns) ? [`--columns=${io.columns}`] : []),
  ];
  const { doctorText } = await import("../../catalog/doctor-text.ts");
  const ran = await spawn(execPath, ["--input-type=module", "-", ...flags], {
    target: root,
    env: io.env,
    cwd: root,
    // The doctor's own limit is much shorter.
    timeout: timeout * 2 + 120_000,
    input: doctorText,
  });
  if (ran.exitCode === null && ran.stdout === "")
    throw environmentError(
      "doctor-killed",
      "The doctor was killed before it reported anything.",
      "Another program killed it, or memory ran out; run it again.",
    );
  io.stdout.write(relayed(ran.stdout));
  // The doctor's watchdog reports on stdout.
  if (ran.exitCode !== null) io.stderr.write(relayed(ran.stderr));
  return ran.exitCode === 0 ? 0 : 4;
}

/** This container's environment or the repository's, and the known facts about one without an environment.json. */
function findInstallation(target: Target): string[] {
  const { root } = target;
  const prefix = "/usr/local";
  const shim = textOf(`${prefix}/bin/aperture-doctor`);
  if (shim !== null) {
    const word = (name: string): string => new RegExp(`^${name}='?([^'\\n]*)'?$`, "m").exec(shim)?.[1] ?? "";
    const online = word("online").split(",").filter(Boolean);
    const older = word("gateway") === "" ? [] : [inItsPlace({ origin: word("gateway"), opencode: word("version"), online })];
    return [`--prefix=${prefix}`, ...older];
  }
  const lock = requireLock(target, "examine, and none is installed on this machine");
  const { url, online } = lock.answers;
  const found = Object.keys(lock.files).find((path) => path.endsWith(environmentPath)) ?? environmentPath;
  return [`--share=${join(root, dirname(found))}`, inItsPlace({ origin: url, opencode: lock.opencode.version, online })];
}

/** The content of environment.json, for environments that are older than that file. */
function inItsPlace(known: { readonly origin: string; readonly opencode: string; readonly online: readonly string[] }): string {
  return `--environment=${JSON.stringify(known)}`;
}
