// @ts-check
/**
 * Bundles the doctor (src/doctor) into one readable file, for the builder (esbuild) and the test runner (Vite): the module `virtual:doctor` has its text.
 * It is not a part of the program's own code, which Node reads at every start. There are three: the whole doctor, and two for images that start no node
 * of a tailnet. The module also has the sha256 of the whole one, which an image's build checks when it fetches the doctor from the published package.
 */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { fill } from "./fill.mjs";

/** The whole doctor's name in the package, below `dist`; the file there has the suffix `.gz`. */
const packagedDoctor = "aperture-doctor.mjs";

/** What it is, for people; then linters of a repository are told to leave it out, because its source is linted here. */
const banner = `// aperture-doctor. Made from src/doctor of create-aperture-env, not minified: it is meant to be read. OpenCode's own runtime runs it.
/* eslint-disable */
// biome-ignore-all lint: its source is linted`;

/**
 * The modules that replace others in each doctor: none in `whole`; `given` only judges a daemon that another program has started, for the connection
 * `network`; `network` is for `auto` without a daemon to start.
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
    // Characters beyond Latin-1 would double the text's memory and the time of each use.
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
  return [...texts, ["wholeSum", sumOf(texts)]]
    .map(([name, text]) => `export const ${name} = ${JSON.stringify(text)};`)
    .join("\n");
}

/** @param {readonly (readonly [string, string])[]} texts The first one is the whole doctor. */
function sumOf([whole]) {
  return createHash("sha256")
    .update(whole?.[1] ?? "")
    .digest("hex");
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
 * A text as a list of ranges (begin and end) that it shares with another text, and of its own parts. A replaced module changes the order of modules, so
 * a shared range can be anywhere.
 * @param {string} whole
 * @param {string} text
 * @returns {(string | [begin: number, end: number])[]}
 */
export function partsOf(whole, text) {
  const lines = linesOf(whole);
  const own = linesOf(text);
  /** @type {Map<string, number[]>} */
  const places = new Map();
  for (const [index, line] of lines.entries()) places.set(line, [...(places.get(line) ?? []), index]);
  /** @type {number[]} */
  const begins = [];
  for (let index = 0, begin = 0; index <= lines.length; begin += lines[index++]?.length ?? 0) begins.push(begin);
  /** @type {(string | [number, number])[]} */
  const parts = [];
  for (let at = 0; at < own.length;) {
    let [begin, end, next] = [0, 0, at + 1];
    for (const place of places.get(own[at] ?? "") ?? []) {
      let count = 1;
      while (own[at + count] !== undefined && own[at + count] === lines[place + count]) count++;
      const [from = 0, to = 0] = [begins[place], begins[place + count]];
      if (to - from > end - begin) [begin, end, next] = [from, to, at + count];
    }
    const last = parts.at(-1);
    // A range takes as many characters as a short line.
    if (end - begin > 20) parts.push([begin, end]);
    else {
      const line = own.slice(at, next).join("");
      if (typeof last === "string") parts[parts.length - 1] = last + line;
      else parts.push(line);
    }
    at = next;
  }
  return parts;
}

/** @param {string} text */
function linesOf(text) {
  return text.split(/(?<=\n)/);
}

/**
 * For the published program: the texts are separate files. The whole one is compressed by gzip, so that a shell can decompress it in the builds of images
 * that fetch it. The others share nearly everything with it; the second file has the rest, and is read when one of them is needed.
 * @param {string} root
 * @param {string} folder The folder for the files.
 * @returns {import("esbuild").Plugin}
 */
export function doctorAsFiles(root, folder) {
  return {
    name: "doctor",
    setup(build) {
      build.onResolve({ filter: /^virtual:doctor$/ }, () => ({ path: id, namespace: "doctor-file" }));
      build.onLoad({ filter: /.*/, namespace: "doctor-file" }, async () => {
        const texts = await bundleDoctors(root);
        const [[, whole] = ["", ""], ...others] = texts;
        if (texts.some(([, text]) => /[\u0080-\uffff]/.test(text))) throw new Error("the doctor has letters beyond ASCII");
        writeFileSync(join(folder, `${packagedDoctor}.gz`), gzipSync(whole, { level: 9 }));
        const parts = Object.fromEntries(others.map(([name, text]) => [name, partsOf(whole, text)]));
        writeFileSync(join(folder, "doctor-parts.json.br"), brotliCompressSync(JSON.stringify(parts)));
        const contents = [
          'const { readFileSync } = require("node:fs");',
          // Only when a text is needed.
          'const zlib = () => require("node:zlib");',
          "const read = (name) => readFileSync(`${__dirname}/${name}`);",
          // Decompressed in one piece, and decoded without a search for characters beyond ASCII.
          `const options = { chunkSize: ${whole.length + 1} };`,
          "let whole, parts;",
          `const all = () => (whole ??= zlib().gunzipSync(read("${packagedDoctor}.gz"), options).toString("latin1"));`,
          'const partsOf = (name) => (parts ??= JSON.parse(zlib().brotliDecompressSync(read("doctor-parts.json.br")).toString()))[name];',
          'const join = (name) => partsOf(name).map((part) => (typeof part === "string" ? part : all().slice(...part))).join("");',
          // The same string for all repositories of a run, so that comparing it takes no time.
          "const made = {};",
          `exports.wholeSum = "${sumOf(texts)}";`,
          'Object.defineProperty(exports, "whole", { get: all });',
          ...others.map(
            ([name]) => `Object.defineProperty(exports, "${name}", { get: () => (made.${name} ??= join("${name}")) });`,
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
