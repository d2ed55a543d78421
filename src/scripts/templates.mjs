// @ts-check
/**
 * Compiles the Handlebars templates for the builder (esbuild) and the test runner (Vite): the module `virtual:templates` has all of them, so that
 * the product ships neither a compiler nor Handlebars, and a broken template breaks the build.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { brotliCompressSync } from "node:zlib";
import Handlebars from "handlebars";

/** Helpers that templates may call. Values get into a file only through them; `src/render/render.ts` defines them. */
export const helperNames = ["json", "literal", "number", "yaml", "flow", "sh", "docker", "word", "words"];

/**
 * All templates below a folder, as `{ path, source }`: the path is that of the target file, without `.hbs`. CRLF becomes LF.
 * @param {string} folder
 */
export function readTemplates(folder) {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".hbs"))
    .sort()
    .map((name) => ({
      file: join(folder, name),
      path: name.split(sep).join("/").slice(0, -".hbs".length),
      source: readFileSync(join(folder, name), "utf8").replaceAll("\r\n", "\n"),
    }));
}

/**
 * A template as a program of src/render/program.ts. Handlebars parses it, with its rules for lines that contain only a block. Only the parts of the
 * language that src/render/program.ts runs are allowed; others are an error here. Nothing is escaped as HTML.
 * @param {string} source
 * @param {string} file For errors.
 * @returns {unknown[]}
 */
export function compileTemplate(source, file) {
  /** @param {hbs.AST.Node} node @param {string} why @returns {never} */
  const refuse = ({ loc }, why) => {
    throw new Error(`${file}:${loc.start.line}:${loc.start.column + 1}: ${why}`);
  };
  /** @param {hbs.AST.Expression} node */
  const value = (node) => {
    if (node.type === "StringLiteral") return /** @type {hbs.AST.StringLiteral} */ (node).value;
    if (node.type !== "PathExpression") return refuse(node, `${node.type} is no value here`);
    const { data, depth, parts } = /** @type {hbs.AST.PathExpression} */ (node);
    const [first, ...rest] = parts;
    if (!data) return [...Array(depth).fill(".."), ...parts];
    return first === "root" || (first === "last" && depth === 0) ? [`@${first}`, ...rest] : refuse(node, `no @${first} here`);
  };
  /** @param {hbs.AST.Program | undefined} program @returns {unknown[]} */
  const program = (program) => (program?.body ?? []).flatMap(part);
  /** @param {hbs.AST.Statement} node @returns {unknown[]} */
  const part = (node) => {
    switch (node.type) {
      case "CommentStatement":
        return [];
      case "ContentStatement": {
        const { value: text } = /** @type {hbs.AST.ContentStatement} */ (node);
        return text === "" ? [] : [text];
      }
      case "MustacheStatement": {
        const { path, params, hash } = /** @type {hbs.AST.MustacheStatement} */ (node);
        if (hash !== undefined) refuse(node, "helpers take no names");
        if (params.length === 0) return [["raw", value(path)]];
        const { original: name } = /** @type {hbs.AST.PathExpression} */ (path);
        const [given] = params;
        return params.length === 1 && given !== undefined && helperNames.includes(name)
          ? [[name, value(given)]]
          : refuse(node, `no helper ${name} of ${params.length} values`);
      }
      case "BlockStatement": {
        const { path, params, program: then, inverse } = /** @type {hbs.AST.BlockStatement} */ (node);
        const { original: name } = /** @type {hbs.AST.PathExpression} */ (path);
        const [given] = params;
        if (params.length !== 1 || given === undefined || !blocks.includes(name))
          return refuse(node, `no block ${name} of this form`);
        if (name === "each" && inverse !== undefined) return refuse(node, "each has no else here");
        return [[name, value(given), program(then), ...(inverse === undefined ? [] : [program(inverse)])]];
      }
      case "PartialStatement": {
        const { name, params, hash, indent } = /** @type {hbs.AST.PartialStatement} */ (node);
        if (params.length > 0 || indent !== "") refuse(node, "a partial has no context of its own, and is not indented");
        const given = Object.fromEntries((hash?.pairs ?? []).map((pair) => [pair.key, value(pair.value)]));
        return [["partial", /** @type {hbs.AST.PathExpression} */ (name).original, given]];
      }
      default:
        return refuse(node, `${node.type} has no meaning here`);
    }
  };
  return program(Handlebars.parse(source));
}

const blocks = ["if", "unless", "each"];
const ending = ".partial";

/**
 * All templates below a folder as programs: `templates` by the path of the target, `partials` by name.
 * @param {string} folder
 * @param {(path: string) => boolean} [isWanted] Of their paths.
 */
export function compileTemplates(folder, isWanted = () => true) {
  const entries = readTemplates(folder)
    .filter(({ path }) => isWanted(path))
    .map(({ file, path, source }) => ({ path, program: compileTemplate(source, file) }));
  return {
    templates: Object.fromEntries(entries.flatMap(({ path, program }) => (path.endsWith(ending) ? [] : [[path, program]]))),
    partials: Object.fromEntries(
      entries.flatMap(({ path, program }) => (path.endsWith(ending) ? [[basename(path, ending), program]] : [])),
    ),
  };
}

/**
 * A module that contains the programs as literals.
 * @param {string} folder
 */
function moduleText(folder) {
  return `const all = ${JSON.stringify(compileTemplates(folder))};\nexport const programs = () => all;`;
}

const id = "virtual:templates";

/**
 * For esbuild.
 * @param {string} folder
 * @returns {import("esbuild").Plugin}
 */
export function templatesForEsbuild(folder) {
  return {
    name: "templates",
    setup(build) {
      build.onResolve({ filter: /^virtual:templates$/ }, () => ({ path: id, namespace: "templates" }));
      build.onLoad({ filter: /.*/, namespace: "templates" }, () => ({ contents: moduleText(folder), loader: "js" }));
    },
  };
}

/** The folders of files for jobs and clusters, which few environments have. */
const seldom = /^\.(?:github|gitlab|kubernetes)\//;

/**
 * For the published program: two separate files, each read at its first call. Node reads JSON several times faster than a program. What is seldom
 * needed is compressed.
 * @param {string} folder
 * @param {string} file Where what is always needed is written; the other lies beside it.
 * @returns {import("esbuild").Plugin}
 */
export function templatesAsFile(folder, file) {
  return {
    name: "templates",
    setup(build) {
      build.onResolve({ filter: /^virtual:templates$/ }, () => ({ path: id, namespace: "templates-file" }));
      build.onLoad({ filter: /.*/, namespace: "templates-file" }, () => {
        // Characters beyond Latin-1 would double the text's memory and the time to read it.
        const escape = (/** @type {string} */ unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
        const always = compileTemplates(folder, (path) => !seldom.test(path));
        writeFileSync(file, JSON.stringify(always).replaceAll(/[\u0080-\uffff]/g, escape));
        const more = `more-${basename(file)}.br`;
        const others = compileTemplates(folder, (path) => seldom.test(path) || path.endsWith(ending));
        writeFileSync(join(dirname(file), more), brotliCompressSync(JSON.stringify(others)));
        const contents = [
          'import { readFileSync } from "node:fs";',
          "const read = (name) => readFileSync(`${__dirname}/${name}`);",
          "let always, more;",
          `const readMore = () => require("node:zlib").brotliDecompressSync(read("${more}")).toString();`,
          `const readAlways = () => read("${basename(file)}").toString();`,
          `export const programs = (path) => ${seldom}.test(path) ? (more ??= JSON.parse(readMore())) : (always ??= JSON.parse(readAlways()));`,
        ];
        return { contents: contents.join("\n"), loader: "js" };
      });
    },
  };
}

/**
 * For Vite and Vitest.
 * @param {string} folder
 */
export function templatesForVite(folder) {
  return {
    name: "templates",
    resolveId: (/** @type {string} */ source) => (source === id ? `\0${id}` : undefined),
    load: (/** @type {string} */ resolved) => (resolved === `\0${id}` ? moduleText(folder) : undefined),
  };
}
