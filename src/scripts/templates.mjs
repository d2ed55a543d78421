// @ts-check
/**
 * Precompiles the Handlebars templates for the builder (esbuild) and the test runner (Vite): the module `virtual:templates` holds them all
 * by target path, so that the product ships no compiler and a broken template breaks the build.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import Handlebars from "handlebars";

/** Helpers that templates may call. They are the only way of a value into a file; `src/render/render.ts` defines them. */
export const helperNames = ["json", "literal", "number", "yaml", "flow", "sh", "docker", "word", "words"];

/** Nothing is HTML. A missing value is an error without `strict`, whose code is twice as long, because every helper refuses what is not text. */
const options = {
  noEscape: true,
  knownHelpersOnly: true,
  knownHelpers: Object.fromEntries([...helperNames, "each", "if", "unless"].map((name) => [name, true])),
};

/**
 * All templates below a folder, as `{ path, source }`: the path is that of the target file, without `.hbs`. CRLF of a checkout becomes LF.
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
 * Precompiled code without what it repeats and nothing reads: places in the template, a substitute for a function that every runtime since 4.6
 * brings, and for our own helpers all but the value, since they look at nothing else and always give text. It is a sixth of the program, and Node
 * reads all of it at every start.
 * @param {string} code
 */
function shorten(code) {
  const substitute = /container\.lookupProperty \|\| function\(parent, propertyName\) \{\s+if \([^]*?return undefined\s+\}/g;
  const context = "(?:alias\\d+|depth0 != null \\? depth0 : \\(container\\.nullContext \\|\\| \\{\\}\\))";
  const helped = new RegExp(
    `\\(\\(stack1 = lookupProperty\\(helpers,"(${helperNames.join("|")})"\\)\\.call\\(${context},([^]*?),\\{"name":"\\1","hash":\\{\\},"data":data\\}\\)\\) != null \\? stack1 : ""\\)`,
    "g",
  );
  const property = /\(depth0 != null \? lookupProperty\(depth0,("\w+")\) : depth0\)/g;
  return code
    .replace(substitute, "container.lookupProperty")
    .replace(/,"loc":\{"start":\{[^{}]*\},"end":\{[^{}]*\}\}/g, "")
    .replace(helped, "helpers.$1($2,{})")
    .replace(property, "at(depth0,$1)")
    .replace(/\(\(stack1 = (at\(depth0,"\w+"\))\) != null \? lookupProperty\(stack1,("\w+")\) : stack1\)/g, "at($1,$2)");
}

/** A property of a context: its own, like Handlebars' `lookupProperty`, and nothing of nothing. */
const at = "const at = (object, name) => object == null ? object : Object.hasOwn(object, name) ? object[name] : undefined;";

/**
 * The text of a module that exports `templates` and `partials`, each a map from path (or partial name) to a precompiled specification.
 * @param {string} folder
 */
export function precompileTemplates(folder) {
  const entries = readTemplates(folder).map(({ path, source }) => ({
    path,
    code: shorten(String(Handlebars.precompile(source, options))),
  }));
  const isPartial = (/** @type {{path: string}} */ entry) => entry.path.endsWith(".partial");
  const lines = (/** @type {{path: string, code: string}[]} */ list, /** @type {(path: string) => string} */ key) =>
    list.map((entry) => `${JSON.stringify(key(entry.path))}: ${entry.code}`).join(",\n");
  return [
    at,
    `export const templates = {\n${lines(
      entries.filter((entry) => !isPartial(entry)),
      (path) => path,
    )}\n};`,
    `export const partials = {\n${lines(entries.filter(isPartial), (path) => path.replace(/^.*\//, "").slice(0, -".partial".length))}\n};`,
  ].join("\n");
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
      build.onLoad({ filter: /.*/, namespace: "templates" }, () => ({
        contents: precompileTemplates(folder),
        loader: "js",
        watchFiles: readTemplates(folder).map(({ file }) => file),
      }));
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
    load: (/** @type {string} */ resolved) => (resolved === `\0${id}` ? precompileTemplates(folder) : undefined),
  };
}
