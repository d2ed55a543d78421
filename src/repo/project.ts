/** Reads the texts of a repository that findings are made from. What cannot be read is left out: findings are a service, not a condition. */
import { readdirSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import type { Project, ProjectFile } from "../plan/findings.ts";
import { readDevcontainer, type Devcontainer } from "../plan/findings/devcontainer.ts";
import { isOpencodeFile } from "../plan/findings/folder.ts";
import { look } from "./scan.ts";

/** No repository's dev container has more, or longer ones, that a person wrote. */
const maxFiles = 50;
const maxLength = 256 * 1024;

/** Reads a repository's OpenCode configuration, and what its dev containers (paths of devcontainer.json files) are made from. */
export function readProject(root: string, devcontainers: readonly string[]): Project {
  const hasOpencodeFolder = isFolder(join(root, ".opencode"));
  const folders = hasOpencodeFolder ? ["", ".opencode/"] : [""];
  const configs = folders.flatMap((folder) => [`${folder}opencode.json`, `${folder}opencode.jsonc`]);
  const setup = new Map<string, string>();
  const add = (path: string): string | null => {
    if (path === ".." || path.startsWith("../") || path.startsWith("/") || path.includes("\0")) return null;
    const text = setup.get(path) ?? (setup.size < maxFiles ? readText(root, path) : null);
    if (text !== null) setup.set(path, text);
    return text;
  };
  for (const path of devcontainers) {
    const text = add(path);
    const devcontainer = text === null ? null : readDevcontainer(text);
    if (devcontainer === null) continue;
    const folder = posix.dirname(path);
    for (const dockerfile of devcontainer.dockerfiles) add(posix.join(folder, dockerfile));
    for (const file of devcontainer.composeFiles) {
      const compose = posix.join(folder, file);
      for (const dockerfile of dockerfilesOf(root, compose, add(compose))) add(dockerfile);
    }
    for (const script of scriptsOf(devcontainer)) {
      if (!setup.has(script.path) && isScript(root, script)) add(script.path);
    }
  }
  return {
    configs: configs.flatMap((path) => {
      const text = readText(root, path);
      return text === null ? [] : [{ path, text }];
    }),
    setup: [...setup].map(([path, text]) => ({ path, text })),
    hasOpencodeFolder,
    opencodeFiles: hasOpencodeFolder ? readFolder(root) : [],
  };
}

/** Below its folders, not in what was installed beside them. */
function readFolder(root: string): ProjectFile[] {
  const folders = namesIn(join(root, ".opencode")).filter((name) => name !== "node_modules");
  const paths = folders.flatMap((folder) =>
    namesIn(join(root, ".opencode", folder)).flatMap((name) => {
      const path = `.opencode/${folder}/${name}`;
      return [path, ...namesIn(join(root, path)).map((inner) => `${path}/${inner}`)];
    }),
  );
  return paths
    .filter(isOpencodeFile)
    .slice(0, 4 * maxFiles)
    .flatMap((path) => {
      const text = readText(root, path);
      return text === null ? [] : [{ path, text }];
    });
}

function readText(root: string, path: string): string | null {
  try {
    const found = look(root, path);
    return found.kind === "text" && found.text.length <= maxLength ? found.text : null;
  } catch {
    return null;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Dockerfiles that a Compose file may build: those beside it, and those that its `build`, `context` and `dockerfile` lines lead to. */
function dockerfilesOf(root: string, compose: string, text: string | null): string[] {
  if (text === null) return [];
  const folder = posix.dirname(compose);
  const valuesOf = (keys: string): string[] =>
    [...text.matchAll(new RegExp(`^[ \\t-]*(?:${keys}):[ \\t]*(["']?)([^\\s"'{}[\\]|>#]+)\\1[ \\t]*(?:#.*)?\\r?$`, "gm"))].map(
      ([, , value]) => value!,
    );
  const contexts = [".", ...valuesOf("build|context")];
  const names = ["Dockerfile", ...valuesOf("dockerfile")];
  const beside = namesIn(join(root, folder)).filter((name) => /^Dockerfile|\.Dockerfile$/i.test(name));
  const built = contexts.flatMap((context) => names.map((name) => posix.join(folder, context, name)));
  return [...new Set([...beside.map((name) => posix.join(folder, name)), ...built])].slice(0, maxFiles);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** A word of a hook that may be a script of the repository. */
interface Script {
  readonly path: string;
  /** It is given to a shell, so it is a script whatever its name. */
  readonly run: boolean;
}

function scriptsOf({ hooks }: Devcontainer): Script[] {
  const words = hooks.flatMap(({ commands }) =>
    commands.flatMap((command) =>
      command.map(({ text }, index) => ({ text, run: /^(?:\.|source|(?:.*\/)?\w*sh)$/.test(command[index - 1]?.text ?? "") })),
    ),
  );
  // Hooks start in the workspace folder, which is the repository's.
  return words
    .map(({ text, run }) => ({ path: text.replace(/^\$\{(?:container|local)WorkspaceFolder\}\//, ""), run }))
    .filter(({ path }) => /^[\w.][\w./ -]*$/.test(path))
    .map(({ path, run }) => ({ path: posix.normalize(path), run }))
    .slice(0, 4 * maxFiles);
}

/** Not a text that a hook only shows or copies. */
function isScript(root: string, { path, run }: Script): boolean {
  return run || /\.\w*sh$/.test(path) || (readText(root, path)?.startsWith("#!") ?? false);
}
