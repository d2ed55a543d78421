// @ts-check
/**
 * Bundles the doctor (src/doctor) to the one readable file that lies in the Feature folder, for the builder (esbuild) and the test runner (Vite):
 * the module `virtual:doctor` holds its text. It is no part of the program's own code, which Node reads at every start. There are two: the whole one,
 * and that of an image that is no node of a tailnet, in which `no-node.ts` takes the place of each `node.ts`.
 */
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "esbuild";
import { fill } from "./fill.mjs";

const banner = `// aperture-doctor. Made from src/doctor of create-aperture-env, not minified: it is meant to be read. OpenCode's own runtime runs it.`;

/**
 * @param {string} root
 * @param {boolean} hasNode
 * @returns {Promise<string>}
 */
async function bundleDoctor(root, hasNode) {
  const { outputFiles } = await build({
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
    plugins: hasNode ? [] : [withoutNode],
    logLevel: "warning",
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error("esbuild made no doctor");
  return fill(file.text);
}

/** @type {import("esbuild").Plugin} */
const withoutNode = {
  name: "without-node",
  setup(build) {
    build.onResolve({ filter: /^\.\/node\.ts$/ }, ({ resolveDir }) => ({ path: join(resolveDir, "no-node.ts") }));
  },
};

/**
 * The whole doctor, and that of an image that is no node.
 * @param {string} root
 * @returns {Promise<readonly [string, string]>}
 */
function bundleDoctors(root) {
  return Promise.all([bundleDoctor(root, true), bundleDoctor(root, false)]);
}

const id = "virtual:doctor";

/** @param {string} root */
async function moduleText(root) {
  const [text, networkText] = await bundleDoctors(root);
  return `export const text = ${JSON.stringify(text)}, networkText = ${JSON.stringify(networkText)};`;
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
      build.onLoad({ filter: /.*/, namespace: "doctor" }, async () => ({ contents: await moduleText(root), loader: "js" }));
    },
  };
}

/**
 * For the published program: the texts are a file beside those of the program, compressed, for they would be a third of the package. Node would read a
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
      build.onLoad({ filter: /.*/, namespace: "doctor-file" }, async () => {
        const [whole, network] = await bundleDoctors(root);
        // One after the other: of the second one, nearly all stands in the first.
        const text = whole + network;
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
          `const both = brotliDecompressSync(readFileSync(\`\${__dirname}/${basename(file)}\`), options).toString("latin1");`,
          `exports.text = both.slice(0, ${whole.length});`,
          `exports.networkText = both.slice(${whole.length});`,
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
