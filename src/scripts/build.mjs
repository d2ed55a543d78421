// @ts-check
/** Builds `dist/` with esbuild: everything bundled, templates compiled, the help text rendered in advance. */
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, parse } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";
import { doctorAsFiles, doctorForEsbuild } from "./doctor.mjs";
import { specSchemaAsFile, specSchemaForEsbuild } from "./schema.mjs";
import { templatesAsFile, templatesForEsbuild } from "./templates.mjs";

/**
 * The model catalogue as compressed texts, a tenth of its size, which are parsed when they are needed: V8 parses JSON faster than a literal
 * (v8.dev/blog/cost-of-javascript-2019, JSON), and decompressing takes less than a millisecond. The modules are CommonJS: their exports are the default
 * of an import, as in Node. The proposed providers are properties by id; reading one of them reads the text.
 */
const catalogueAsText = {
  name: "catalogue",
  setup(/** @type {import("esbuild").PluginBuild} */ build) {
    build.onLoad({ filter: /[\\/]opencode[\\/]models(?:[\\/][a-z-]+)?\.json$/ }, ({ path }) => {
      const catalogue = JSON.parse(readFileSync(path, "utf8"));
      const compressed = JSON.stringify(brotliCompressSync(JSON.stringify(catalogue)).toString("base64"));
      const read = `JSON.parse(require("node:zlib").brotliDecompressSync(Buffer.from(${compressed}, "base64")).toString())`;
      const isProposed = path.endsWith("models.json");
      return { contents: isProposed ? whenAsked(catalogue, read) : `module.exports = ${read};`, loader: "js" };
    });
  },
};

/**
 * @param {Record<string, unknown>} catalogue
 * @param {string} read The code that reads it.
 */
function whenAsked(catalogue, read) {
  return [
    "let read;",
    `for (const id of ${JSON.stringify(Object.keys(catalogue))})`,
    `  Object.defineProperty(exports, id, { enumerable: true, get: () => (read ??= ${read})[id] });`,
  ].join("\n");
}

/**
 * For the published program: the catalogue in separate files. The file of the proposed providers is not compressed: a run into an empty folder needs
 * nothing else that is compressed, and loading zlib would take longer than reading the file.
 * @param {string} root
 * @param {string} proposed The file for the proposed providers.
 * @param {string} file The file for the others.
 * @returns {import("esbuild").Plugin}
 */
function modelsAsFiles(root, proposed, file) {
  return {
    name: "models",
    setup(build) {
      build.onLoad({ filter: /[\\/]opencode[\\/]models\.json$/ }, ({ path }) => {
        const catalogue = JSON.parse(readFileSync(path, "utf8"));
        writeFileSync(proposed, JSON.stringify(catalogue));
        const read = `JSON.parse(require("node:fs").readFileSync(\`\${__dirname}/${basename(proposed)}\`, "utf8"))`;
        return { contents: whenAsked(catalogue, read), loader: "js" };
      });
      build.onLoad({ filter: /[\\/]opencode[\\/]more-models\.ts$/ }, () => {
        const folder = join(root, "src/catalog/opencode/models");
        const parts = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")));
        writeFileSync(file, brotliCompressSync(JSON.stringify(Object.assign({}, ...parts))));
        const contents = [
          'import { readFileSync } from "node:fs";',
          'import { brotliDecompressSync } from "node:zlib";',
          `export const more = JSON.parse(brotliDecompressSync(readFileSync(\`\${__dirname}/${basename(file)}\`)).toString());`,
        ];
        return { contents: contents.join("\n"), loader: "js" };
      });
    },
  };
}

/** The signs that execa's own log has (`NODE_DEBUG=execa`), out of a table of several kilobytes. */
const signsOfExeca = {
  name: "signs",
  setup(/** @type {import("esbuild").PluginBuild} */ build) {
    const contents = 'export default { tick: "√", warning: "‼", cross: "×" };';
    build.onLoad({ filter: /[\\/]node_modules[\\/]figures[\\/]index\.js$/ }, () => ({ contents, loader: "js" }));
  },
};

/**
 * execa takes from the package human-signals what each signal means in English, for a message that this program does not show. The names are enough:
 * the package's texts, and a license that is longer than they are, would be 17 kB of what is published.
 * @type {import("esbuild").Plugin}
 */
const bareSignals = {
  name: "bare-signals",
  setup(build) {
    build.onResolve({ filter: /^human-signals$/ }, ({ path }) => ({ path, namespace: "bare-signals" }));
    build.onLoad({ filter: /.*/, namespace: "bare-signals" }, () => ({
      contents: [
        'import { constants } from "node:os";',
        "const names = Object.keys(constants.signals);",
        "export const signalsByName = Object.fromEntries(names.map((name) => [name, { description: name }]));",
      ].join("\n"),
      loader: "js",
    }));
  },
};

/**
 * esbuild's settings for all code of this project that runs in Node. jsonc-parser's `main` is a UMD file that does not bundle, hence `mainFields`.
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
    // yaml's entry for Node is CommonJS, which esbuild can neither split nor tree-shake.
    alias: { yaml: join(root, "node_modules/yaml/browser/index.js") },
    plugins: [
      templatesForEsbuild(join(root, "templates")),
      doctorForEsbuild(root),
      specSchemaForEsbuild(root),
      catalogueAsText,
      signsOfExeca,
      bareSignals,
    ],
    banner: { js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);' },
    logLevel: "warning",
  };
}

/** verify also runs this in a container, so it is a single file. */
const standalone = "src/gateway/mock/serve.ts";

/**
 * Modules that not every run needs, by the file of the package that contains them. Node reads that file at the first call of one of their functions, so
 * they may export functions only. A run into an empty folder calls none of them. existing.js is for repositories with files or a lock; seldom.js is for
 * rare cases: a conflicting edit, an error, an interrupted run.
 */
export const calledLate = {
  existing: [
    "src/edit/jsonc.ts",
    "src/edit/resolution.ts",
    "src/edit/splice.ts",
    "src/lock/migrate.ts",
    "src/opencode/variables.ts",
    "src/plan/findings/bypass.ts",
    "src/plan/findings/compose.ts",
    "src/plan/findings/devcontainer.ts",
    "src/plan/findings/folder.ts",
    "src/plan/findings/mounts.ts",
    "src/plan/findings/nodes.ts",
    "src/plan/findings/other.ts",
    "src/plan/findings/variables.ts",
    "src/plan/moved-pins.ts",
    "src/plan/pieces/moves.ts",
    "src/plan/pieces/undo.ts",
    "src/plan/pieces/values.ts",
    "src/prepare/answers.ts",
    "src/registry/configuration.ts",
    "src/registry/default.ts",
    "src/repo/encoding.ts",
    "src/repo/environment.ts",
    "src/repo/project.ts",
    "src/repo/spawn.ts",
    "src/repo/workspaces.ts",
  ],
  seldom: [
    "src/cli/commands/fleet.ts",
    "src/edit/block.ts",
    "src/edit/merge3.ts",
    "src/edit/pinned-lines.ts",
    "src/edit/stages.ts",
    "src/opencode/ways-out.ts",
    "src/plan/check.ts",
    "src/plan/faults/devcontainer.ts",
    "src/plan/faults/dockerfile.ts",
    "src/plan/faults/fault.ts",
    "src/plan/faults/faults.ts",
    "src/plan/findings/images.ts",
    "src/plan/findings/shell.ts",
    "src/plan/pieces/taken.ts",
    "src/questions/parse-attribution.ts",
    "src/questions/parse-devcontainer.ts",
    "src/registry/npm.ts",
    "src/render/pins.ts",
    "src/repo/recovery.ts",
    "src/report/json.ts",
  ],
};

/**
 * Builds the published program: CommonJS, because Node starts it a third faster than modules, with a file for each dynamic import, so that it is
 * read only when it is needed, and the files of `calledLate`. Other files import the modules of main.js and existing.js instead of containing copies.
 * esbuild's own splitting would make eighteen files for every run, and opening them costs more than they save.
 * @param {string} root
 */
export async function buildPackage(root) {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const dist = join(root, "dist");
  rmSync(dist, { recursive: true, force: true });
  const define = { PACKAGE_VERSION: JSON.stringify(version) };

  const { formatHelp } = await bundleAndImport(root, { define, entryPoints: ["src/cli/help.ts"] });
  const help = formatHelp(version);

  const settings = nodeSettings(root);
  /** @type {Map<string, string>} */
  const files = new Map();
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
      // This turns literals with the flag u into calls. V8 expands each \p{…} when it compiles a literal, even if the function never runs.
      supported: { "dynamic-import": false, "regexp-sticky-and-unicode-flags": false },
      plugins: [
        ...plugins,
        filesForImports(files),
        doctorAsFiles(root, dist),
        specSchemaAsFile(root, join(dist, "spec.schema.json")),
        templatesAsFile(join(root, "templates"), join(dist, "templates.json")),
        // The file that runs in a container has no other files beside it.
        ...(name === parse(standalone).name
          ? []
          : [modelsAsFiles(root, join(dist, "models.json"), join(dist, "more-models.json.br"))]),
        ...(settings.plugins ?? []),
      ],
      // CommonJS has no import.meta; src/repo/installed.ts uses the file name there.
      define: { ...define, HELP: JSON.stringify(help), "import.meta.url": '""' },
      banner: name === "bin" ? { js: "#!/usr/bin/env node" } : {},
      outfile: join(dist, `${name}.js`),
      minify: true,
      legalComments: "none",
      metafile: true,
      ...entry,
    });
    const read = Object.keys(metafile?.inputs ?? {});
    for (const input of read) inputs.add(input);
    // A name with a colon in front is a generated module, not a file.
    return read.filter((input) => !/^[a-z-]{2,}:/.test(input)).map((input) => join(root, input));
  };
  const held = new Held((paths) => namesOf(root, define, paths));
  const late = Object.entries(calledLate).map(([name, paths]) => ({ name, paths: paths.map((path) => join(root, path)) }));
  const later = late.flatMap(({ paths }) => paths);
  for (const { name, paths } of late) await held.add(name, paths);
  for (const path of later) refuseOther(path, held.namesOf(path));
  /** The plugins by which a file uses modules of others: those that are called late, and those that are loaded already. @param {string} [own] */
  const others = (own) => [calledLater(later, held, own), takenFrom(held, own)];
  const entryOf = (/** @type {string[]} */ exports) => ({ stdin: { contents: exports.join("\n"), resolveDir: root } });

  await bundle("bin", [], { entryPoints: ["src/bin.ts"] });
  const main = files.get("main") ?? "";
  await held.add("main", await bundle("main", [calledLater(later, held)], { entryPoints: [main], write: false }));
  for (const { name, paths } of late)
    await held.add(name, await bundle(name, others(name), { ...entryOf(held.exportsOf(paths)), write: false }));
  const isAlone = (/** @type {string} */ entry) => entry === join(root, standalone);
  /** @type {Map<string, string[]>} */
  const users = new Map();
  // The loop also visits entries that are added during it.
  for (const [name, entry] of files) {
    if (entry === main || isAlone(entry)) continue;
    for (const path of await bundle(name, others(), { entryPoints: [entry], write: false }))
      users.set(path, [...(users.get(path) ?? []), name]);
  }
  const entries = new Set(files.values());
  const groups = new Set();
  for (const [path, names] of users) {
    if (names.length < 2 || entries.has(path) || !path.endsWith(".ts")) continue;
    const group = names.sort().join("-and-");
    groups.add(group);
    await held.add(group, [path]);
  }
  for (const [name, entry] of files)
    if (entry !== main) await bundle(name, isAlone(entry) ? [] : others(), { entryPoints: [entry] });
  for (const group of groups) await bundle(group, others(group), entryOf(held.exportsOf(held.heldBy(group))));
  for (const { name } of late) await bundle(name, others(name), entryOf(held.exportsOf(held.sharedBy(name))));
  const own = `export * from ${JSON.stringify(main)};`;
  await bundle("main", [calledLater(later, held)], entryOf([own, ...held.exportsOf(held.sharedBy("main"))]));

  chmodSync(join(dist, "bin.js"), 0o755);
  writeFileSync(join(dist, "package.json"), '{ "type": "commonjs" }\n');
  writeFileSync(join(dist, "LICENSES.txt"), collectLicences(root, [...inputs]));
}

/**
 * Bundles modules of this project and imports the result in the build.
 * @param {string} root
 * @param {import("esbuild").BuildOptions} entry
 */
async function bundleAndImport(root, entry) {
  const file = join(root, "dist", "build.tmp.mjs");
  await build({ ...nodeSettings(root), ...entry, outfile: file });
  try {
    return await import(`${pathToFileURL(file).href}?${Math.random()}`);
  } finally {
    rmSync(file);
  }
}

/**
 * The export names of these modules by path, each with whether it is a function.
 * @param {string} root
 * @param {Record<string, string>} define
 * @param {readonly string[]} paths
 * @returns {Promise<ReadonlyMap<string, ReadonlyMap<string, boolean>>>}
 */
async function namesOf(root, define, paths) {
  const contents = paths.map((path, index) => `export * as module${index} from ${JSON.stringify(path)};`).join("\n");
  const modules = await bundleAndImport(root, { define, stdin: { contents, resolveDir: root } });
  return new Map(
    paths.map((path, index) => {
      const isFunction = (/** @type {unknown} */ value) => typeof value === "function" && !/^class\b/.test(String(value));
      const exports = Object.entries(modules[`module${index}`]);
      return [path, new Map(exports.map(([name, value]) => [name, isFunction(value)]))];
    }),
  );
}

/**
 * Throws if a module exports anything but functions: other values cannot be loaded at the first call.
 * @param {string} path
 * @param {ReadonlyMap<string, boolean>} names
 */
function refuseOther(path, names) {
  const other = [...names].find(([, isFunction]) => !isFunction);
  if (other !== undefined) throw new Error(`${path} exports ${other[0]}, which is no function, so it cannot be loaded later`);
}

/** Which file contains a module, and the number under which the file exports it for other files. */
class Held {
  /** @type {Map<string, string>} */
  #files = new Map();
  /** @type {Map<string, number>} */
  #numbers = new Map();
  /** @type {Map<string, ReadonlyMap<string, boolean>>} */
  #names = new Map();
  #findNames;

  /** @param {(paths: readonly string[]) => Promise<ReadonlyMap<string, ReadonlyMap<string, boolean>>>} findNames */
  constructor(findNames) {
    this.#findNames = findNames;
  }

  /**
   * Assigns the modules that are in no file yet to this file.
   * @param {string} file
   * @param {readonly string[]} paths
   */
  async add(file, paths) {
    const added = paths.filter((path) => path.endsWith(".ts") && !this.#files.has(path));
    for (const path of added) this.#files.set(path, file);
    for (const [path, names] of await this.#findNames(added)) this.#names.set(path, names);
  }

  /** @param {string} path */
  namesOf(path) {
    return this.#names.get(path) ?? new Map();
  }

  /** @param {string} path */
  fileOf(path) {
    return this.#files.get(path);
  }

  /** @param {string} path */
  numberOf(path) {
    const number = this.#numbers.get(path) ?? this.#numbers.size;
    this.#numbers.set(path, number);
    return number;
  }

  /**
   * The expression that gives a module's exports in another file.
   * @param {string} path
   */
  expressionFor(path) {
    const file = JSON.stringify(`./${this.#files.get(path)}.js`);
    return `require(${file}).shared${this.numberOf(path)}()`;
  }

  /** @param {string} file */
  heldBy(file) {
    return [...this.#files].flatMap(([path, holder]) => (holder === file ? [path] : []));
  }

  /** @param {string} file */
  sharedBy(file) {
    return [...this.#numbers.keys()].filter((path) => this.#files.get(path) === file);
  }

  /**
   * Code that creates the exports when they are first needed. esbuild itself would create a getter for each name of each module at the start.
   * @param {readonly string[]} paths
   */
  exportsOf(paths) {
    return paths.map((path) => {
      const number = this.numberOf(path);
      const values = [...this.namesOf(path).keys()].map((name) => `${name}: own${number}.${name}`);
      return [
        `import * as own${number} from ${JSON.stringify(path)};`,
        `var made${number};`,
        `export function shared${number}() { return (made${number} ??= { ${values.join(", ")} }); }`,
      ].join("\n");
    });
  }
}

/** The module with the doctor's text, which is a separate file already. */
const inPlace = "doctor-text";

/**
 * Makes each dynamic import a separate file, recorded in `files` by name.
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
        // Opening another file would cost more than it saves.
        if (name === inPlace) return undefined;
        if ((files.get(name) ?? resolved.path) !== resolved.path) throw new Error(`two dynamic imports would both be ${name}.js`);
        files.set(name, resolved.path);
        return { path: `./${name}.js`, external: true };
      });
    },
  };
}

/**
 * Imports modules from the files that contain them.
 * @param {Held} held
 * @param {string} [own] The file that is being built, which imports nothing from itself.
 * @returns {import("esbuild").Plugin}
 */
function takenFrom(held, own) {
  return {
    name: "taken",
    setup(build) {
      build.onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ kind, path, resolveDir }) => {
        const resolved = join(resolveDir, path);
        const file = held.fileOf(resolved);
        return kind !== "import-statement" || file === undefined || file === own
          ? undefined
          : { path: resolved, namespace: "taken" };
      });
      build.onLoad({ filter: /.*/, namespace: "taken" }, ({ path }) => ({
        contents: [
          `const shared = ${held.expressionFor(path)};`,
          ...[...held.namesOf(path).keys()].map((name) => `export const ${name} = shared.${name};`),
        ].join("\n"),
        loader: "js",
      }));
      leaveRequire(build, "taken");
    },
  };
}

/**
 * Replaces modules by functions of the same names, which call those in the file that contains the module.
 * @param {readonly string[]} later
 * @param {Held} held
 * @param {string} [own] The file that is being built, which contains its own modules.
 * @returns {import("esbuild").Plugin}
 */
function calledLater(later, held, own) {
  return {
    name: "later",
    setup(build) {
      build.onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ kind, path, resolveDir }) => {
        const resolved = join(resolveDir, path);
        // A dynamic import of such a module makes no separate file, either.
        if (!later.includes(resolved) || !["import-statement", "dynamic-import"].includes(kind)) return undefined;
        return held.fileOf(resolved) === own ? { path: resolved } : { path: resolved, namespace: "later" };
      });
      build.onLoad({ filter: /.*/, namespace: "later" }, ({ path }) => ({
        contents: [
          "let real;",
          `const own = () => (real ??= ${held.expressionFor(path)});`,
          ...[...held.namesOf(path).keys()].map(
            (name) => `export function ${name}(...values) { return own().${name}(...values); }`,
          ),
        ].join("\n"),
        loader: "js",
      }));
      leaveRequire(build, "later");
    },
  };
}

/**
 * Keeps a generated module's require of another file of the package.
 * @param {import("esbuild").PluginBuild} build
 * @param {string} namespace
 */
function leaveRequire(build, namespace) {
  build.onResolve({ filter: /^\.\/[\w-]+\.js$/, namespace }, ({ path }) => ({ path, external: true }));
}

/**
 * This project's licence and those of bundled packages, which must be shipped with them; a text that most of them share is included once. The licence
 * of models.dev is that of its repository: its data, in OpenCode's binary, is the source of the model catalogue. Throws if a package has no licence text.
 * @param {string} root
 * @param {readonly string[]} inputs Bundled files, relative to the root.
 */
export function collectLicences(root, inputs) {
  const own = `create-aperture-env (MIT)\n\n${readFileSync(join(root, "LICENSE"), "utf8").replace(/^MIT License\s+/, "")}`;
  const [copyright = "", permission = ""] = own.split(/\n\n(?=Permission)/);
  const data = `models.dev, the model catalogue (MIT)\n\nCopyright (c) 2025 spin.dev\n\n${asAbove}\n`;
  // With a linked node_modules folder the paths are outside of the root.
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
  return [`${copyright}\n\n${permission}`, data, ...bundled].join(`\n${"-".repeat(8)}\n\n`);
}

const asAbove = "Permission is granted, and warranty disclaimed, in the same words as above.";

/**
 * Replaces the permission's text at the end of a licence by a reference.
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
