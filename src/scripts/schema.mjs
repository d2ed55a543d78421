// @ts-check
/**
 * Generates the JSON schema of the spec from the table of questions (src/questions/schema.ts), for the builder (esbuild) and the test runner (Vite):
 * the module `virtual:spec-schema` has its text. It is the same in every repository, so it is generated when the package is built.
 */
import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { build } from "esbuild";

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
  return `${print(buildSpecSchema(), "")}\n`;
}

/** A property's description is one or two sentences, on the property's line. */
const width = 280;

/**
 * One line for each property without properties of its own, of any length, so that a reviewer can read it as a list.
 * @param {unknown} value
 * @param {string} indent
 * @param {boolean} isList Whether its keys are names, not keywords.
 * @returns {string}
 */
function print(value, indent, isList = false) {
  const line = printLine(value);
  const isShort = isList ? line.length <= width / 2 : line.length <= width || depthOf(value) < 3;
  if (typeof value !== "object" || value === null || isShort) return line;
  const inner = `${indent}  `;
  if (Array.isArray(value)) return `[\n${value.map((each) => inner + print(each, inner)).join(",\n")}\n${indent}]`;
  /** @type {string[]} */
  const lines = [];
  let isPlain = false;
  for (const [key, each] of Object.entries(value)) {
    const text = `${JSON.stringify(key)}: ${print(each, inner, !isList && /^(?:properties|definitions)$/.test(key))}`;
    const wasPlain = isPlain;
    isPlain = !isList && depthOf(each) < 2;
    // Keywords of the whole object share a line.
    if (isPlain && wasPlain) lines.push(`${lines.pop()}, ${text}`);
    else lines.push(text);
  }
  return `{\n${lines.map((each) => inner + each).join(",\n")}\n${indent}}`;
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function printLine(value) {
  if (Array.isArray(value)) return `[${value.map(printLine).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, each]) => `${JSON.stringify(key)}: ${printLine(each)}`)
    .join(", ")} }`;
}

/**
 * The depth of nested objects and lists.
 * @param {unknown} value
 * @returns {number}
 */
function depthOf(value) {
  return typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
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
 * For the published program: a separate file, which is read when the text is first needed. Node would read a part of the program at every start.
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
        writeFileSync(file, await makeSpecSchema(root));
        const contents = [
          'const { readFileSync } = require("node:fs");',
          "let text;",
          `const read = () => readFileSync(\`\${__dirname}/${basename(file)}\`, "utf8");`,
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
