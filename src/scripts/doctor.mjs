// @ts-check
/**
 * Bundles the doctor (src/doctor) to the one readable file that lies in the Feature folder, for the builder (esbuild) and the test runner (Vite):
 * the module `virtual:doctor` holds its text. It is no part of the program's own code, which Node reads at every start.
 */
import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { buildSync } from "esbuild";

const banner = `// aperture-doctor. Made from src/doctor of create-aperture-env, not minified: it is meant to be read. OpenCode's own runtime runs it.
// Holds parts of jsonc-parser (MIT licence, Copyright (c) Microsoft Corporation).`;

/**
 * @param {string} root
 * @returns {string}
 */
export function bundleDoctor(root) {
  const { outputFiles } = buildSync({
    absWorkingDir: root,
    entryPoints: ["src/doctor/main.ts"],
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "node20.19",
    mainFields: ["module", "main"],
    // Letters beyond Latin-1 would make the whole text take twice the memory, and each use of it twice the time.
    charset: "ascii",
    legalComments: "inline",
    banner: { js: banner },
    logLevel: "warning",
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error("esbuild made no doctor");
  return file.text;
}

const id = "virtual:doctor";

/** @param {string} root */
function moduleText(root) {
  return `export const text = ${JSON.stringify(bundleDoctor(root))};`;
}

/**
 * For esbuild.
 * @param {string} root
 * @returns {import("esbuild").Plugin}
 */
export function doctorForEsbuild(root) {
  return {
    name: "doctor",
    setup(build) {
      build.onResolve({ filter: /^virtual:doctor$/ }, () => ({ path: id, namespace: "doctor" }));
      build.onLoad({ filter: /.*/, namespace: "doctor" }, () => ({ contents: moduleText(root), loader: "js" }));
    },
  };
}

/**
 * For the published program: the text is a file beside those of the program, compressed, for it would be a sixth of the package. Node would read a
 * module of that size more slowly than it takes this apart.
 * @param {string} root
 * @param {string} file Where it is written.
 * @returns {import("esbuild").Plugin}
 */
export function doctorAsFile(root, file) {
  return {
    name: "doctor",
    setup(build) {
      build.onResolve({ filter: /^virtual:doctor$/ }, () => ({ path: id, namespace: "doctor-file" }));
      build.onLoad({ filter: /.*/, namespace: "doctor-file" }, () => {
        const text = bundleDoctor(root);
        if (/[\u0080-\uffff]/.test(text)) throw new Error("the doctor has letters beyond ASCII");
        const params = {
          [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
          [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
        };
        writeFileSync(file, brotliCompressSync(text, { params }));
        const contents = [
          'const { readFileSync } = require("node:fs");',
          'const { brotliDecompressSync } = require("node:zlib");',
          // Taken apart in one piece, and turned into a text without looking for letters beyond ASCII.
          `const options = { chunkSize: ${text.length + 1} };`,
          `exports.text = brotliDecompressSync(readFileSync(\`\${__dirname}/${basename(file)}\`), options).toString("latin1");`,
        ];
        return { contents: contents.join("\n"), loader: "js" };
      });
    },
  };
}

/**
 * For Vite and Vitest.
 * @param {string} root
 */
export function doctorForVite(root) {
  return {
    name: "doctor",
    resolveId: (/** @type {string} */ source) => (source === id ? `\0${id}` : undefined),
    load: (/** @type {string} */ resolved) => (resolved === `\0${id}` ? moduleText(root) : undefined),
  };
}
