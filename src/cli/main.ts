/** One run of the program. The only place that turns errors into exit statuses. */
import { AppError, formatPlace, isAppError } from "../errors.ts";
import { formatErrorJson } from "../report/json.ts";
import { explainRefusal } from "../repo/disk-errors.ts";
import { block, joined, shown } from "../text/terminal.ts";
import { generatorVersion } from "../version.ts";
import { runCreate } from "./commands/create.ts";
import { parseCommand, type Command } from "./args.ts";
import { npmTook } from "./npm.ts";
import { openIo, thisProcess, type Io, type ProcessPort } from "./io.ts";

/** Runs a command line, by default in this process, and gives the exit status. Never throws. */
export async function run(argv: readonly string[], port: ProcessPort = thisProcess()): Promise<number> {
  const io = openIo(port);
  try {
    return await runCommand(parseCommand(argv, io.env), io);
  } catch (error) {
    return reportError(withNpmsYes(explainRefusal(error), io), argv, io);
  }
}

async function runCommand(command: Command, io: Io): Promise<number> {
  switch (command.kind) {
    case "help": {
      const { helpText } = await import("./help-text.ts");
      io.stdout.write(block(helpText(generatorVersion, command.verb)));
      return 0;
    }
    case "version":
      io.stdout.write(shown`${generatorVersion}\n`);
      return 0;
    case "create":
      return runCreate(command, io);
    case "update": {
      const { runUpdate } = await import("./commands/update.ts");
      return runUpdate(command, io);
    }
    case "replace-model": {
      const { runUpdate } = await import("./commands/update.ts");
      const none = { flags: {}, spec: null, restore: false, models: false } as const;
      return runUpdate({ ...command, ...none, kind: "update", replace: command }, io);
    }
    case "report": {
      const { runReport } = await import("./commands/report.ts");
      return runReport(command, io);
    }
    case "hosts": {
      const { runHosts } = await import("./commands/hosts.ts");
      return runHosts(command, io);
    }
    case "check": {
      const { runCheck } = await import("./commands/check.ts");
      return runCheck(command, io);
    }
    case "remove": {
      const { runRemove } = await import("./commands/remove.ts");
      return runRemove(command, io);
    }
    case "discover": {
      const { runDiscover } = await import("./commands/discover.ts");
      return runDiscover(command, io);
    }
    case "doctor": {
      const { runDoctor } = await import("./commands/doctor.ts");
      return runDoctor(command, io);
    }
    case "verify": {
      const { runVerify } = await import("./commands/verify.ts");
      return runVerify(command, io);
    }
    case "build": {
      const { runBuild } = await import("./commands/build.ts");
      return runBuild(command, io);
    }
    case "mock-gateway": {
      const { runMockGateway } = await import("./commands/mock-gateway.ts");
      return runMockGateway(command, { stdout: io.stdout, stderr: io.stderr, signal: io.interrupted() });
    }
  }
}

/** `--yes` before the `--` goes to npm. A person who typed it there needs another hint than to add it. */
function withNpmsYes(error: unknown, { env }: Io): unknown {
  if (!isAppError(error) || error.code !== "missing-answers" || !npmTook("yes", env)) return error;
  const { code, exit, lines } = error;
  const [message = "", ...details] = lines;
  const hint =
    "Give these flags, or accept the proposed values with --yes. npm kept --yes for itself; put it after the --:  npm create aperture-env@latest -- --yes";
  return new AppError({ code, exit, message, details, hint });
}

function reportError(error: unknown, argv: readonly string[], io: Io): number {
  const known = isAppError(error) ? error : null;
  if (argv.includes("--json") || npmTook("json", io.env)) io.stdout.write(formatErrorJson(error));
  if (known !== null) {
    const where = known.where === undefined ? "" : `${formatPlace(known.where)}: `;
    const hint = known.hint === undefined ? "" : shown`${known.hint}\n`;
    io.stderr.write(shown`${where}${joined(known.lines, "\n")}\n${hint}`);
    return known.exit;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  io.stderr.write(shown`This is a bug in create-aperture-env ${generatorVersion}, not in your input:\n${block(stack)}\n`);
  return 1;
}
