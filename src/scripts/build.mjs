// @ts-check
/** Builds `dist/` with esbuild: everything bundled and split by command, templates precompiled, the help text rendered in advance. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { templatesForEsbuild } from "./templates.mjs";

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
    plugins: [templatesForEsbuild(join(root, "templates"))],
    banner: { js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);' },
    logLevel: "warning",
  };
}

/**
 * Builds the published program.
 * @param {string} root
 */
export async function buildPackage(root) {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const dist = join(root, "dist");
  rmSync(dist, { recursive: true, force: true });
  const settings = { ...nodeSettings(root), minify: true, define: { PACKAGE_VERSION: JSON.stringify(version) } };

  const helpFile = join(dist, "help.tmp.mjs");
  await build({ ...settings, entryPoints: ["src/cli/help.ts"], outfile: helpFile });
  const { formatHelp } = await import(pathToFileURL(helpFile).href);
  const help = formatHelp(version);
  rmSync(helpFile);

  const { metafile } = await build({
    ...settings,
    entryPoints: { bin: "src/bin.ts" },
    outdir: dist,
    splitting: true,
    chunkNames: "[name]-[hash]",
    define: { ...settings.define, HELP: JSON.stringify(help) },
    banner: {},
    legalComments: "none",
    metafile: true,
  });
  const bin = join(dist, "bin.js");
  writeFileSync(bin, `#!/usr/bin/env node\n${readFileSync(bin, "utf8")}`, { mode: 0o755 });
  writeFileSync(join(dist, "LICENSES.txt"), collectLicences(root, Object.keys(metafile.inputs)));
}

/**
 * The licences of what is bundled, which have to be shipped with it.
 * @param {string} root
 * @param {readonly string[]} inputs
 */
function collectLicences(root, inputs) {
  const names = inputs
    .map((input) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1])
    .filter((name) => name !== undefined);
  return [...new Set(names)]
    .sort()
    .map((name) => {
      const folder = join(root, "node_modules", name);
      const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      const text = ["LICENSE", "LICENSE.md", "license", "LICENSE.txt", "License"]
        .map((file) => readOr(join(folder, file)))
        .find((found) => found !== null);
      return `${name} ${version} (${license})\n\n${(text ?? "See its package.").trim()}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}

/** @param {string} file */
function readOr(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
