// @ts-check
/**
 * Makes the JSON schema of the spec from the table of questions (src/questions/schema.ts), for the builder (esbuild) and the test runner (Vite):
 * the module `virtual:spec-schema` holds its text. It is the same in every repository, so no run has to make it.
 */
import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";
import format from "json-stringify-pretty-compact";

/**
 * @param {string} root
 * @returns {Promise<string>}
 */
export async function makeSpecSchema(root) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["src/questions/schema.ts"],
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "warning",
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error("esbuild made no schema");
  const { buildSpecSchema } = await import(`data:text/javascript;base64,${Buffer.from(file.contents).toString("base64")}`);
  return `${format(buildSpecSchema(), { maxLength: 130 })}\n`;
}

const id = "virtual:spec-schema";

/** @param {string} root */
async function moduleText(root) {
  return `export const text = ${JSON.stringify(await makeSpecSchema(root))};`;
}

/**
 * For esbuild.
 * @param {string} root
 * @returns {import("esbuild").Plugin}
 */
export function specSchemaForEsbuild(root) {
  return {
    name: "spec-schema",
    setup(build) {
      build.onResolve({ filter: /^virtual:spec-schema$/ }, () => ({ path: id, namespace: "spec-schema" }));
      build.onLoad({ filter: /.*/, namespace: "spec-schema" }, async () => ({ contents: await moduleText(root), loader: "js" }));
    },
  };
}

/**
 * For the published program: a compressed file beside those of the program, which is read when the text is first asked for. As a part of the program
 * Node would read it at every start.
 * @param {string} root
 * @param {string} file Where it is written.
 * @returns {import("esbuild").Plugin}
 */
export function specSchemaAsFile(root, file) {
  return {
    name: "spec-schema",
    setup(build) {
      build.onResolve({ filter: /^virtual:spec-schema$/ }, () => ({ path: id, namespace: "spec-schema-file" }));
      build.onLoad({ filter: /.*/, namespace: "spec-schema-file" }, async () => {
        writeFileSync(file, brotliCompressSync(await makeSpecSchema(root)));
        const contents = [
          'const { readFileSync } = require("node:fs");',
          "let text;",
          "const read = () => {",
          '  const { brotliDecompressSync } = require("node:zlib");',
          `  return brotliDecompressSync(readFileSync(\`\${__dirname}/${basename(file)}\`)).toString();`,
          "};",
          'Object.defineProperty(exports, "text", { enumerable: true, get: () => (text ??= read()) });',
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
export function specSchemaForVite(root) {
  return {
    name: "spec-schema",
    resolveId: (/** @type {string} */ source) => (source === id ? `\0${id}` : undefined),
    load: (/** @type {string} */ resolved) => (resolved === `\0${id}` ? moduleText(root) : undefined),
  };
}
