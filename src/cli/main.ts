/** One run of the program. The only place that turns errors into exit statuses. */
import { AppError, formatPlace } from "../errors.ts";
import { formatErrorJson } from "../report/json.ts";
import { generatorVersion } from "../version.ts";
import { parseCommand, type Command } from "./args.ts";
import type { Io } from "./io.ts";

/** Runs a command line and gives the exit status. Never throws. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await runCommand(parseCommand(argv, io.env), io);
  } catch (error) {
    return reportError(error, argv, io);
  }
}

async function runCommand(command: Command, io: Io): Promise<number> {
  switch (command.kind) {
    case "help": {
      const { formatHelp } = await import("./help.ts");
      io.stdout.write(formatHelp(generatorVersion));
      return 0;
    }
    case "version":
      io.stdout.write(`${generatorVersion}\n`);
      return 0;
    case "create": {
      const { runCreate } = await import("./commands/create.ts");
      return runCreate(command, io);
    }
    case "mock-gateway": {
      const { runMockGateway } = await import("./commands/mock-gateway.ts");
      return runMockGateway(command, { stdout: io.stdout, stderr: io.stderr, signal: io.interrupted() });
    }
  }
}

function reportError(error: unknown, argv: readonly string[], io: Io): number {
  const known = error instanceof AppError ? error : null;
  if (argv.includes("--json")) io.stdout.write(formatErrorJson(error));
  if (known !== null) {
    const where = known.where === undefined ? "" : `${formatPlace(known.where)}: `;
    io.stderr.write(`${where}${known.message}\n${known.hint === undefined ? "" : `${known.hint}\n`}`);
    return known.exit;
  }
  io.stderr.write(
    `This is a defect of create-aperture-env ${generatorVersion}, not of your input:\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return 1;
}
