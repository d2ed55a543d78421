// @ts-check
/**
 * Bundles the doctor (src/doctor) to the one readable file that lies in the Feature folder, for the builder (esbuild) and the test runner (Vite):
 * the module `virtual:doctor` holds its text. It is no part of the program's own code, which Node reads at every start. There are
 * three: the whole one, and those of images that start no node of a tailnet.
 */
import { writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "esbuild";
import { fill } from "./fill.mjs";

const banner = `// aperture-doctor. Made from src/doctor of create-aperture-env, not minified: it is meant to be read. OpenCode's own runtime runs it.`;

/**
 * Which module takes the place of another one: nowhere, where the network is taken as it is (`given`: a daemon may be somebody else's), and where `auto`
 * has no daemon to start (`network`).
 * @type {Record<"whole" | "given" | "network", Record<string, string>>}
 */
const places = {
  whole: {},
  given: { "src/doctor/node.ts": "src/doctor/given-node.ts", "src/connect/main.ts": "src/connect/no-main.ts" },
  network: { "src/doctor/node.ts": "src/doctor/no-node.ts", "src/connect/node.ts": "src/connect/no-node.ts" },
};

/**
 * @param {string} root
 * @param {Record<string, string>} instead
 * @returns {Promise<string>}
 */
async function bundleDoctor(root, instead) {
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
    plugins: [inPlace(root, instead)],
    logLevel: "warning",
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error("esbuild made no doctor");
  return fill(file.text);
}

/**
 * @param {string} root
 * @param {Record<string, string>} instead
 * @returns {import("esbuild").Plugin}
 */
function inPlace(root, instead) {
  return {
    name: "in-place",
    setup(build) {
      build.onResolve({ filter: /\/(?:node|main)\.ts$/ }, ({ path, resolveDir }) => {
        const other = instead[relative(root, join(resolveDir, path)).replaceAll("\\", "/")];
        return other === undefined ? undefined : { path: join(root, other) };
      });
    },
  };
}

/**
 * The texts by name.
 * @param {string} root
 * @returns {Promise<readonly (readonly [string, string])[]>}
 */
function bundleDoctors(root) {
  return Promise.all(
    Object.entries(places).map(async ([name, instead]) => /** @type {const} */ ([name, await bundleDoctor(root, instead)])),
  );
}

const id = "virtual:doctor";

/** @param {string} root */
async function moduleText(root) {
  const texts = await bundleDoctors(root);
  return texts.map(([name, text]) => `export const ${name} = ${JSON.stringify(text)};`).join("\n");
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
        const texts = await bundleDoctors(root);
        // One after the other: of the others, nearly all stands in the first.
        const text = texts.map(([, each]) => each).join("");
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
          `const all = brotliDecompressSync(readFileSync(\`\${__dirname}/${basename(file)}\`), options).toString("latin1");`,
          ...texts.map(
            ([name, each]) => `exports.${name} = all.slice(${text.indexOf(each)}, ${text.indexOf(each) + each.length});`,
          ),
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
