// @ts-check
/**
 * Runs a task of this project on a machine with only Node and npm: it installs the lock's packages if they are missing or outdated, then runs the task.
 * It is plain JavaScript without static imports of packages, because it runs before anything is installed.
 *
 *   node src/scripts/run.mjs build | demo | test | test:opencode | test:hostile | test:corpus | test:containers | test:tailnet | test:kubernetes | bench | docs | refresh | refresh:actions   [arguments]
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const cache = join(root, "node_modules", ".cache", "aperture-env");

/** @type {Record<string, (args: string[]) => Promise<number>>} */
const tasks = {
  build: async () => {
    const { buildPackage } = await import("./build.mjs");
    await buildPackage(root);
    return 0;
  },
  demo: async () => {
    say("1/6  Building create-aperture-env");
    await tasks["build"]?.([]);
    const { demo } = await importTypeScript("src/scripts/demo.ts");
    return demo(root);
  },
  test: async (args) => {
    const status = await runTier("test", args);
    say(
      "npm test is the tier that needs nothing but Node. The others: npm run test:opencode (real OpenCode), npm run test:hostile (repositories",
    );
    say(
      "and gateways that mean harm), npm run test:containers (a Docker engine), npm run test:tailnet (a tailnet), npm run test:kubernetes (a cluster). What this machine cannot run is counted as skipped above.",
    );
    return status;
  },
  "test:opencode": (args) => runTier("opencode", args),
  "test:hostile": (args) => runTier("hostile", args),
  "test:corpus": (args) => runTier("corpus", args),
  "test:containers": (args) => runTier("containers", args),
  "test:tailnet": (args) => runTier("tailnet", args),
  "test:kubernetes": (args) => runTier("kubernetes", args),
  bench: async (args) => {
    await tasks["build"]?.([]);
    const { bench } = await importTypeScript("test/bench/bench.ts");
    return bench(root, args);
  },
  docs: async () => {
    const { writeDocs } = await importTypeScript("src/scripts/docs.ts");
    writeDocs(root);
    return 0;
  },
  "refresh:actions": async () => {
    const { refreshActions } = await importTypeScript("src/scripts/refresh-actions.ts");
    await refreshActions(root);
    return 0;
  },
  refresh: async (args) => {
    const { refresh } = await importTypeScript("src/scripts/refresh.ts");
    await refresh(root, args);
    return 0;
  },
};

/** @param {string} text */
function say(text) {
  process.stderr.write(`${text}\n`);
}

/** Runs `npm ci` if `node_modules` differs from the lock. npm records the installed packages in a lock there. */
function installWhereNeeded() {
  const locked = statSync(join(root, "package-lock.json")).mtimeMs;
  const installed = statSync(join(root, "node_modules", ".package-lock.json"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (installed >= locked) return;
  say("Installing this project's packages (npm ci)");
  // An npm script starts this one, so npm is on PATH. On Windows it is a cmd file, which needs a shell; no argument is a person's input.
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
    env: { ...process.env, NODE_ENV: "development", npm_config_omit: "" },
  });
  if (status !== 0) {
    say("npm ci failed; its message above says why.");
    process.exit(4);
  }
}

/**
 * Bundles a TypeScript file of this project without its packages, and imports it.
 * @param {string} file
 */
async function importTypeScript(file) {
  const { build } = await import("esbuild");
  const { nodeSettings } = await import("./build.mjs");
  mkdirSync(cache, { recursive: true });
  const outfile = join(cache, `${relative("src", file).replaceAll(/[^a-z]+/gi, "-")}.mjs`);
  await build({ ...nodeSettings(root), entryPoints: [file], outfile, packages: "external", sourcemap: "inline" });
  return import(pathToFileURL(outfile).href);
}

/**
 * Builds the package and runs one tier of the tests (test/vitest.config.ts).
 * @param {string} tier
 * @param {string[]} args
 */
async function runTier(tier, args) {
  await tasks["build"]?.([]);
  const { status } = spawnSync(
    process.execPath,
    [join(root, "node_modules", "vitest", "vitest.mjs"), "run", "--config", "test/vitest.config.ts", "--mode", tier, ...args],
    {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: "1" },
    },
  );
  return status ?? 1;
}

const [name = "", ...args] = process.argv.slice(2);
const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
if (task === undefined) {
  say(`usage: node src/scripts/run.mjs ${Object.keys(tasks).join(" | ")}`);
  process.exitCode = 2;
} else {
  installWhereNeeded();
  try {
    process.exitCode = await task(args);
  } catch (error) {
    // Errors for people have a code, an exit status and perhaps a hint (src/errors.ts); all others are defects and are shown with their stack.
    if (!(error instanceof Error) || !("exit" in error) || typeof error.exit !== "number") throw error;
    say(`${error.message}${"hint" in error && error.hint ? `\n${error.hint}` : ""}`);
    process.exitCode = error.exit;
  }
}
