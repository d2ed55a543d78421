// @ts-check
/** Builds `dist/` with esbuild: everything bundled, templates precompiled, the help text rendered in advance. */
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, parse } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { doctorForEsbuild } from "./doctor.mjs";
import { specSchemaForEsbuild } from "./schema.mjs";
import { templatesForEsbuild } from "./templates.mjs";

/**
 * The model catalogue as one text that is parsed when loaded: faster than the same as a literal (v8.dev/blog/cost-of-javascript-2019, JSON). The
 * files that are imported where they are wanted are CommonJS, whose exports are the default of such an import as in Node.
 */
const catalogueAsText = {
  name: "catalogue",
  setup(/** @type {import("esbuild").PluginBuild} */ build) {
    build.onLoad({ filter: /[\\/]opencode[\\/]models(?:[\\/][a-z-]+)?\.json$/ }, ({ path }) => {
      const text = `JSON.parse(${JSON.stringify(JSON.stringify(JSON.parse(readFileSync(path, "utf8"))))});`;
      const isProposed = path.endsWith("models.json");
      return { contents: `${isProposed ? "export default" : "module.exports ="} ${text}`, loader: "js" };
    });
  },
};

/**
 * esbuild's settings for anything of this project that Node shall run. jsonc-parser's `main` is a UMD file that does not bundle, hence `mainFields`.
 * @param {string} root
 * @returns {import("esbuild").BuildOptions}
 */
export function nodeSettings(root) {
  return {
    absWorkingDir: root,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    mainFields: ["module", "main"],
    // yaml's entry for Node is CommonJS, which neither splits nor shakes.
    alias: { yaml: join(root, "node_modules/yaml/browser/index.js") },
    plugins: [templatesForEsbuild(join(root, "templates")), doctorForEsbuild(root), specSchemaForEsbuild(root), catalogueAsText],
    banner: { js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);' },
    logLevel: "warning",
  };
}

/** What verify also runs in a container, so it is one file that needs no other. */
const standalone = "src/gateway/mock/serve.ts";
/** What every run reads, as the other files name it. */
const mainFile = "./main.js";

/**
 * Builds the published program: CommonJS, because Node starts it a third faster than modules, with a file for each dynamic import, which is then
 * read only where it is needed. What main.js holds is in no other file: they take it from there. esbuild's own splitting would make eighteen files
 * of what every run needs, which cost more to open than they save.
 * @param {string} root
 */
export async function buildPackage(root) {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const dist = join(root, "dist");
  rmSync(dist, { recursive: true, force: true });
  const define = { PACKAGE_VERSION: JSON.stringify(version) };

  const helpFile = join(dist, "help.tmp.mjs");
  await build({ ...nodeSettings(root), define, entryPoints: ["src/cli/help.ts"], outfile: helpFile });
  const { formatAllHelp } = await import(pathToFileURL(helpFile).href);
  const help = formatAllHelp(version);
  rmSync(helpFile);

  const settings = nodeSettings(root);
  /** @type {Map<string, string>} */
  const files = new Map();
  /** @type {Map<string, number>} */
  const shared = new Map();
  const inputs = new Set();
  /**
   * @param {string} name
   * @param {import("esbuild").Plugin[]} plugins
   * @param {import("esbuild").BuildOptions} entry
   */
  const bundle = async (name, plugins, entry) => {
    const { metafile } = await build({
      ...settings,
      format: "cjs",
      supported: { "dynamic-import": false },
      plugins: [...plugins, filesForImports(files), ...(settings.plugins ?? [])],
      // CommonJS has none; what asks for it there has a file name (src/repo/installed.ts).
      define: { ...define, HELP: JSON.stringify(help[""]), VERB_HELP: JSON.stringify(help), "import.meta.url": '""' },
      banner: name === "bin" ? { js: "#!/usr/bin/env node" } : {},
      outfile: join(dist, `${name}.js`),
      minify: true,
      legalComments: "none",
      metafile: true,
      ...entry,
    });
    const read = Object.keys(metafile?.inputs ?? {});
    for (const input of read) inputs.add(input);
    return read.map((input) => join(root, input));
  };

  await bundle("bin", [], { entryPoints: ["src/bin.ts"] });
  const main = files.get("main") ?? "";
  const held = new Set(await bundle("main", [], { entryPoints: [main], write: false }));
  // A map gives what is added while it is walked.
  for (const [name, entry] of files) {
    const isAlone = entry === join(root, standalone);
    if (entry !== main) await bundle(name, isAlone ? [] : [takenFromMain(held, shared)], { entryPoints: [entry] });
  }
  const contents = [
    `export * from ${JSON.stringify(main)};`,
    ...[...shared].map(([path, index]) => `export * as shared${index} from ${JSON.stringify(path)};`),
  ].join("\n");
  await bundle("main", [], { stdin: { contents, resolveDir: root } });

  chmodSync(join(dist, "bin.js"), 0o755);
  writeFileSync(join(dist, "package.json"), '{ "type": "commonjs" }\n');
  writeFileSync(join(dist, "LICENSES.txt"), collectLicences(root, [...inputs]));
}

/**
 * Makes each dynamic import of a file or package a file of its own, noted in `files` by name.
 * @param {Map<string, string>} files
 * @returns {import("esbuild").Plugin}
 */
function filesForImports(files) {
  return {
    name: "files",
    setup(build) {
      build.onResolve({ filter: /^[^:]+$/ }, async ({ kind, path, resolveDir, importer }) => {
        if (kind !== "dynamic-import") return undefined;
        const resolved = await build.resolve(path, { kind: "import-statement", resolveDir, importer });
        const name = parse(path).name;
        if ((files.get(name) ?? resolved.path) !== resolved.path) throw new Error(`two dynamic imports would both be ${name}.js`);
        files.set(name, resolved.path);
        return { path: `./${name}.js`, external: true };
      });
    },
  };
}

/**
 * Takes the modules of ours that main.js holds from there, and notes them in `shared` with the number under which it exports them.
 * @param {ReadonlySet<string>} held
 * @param {Map<string, number>} shared
 * @returns {import("esbuild").Plugin}
 */
function takenFromMain(held, shared) {
  return {
    name: "main",
    setup(build) {
      build.onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ kind, path, resolveDir }) => {
        const resolved = join(resolveDir, path);
        if (kind !== "import-statement" || !held.has(resolved)) return undefined;
        if (!shared.has(resolved)) shared.set(resolved, shared.size);
        return { path: resolved, namespace: "main" };
      });
      build.onLoad({ filter: /.*/, namespace: "main" }, ({ path }) => ({
        contents: `module.exports = require(${JSON.stringify(mainFile)}).shared${shared.get(path)};`,
        loader: "js",
      }));
      build.onResolve({ filter: /^\.\/main\.js$/, namespace: "main" }, () => ({ path: mainFile, external: true }));
    },
  };
}

/**
 * Our licence and those of what is bundled, which have to be shipped with it; the text that most of them share is there once. models.dev's is that
 * of its repository, whose data OpenCode's binary carries and the model catalogue is reduced from. Throws where a package has no licence text.
 * @param {string} root
 * @param {readonly string[]} inputs Files that are bundled, from the root.
 */
export function collectLicences(root, inputs) {
  const own = `create-aperture-env (MIT)\n\n${readFileSync(join(root, "LICENSE"), "utf8").replace(/^MIT License\s+/, "")}`;
  const [copyright = "", permission = ""] = own.split(/\n\n(?=Permission)/);
  const data = `models.dev, the model catalogue (MIT)\n\nCopyright (c) 2025 spin.dev\n\n${asAbove}\n`;
  // A linked node_modules folder makes the paths lead out of the root.
  const folders = new Map(
    inputs.flatMap((input) => {
      const found = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input.replaceAll("\\", "/"));
      return found === null ? [] : [[found[1], join(root, found[0])]];
    }),
  );
  const bundled = [...folders].sort().map(([name, folder]) => {
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e(?:\.(?:md|txt))?$/i.test(entry));
    if (file === undefined) throw new Error(`${name} is bundled, but its licence text is not found in ${folder}`);
    return `${name} ${version} (${license})\n\n${shortened(readFileSync(join(folder, file), "utf8").trim(), permission)}\n`;
  });
  if (bundled.length === 0)
    throw new Error("no bundled package is found, although there are some: their licences would be missing");
  return [`${copyright}\n\n${permission}`, data, ...bundled].join(`\n${"-".repeat(80)}\n\n`);
}

const asAbove = "Permission is granted, and warranty disclaimed, in the same words as above.";

/**
 * A licence that ends with the permission's own words has them by reference.
 * @param {string} text
 * @param {string} permission
 */
function shortened(text, permission) {
  const begin = text.indexOf("Permission is hereby granted");
  const isSame = begin !== -1 && inOneLine(text.slice(begin)) === inOneLine(permission);
  return isSame ? `${text.slice(0, begin).trim()}\n\n${asAbove}` : text;
}

/** @param {string} text */
function inOneLine(text) {
  return text.replaceAll(/\s+/g, " ").trim();
}
