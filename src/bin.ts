/**
 * The program's entry: answers `--help` and `--version` without loading anything, refuses a Node that is too old in one line, and only then
 * imports the rest. No static imports and plain syntax, so that any Node since 14 can read it.
 */
declare const PACKAGE_VERSION: string;
declare const HELP: string;

async function start(): Promise<void> {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19) || (major === 22 && minor < 12)) {
    process.stderr.write(`create-aperture-env needs Node.js 20.19, 22.12 or newer; this is ${process.versions.node}.\n`);
    process.exitCode = 4;
    return;
  }
  const argv = process.argv.slice(2);
  if (argv.length === 1 && (argv[0] === "--help" || argv[0] === "-h")) {
    process.stdout.write(HELP);
    return;
  }
  if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
    process.stdout.write(`${PACKAGE_VERSION}\n`);
    return;
  }
  // Node 22.8 and newer keep the compiled code of what is imported from here on.
  if (major >= 22) {
    const { enableCompileCache } = (await import("node:module")) as { enableCompileCache?: () => unknown };
    enableCompileCache?.();
  }
  const { run } = await import("./cli/main.ts");
  const status = await run(argv);
  await Promise.all([flush(process.stdout), flush(process.stderr)]);
  // A name that is still being looked up would keep the process; and when it ended by itself, Node would stop hearing signals a little before.
  process.exit(status);
}

/** Resolves when all that was written is out, or cannot get out any more. */
function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write("", () => resolve()));
}

void start();
