// @ts-check
/** Builds `dist/` with esbuild: everything bundled, templates precompiled, the help text rendered in advance. */
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, parse } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { doctorForEsbuild } from "./doctor.mjs";
import { templatesForEsbuild } from "./templates.mjs";

/** The model catalogue as one text that is parsed when loaded: faster than the same as a literal (v8.dev/blog/cost-of-javascript-2019, JSON). */
const catalogueAsText = {
  name: "catalogue",
  setup(/** @type {import("esbuild").PluginBuild} */ build) {
    build.onLoad({ filter: /[\\/]opencode[\\/]models\.json$/ }, ({ path }) => ({
      contents: `export default JSON.parse(${JSON.stringify(JSON.stringify(JSON.parse(readFileSync(path, "utf8"))))});`,
      loader: "js",
    }));
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
    plugins: [templatesForEsbuild(join(root, "templates")), doctorForEsbuild(root), catalogueAsText],
    banner: { js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);' },
    logLevel: "warning",
  };
}

/**
 * Builds the published program: CommonJS, because Node starts it a third faster than modules, with a bundle for each dynamic import, which is
 * then read only where it is needed.
 * @param {string} root
 */
export async function buildPackage(root) {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const dist = join(root, "dist");
  rmSync(dist, { recursive: true, force: true });
  const define = { PACKAGE_VERSION: JSON.stringify(version) };

  const helpFile = join(dist, "help.tmp.mjs");
  await build({ ...nodeSettings(root), define, entryPoints: ["src/cli/help.ts"], outfile: helpFile });
  const { formatHelp } = await import(pathToFileURL(helpFile).href);
  const help = formatHelp(version);
  rmSync(helpFile);

  /** @type {Map<string, string>} */
  const bundles = new Map([["bin", join(root, "src/bin.ts")]]);
  const inputs = new Set();
  // A map gives what is added while it is walked.
  for (const [name, entry] of bundles) {
    const settings = nodeSettings(root);
    const { metafile } = await build({
      ...settings,
      format: "cjs",
      supported: { "dynamic-import": false },
      plugins: [bundlesForImports(bundles), ...(settings.plugins ?? [])],
      // CommonJS has none; what asks for it there has a file name (src/repo/installed.ts).
      define: { ...define, HELP: JSON.stringify(help), "import.meta.url": '""' },
      banner: name === "bin" ? { js: "#!/usr/bin/env node" } : {},
      entryPoints: [entry],
      outfile: join(dist, `${name}.js`),
      minify: true,
      legalComments: "none",
      metafile: true,
    });
    for (const input of Object.keys(metafile.inputs)) inputs.add(input);
  }
  chmodSync(join(dist, "bin.js"), 0o755);
  writeFileSync(join(dist, "package.json"), '{ "type": "commonjs" }\n');
  writeFileSync(join(dist, "LICENSES.txt"), collectLicences(root, [...inputs]));
}

/**
 * Makes each dynamic import of a file or package a bundle of its own, noted in `bundles` by name.
 * @param {Map<string, string>} bundles
 * @returns {import("esbuild").Plugin}
 */
function bundlesForImports(bundles) {
  return {
    name: "bundles",
    setup(build) {
      build.onResolve({ filter: /^[^:]+$/ }, async ({ kind, path, resolveDir, importer }) => {
        if (kind !== "dynamic-import") return undefined;
        const resolved = await build.resolve(path, { kind: "import-statement", resolveDir, importer });
        const name = parse(path).name;
        if ((bundles.get(name) ?? resolved.path) !== resolved.path)
          throw new Error(`two dynamic imports would both be ${name}.js`);
        bundles.set(name, resolved.path);
        return { path: `./${name}.js`, external: true };
      });
    },
  };
}

/** @param {string} holder */
const mit = (holder) => `MIT License

Copyright (c) ${holder}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"),
to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense,
and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS
IN THE SOFTWARE.
`;

/**
 * Our licence and those of what is bundled, which have to be shipped with it. models.dev's is that of its repository, whose data OpenCode's
 * binary carries and the model catalogue is reduced from.
 * @param {string} root
 * @param {readonly string[]} inputs
 */
function collectLicences(root, inputs) {
  const names = inputs
    .map((input) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1])
    .filter((name) => name !== undefined);
  const own = `create-aperture-env (MIT)\n\n${mit("2026 the authors of create-aperture-env")}`;
  const data = `models.dev, the model catalogue (MIT)\n\n${mit("2025 spin.dev")}`;
  const bundled = [...new Set(names)].sort().map((name) => {
    const folder = join(root, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const text = ["LICENSE", "LICENSE.md", "license", "LICENSE.txt", "License"]
      .map((file) => readOr(join(folder, file)))
      .find((found) => found !== null);
    return `${name} ${version} (${license})\n\n${(text ?? "See its package.").trim()}\n`;
  });
  return [own, data, ...bundled].join(`\n${"-".repeat(80)}\n\n`);
}

/** @param {string} file */
function readOr(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
