/**
 * `doctor`: the same examination as `aperture-doctor` in a container, wherever it is run. Where no environment is installed, it judges the
 * repository's configuration and the way to the gateway from here; what is in the image it cannot see.
 */
import { join } from "node:path";
import { featureFolder } from "../../catalog/files.ts";
import type { Installation } from "../../doctor/config/launch.ts";
import { examine } from "../../doctor/doctor.ts";
import { textOf } from "../../doctor/probe/files.ts";
import { formatJson, formatReport } from "../../doctor/report.ts";
import { usageError } from "../../errors.ts";
import { readLockFile } from "../../repo/environment.ts";
import { findTarget } from "../../repo/scan.ts";
import type { Command } from "../args.ts";
import type { Io } from "../io.ts";

type DoctorCommand = Extract<Command, { kind: "doctor" }>;

/** Runs it and gives the exit status: 0 where OpenCode works through the gateway, 4 where it does not. */
export async function runDoctor({ directory, deep, send, timeout, switches }: DoctorCommand, io: Io): Promise<number> {
  const { root } = findTarget(switches.cwd === null ? io.cwd : findTarget(io.cwd, switches.cwd).root, directory);
  const { report } = await examine({
    installation: findInstallation(root),
    env: io.env,
    cwd: root,
    uid: io.uid ?? null,
    deep,
    send,
    timeout,
  });
  const colour = io.stdout.isTTY === true && (io.env["NO_COLOR"] ?? "") === "" && io.env["TERM"] !== "dumb";
  io.stdout.write(switches.json ? formatJson(report) : formatReport(report, colour));
  return report.verdict === "failure" ? 4 : 0;
}

/** The environment of this container, or that of the repository. */
function findInstallation(root: string): Installation {
  const prefix = "/usr/local";
  const share = `${prefix}/share/aperture-env`;
  const shim = `${prefix}/bin/aperture-doctor`;
  const text = textOf(shim);
  if (text !== null && textOf(`${share}/opencode.json`) !== null) {
    const word = (name: string): string => new RegExp(`^${name}='?([^'\\n]*)'?$`, "m").exec(text)?.[1] ?? "";
    return { share, prefix, gateway: word("gateway"), version: word("version") || null };
  }
  const { lock } = readLockFile(root);
  if (lock === null) {
    throw usageError(
      "no-environment",
      `${root} has no environment to examine, and none is installed here.`,
      "Make one with  npm create aperture-env@latest",
    );
  }
  return { share: join(root, featureFolder), prefix: null, gateway: lock.answers.url, version: lock.opencode.version };
}
