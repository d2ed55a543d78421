/** Reads the texts of a repository that findings are made from. What cannot be read is left out: findings are a service, not a condition. */
import { readdirSync, statSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { knownFiles } from "../opencode/known-files.ts";
import type { Project, ProjectFile } from "../plan/findings.ts";
import { readDevcontainer, type Devcontainer } from "../plan/findings/devcontainer.ts";
import { isOpencodeFile } from "../plan/findings/folder.ts";
import { mountsOfCompose, pathInRepository, type Mount } from "../plan/findings/mounts.ts";
import { commandsOf } from "../plan/findings/shell.ts";
import { look } from "./scan.ts";
import { findTop } from "./work-tree.ts";

/** No repository's dev container has more, or longer ones, that a person wrote. */
const maxFiles = 50;
const maxLength = 256 * 1024;
/** Of files that are known by their names: one that a person wrote, and all of them. */
const maxKnownLength = 64 * 1024;
const maxKnown = 512 * 1024;

/**
 * Reads a repository's OpenCode configuration, and what its dev containers (paths of devcontainer.json files) are made from. `wide`: and files
 * that are known by their names, which takes as long as all else of an update.
 */
export function readProject(root: string, devcontainers: readonly string[], wide = true): Project {
  const names = new Set(namesIn(root));
  const hasOpencodeFolder = names.has(".opencode") && isFolder(join(root, ".opencode"));
  const setup = new Setup(root);
  for (const path of devcontainers) setup.addDevcontainer(path);
  for (const file of wide ? readKnown(root, names) : []) setup.files.set(file.path, file);
  const above = foldersAbove(root);
  const below = [...setup.workspaces].flatMap((folder) => foldersDown(folder));
  const configs = [
    ...above.flatMap((folder) => configsIn(folder, relative(root, folder).replaceAll(sep, "/") + "/", true)),
    ...configsIn(root, "", hasOpencodeFolder),
    ...below.flatMap((folder) => configsIn(root, `${folder}/`, true)),
  ];
  return {
    configs,
    setup: [...setup.files.values()],
    hasOpencodeFolder,
    opencodeFiles: [
      ...above.flatMap((folder) =>
        readFolder(folder).map(({ path, text }) => ({
          path: posix.join(relative(root, folder).replaceAll(sep, "/"), path),
          text,
        })),
      ),
      ...(hasOpencodeFolder ? readFolder(root) : []),
    ],
  };
}

/** OpenCode's configuration in one folder; `prefix` is put before the paths. */
function configsIn(root: string, prefix: string, folder: boolean): ProjectFile[] {
  const inside = prefix.startsWith("..") ? "" : prefix;
  return ["", ...(folder ? [".opencode/"] : [])].flatMap((place) =>
    ["opencode.json", "opencode.jsonc"].flatMap((name) => {
      const text = readText(root, `${inside}${place}${name}`);
      return text === null ? [] : [{ path: `${prefix}${place}${name}`, text }];
    }),
  );
}

/** Those above it, up to the top of its git repository, the top first: OpenCode looks there, too, and containers have all of it. */
function foldersAbove(root: string): string[] {
  const top = findTop(root);
  const folders: string[] = [];
  for (let folder = root; top !== null && folder !== top; folder = dirname(folder)) folders.unshift(dirname(folder));
  return folders;
}

/** A folder of the repository's, and those around it, but for the top. */
function foldersDown(folder: string): string[] {
  const steps = folder.split("/");
  return steps.map((_, index) => steps.slice(0, index + 1).join("/"));
}

/** Files that are known by their names, where the folders list them. */
function* readKnown(root: string, top: ReadonlySet<string>): Iterable<ProjectFile> {
  const listed = new Map<string, ReadonlySet<string>>([["", top]]);
  const list = (folder: string): ReadonlySet<string> => {
    const known = listed.get(folder);
    if (known !== undefined) return known;
    const parent = list(folder.replace(/(?:^|\/)[^/]+$/, ""));
    const names = new Set(parent.has(posix.basename(folder)) ? namesIn(join(root, folder)) : []);
    listed.set(folder, names);
    return names;
  };
  let left = maxKnown;
  let count = 0;
  for (const path of knownFiles.flatMap(({ paths }) => paths)) {
    const folder = path.replace(/\/?[^/]+$/, "");
    const names = list(folder);
    const name = posix.basename(path);
    const found = name === "*" ? [...names].filter((one) => /\.ya?ml$/.test(one)) : names.has(name) ? [name] : [];
    for (const one of found) {
      if (count++ === 2 * maxFiles || left <= 0) return;
      const text = readText(root, posix.join(folder, one), maxKnownLength);
      left -= text?.length ?? 0;
      if (text !== null) yield { path: posix.join(folder, one), text };
    }
  }
}

/** What the dev containers of a repository are made from, gathered file by file. */
class Setup {
  readonly files = new Map<string, ProjectFile>();
  /** Folders of the repository in which tools start, where they are not its top. */
  readonly workspaces = new Set<string>();
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  addDevcontainer(path: string): void {
    const text = this.#add(path);
    const devcontainer = text === null ? null : readDevcontainer(text);
    if (devcontainer === null) return;
    const folder = posix.dirname(path);
    const mounts = [...devcontainer.mounts];
    for (const dockerfile of devcontainer.dockerfiles) {
      const from = posix.dirname(posix.join(folder, dockerfile));
      this.#addDockerfile(posix.join(folder, dockerfile), [posix.join(folder, devcontainer.context), from]);
    }
    for (const file of devcontainer.composeFiles) mounts.push(...this.#addCompose(posix.join(folder, file), true));
    for (const file of devcontainer.envFiles) this.#add(pathInRepository(file, mounts) ?? "", "profile");
    const workspace = devcontainer.workspaceFolder === null ? null : pathInRepository(devcontainer.workspaceFolder, mounts);
    const start = workspace === null || isOutside(workspace) || workspace === "." ? "" : workspace;
    if (start !== "") this.workspaces.add(start);
    for (const script of scriptsOf(devcontainer, mounts, start)) {
      if (!this.files.has(script.path) && isScript(this.#root, script)) this.#add(script.path);
    }
  }

  /** Gives its text; null where there is none, or enough was read. */
  #add(path: string, kind?: ProjectFile["kind"]): string | null {
    if (path === "" || isOutside(path)) return null;
    const text = this.files.get(path)?.text ?? (this.files.size < maxFiles ? readText(this.#root, path) : null);
    if (text !== null && !this.files.has(path)) this.files.set(path, kind === undefined ? { path, text } : { path, text, kind });
    return text;
  }

  /** With the scripts and profiles that it copies. */
  #addDockerfile(path: string, contexts: readonly string[]): void {
    const text = this.#add(path, "dockerfile");
    if (text === null) return;
    for (const [instruction, ...words] of commandsOf(text)) {
      if (!/^(?:COPY|ADD)$/i.test(instruction!.text) || words.some((word) => word.text.startsWith("--from="))) continue;
      const paths = words.map((word) => word.text).filter((word) => !word.startsWith("--"));
      const target = paths.pop() ?? "";
      for (const source of paths.filter((one) => isShellFile(one) || isShellFile(target))) {
        for (const context of new Set(contexts)) this.#add(posix.join(context, source.replace(/^\/+/, "")));
      }
    }
  }

  /** With what it builds and includes; gives what it mounts of the repository. */
  #addCompose(path: string, includes: boolean): Mount[] {
    const text = this.#add(path, "compose");
    if (text === null) return [];
    const folder = posix.dirname(path);
    for (const { path: dockerfile, contexts } of dockerfilesOf(this.#root, folder, text))
      this.#addDockerfile(dockerfile, contexts);
    for (const file of valuesOf(text, "env_file|path|file|include", true)) {
      const found = posix.join(folder, file);
      if (/env[^/]*$/.test(file)) this.#add(found, "profile");
      else if (includes && /\.ya?ml$/.test(file)) this.#addCompose(found, false);
    }
    return mountsOfCompose(text, folder);
  }
}

function isOutside(path: string): boolean {
  return path === ".." || path.startsWith("../") || path.startsWith("/") || path.includes("\0");
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

function readText(root: string, path: string, most = maxLength): string | null {
  try {
    const found = look(root, path);
    return found.kind === "text" && found.text.length <= most ? found.text : null;
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

/**
 * The values of keys in a Compose file, in block style and in flow style (`build: { context: . }`); with `lists` the texts of a list as well.
 * Read without a parser of YAML, which would take longer than all else: what is no such value leads to no file.
 */
function valuesOf(text: string, keys: string, lists = false): string[] {
  const value = `["']?([^\\s"'{}[\\],|>#]+)`;
  const found = [...text.matchAll(new RegExp(`(?:^[ \\t-]*|[{,][ \\t]*)["']?(?:${keys})["']?:[ \\t]*${value}`, "gm"))];
  const inLists = lists
    ? [
        ...text.matchAll(
          new RegExp(`(?:^|[{,\\s])["']?(?:${keys})["']?:[ \\t]*(\\[[^\\]]{0,2000}\\]|(?:\\r?\\n[ \\t]*-[^\\n]{0,500})+)`, "g"),
        ),
      ]
    : [];
  return [
    ...found.map(({ 1: one }) => one!),
    ...inLists.flatMap(({ 1: list }) => [...list!.matchAll(/(?:[[,]|-)\s*["']?([\w./][^\s"',\]:]*)/g)].map(({ 1: one }) => one!)),
  ].slice(0, maxFiles);
}

/** A Dockerfile that may be built, and the folders whose files it can then copy. */
interface Built {
  readonly path: string;
  readonly contexts: readonly string[];
}

/** Dockerfiles that a Compose file may build: those beside it, and those that its `build`, `context` and `dockerfile` values lead to. */
function dockerfilesOf(root: string, folder: string, text: string): Built[] {
  const contexts = [".", ...valuesOf(text, "build|context")].map((context) => posix.join(folder, context));
  const names = ["Dockerfile", ...valuesOf(text, "dockerfile")];
  const beside = namesIn(join(root, folder)).filter((name) => /^Dockerfile|\.Dockerfile$/i.test(name));
  const built = contexts.flatMap((context) => names.map((name) => posix.join(context, name)));
  const paths = [...new Set([...beside.map((name) => posix.join(folder, name)), ...built])].slice(0, maxFiles);
  return paths.map((path) => ({ path, contexts }));
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

function scriptsOf({ hooks }: Devcontainer, mounts: readonly Mount[], start: string): Script[] {
  const words = hooks.flatMap(({ commands }) =>
    commands.flatMap((command) =>
      command.map(({ text }, index) => ({ text, run: /^(?:\.|source|(?:.*\/)?\w*sh)$/.test(command[index - 1]?.text ?? "") })),
    ),
  );
  return words
    .flatMap(({ text, run }): Script[] => {
      // Hooks start in the workspace folder.
      const path = /^(?:\$|\/)/.test(text) ? pathInRepository(text, mounts) : posix.join(start, text);
      return path !== null && /^[\w.][\w./ -]*$/.test(path) ? [{ path, run }] : [];
    })
    .slice(0, 4 * maxFiles);
}

/** Not a text that a hook only shows or copies, but for what a shell reads at its start. */
function isScript(root: string, { path, run }: Script): boolean {
  return run || isShellFile(path) || (readText(root, path)?.startsWith("#!") ?? false);
}

/** By its name: a script, or what a shell reads at its start. */
function isShellFile(path: string): boolean {
  return /\.\w*sh$|(?:^|[./_-])(?:\w*rc|\w*profile|bash_aliases|zshenv)$|\/profile\.d\/|config\.fish$/.test(path);
}
