/**
 * A repository with neighbours and a secret, in which the program is run in this process. Every run is held to what holds for any input: no
 * defect, an exit that says whose turn it is, the secret nowhere, nothing outside touched, an end in time.
 */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { expect } from "vitest";
import { makeFolder, runPiped, type Files, type Ran } from "../cli/harness.ts";

/** It lies in the environment, in npm's settings and in a file beside the repository. */
export const canary = "canary-5f1d7c0a9b";

/** No run on a few small files takes longer, also on a machine that does much else. In milliseconds. */
const longest = 20_000;

/** What may lie in a repository before a run: a text or bytes. */
export type Given = Readonly<Record<string, string | Buffer>>;

/** A repository, what lies around it, and the program. */
export interface World {
  /** The folder that holds the repository and its neighbours. */
  readonly folder: string;
  readonly root: string;
  /** Empties the repository and puts these files into it. */
  reset(files: Given): void;
  /** Runs the program in the repository, and checks what holds for every run. */
  run(...argv: string[]): Promise<Ran>;
  /** What lies in the repository now; with `times` also whether a file was written again. */
  tree(times?: boolean): Files;
  dispose(): void;
}

/** Makes one in a temporary folder. */
export function makeWorld(): World {
  const { folder, remove } = makeFolder();
  chmodSync(folder, 0o755);
  const root = join(folder, "sample");
  write(folder, {
    "home/.npmrc": `//npm.example/:_authToken=${canary}\n`,
    "home/.config/opencode/opencode.json": `{ "model": "${canary}/x" }\n`,
    "secret.txt": canary,
    "neighbour/package.json": '{ "name": "neighbour" }\n',
    "neighbour/.devcontainer/devcontainer.json": "{}\n",
    "neighbour/aperture-env/launcher.sh": "#!/bin/sh\n",
    "neighbour/empty/.keep": "",
  });
  mkdirSync(join(folder, "bin"));
  const git = (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((each) => join(each, "git"))
    .find((file) => existsSync(file));
  if (git !== undefined) symlinkSync(git, join(folder, "bin", "git"));
  mkdirSync(root);
  // The repository's own folder is never made again, which would show in the one around it.
  const outside = (): Files => listTree(folder, { times: true, without: "sample" });
  const untouched = outside();
  // Of all programs only git is there: without npm no version but the pinned one can be had.
  const env = { HOME: join(folder, "home"), PATH: join(folder, "bin"), CANARY: canary, NPM_TOKEN: canary };
  return {
    folder,
    root,
    reset: (files) => {
      empty(root);
      write(root, files);
    },
    run: async (...argv) => {
      const started = performance.now();
      const ran = await runPiped(argv, root, env);
      expect(performance.now() - started, "milliseconds").toBeLessThan(longest);
      expect(ran.stderr).not.toContain("This is a bug");
      expect([0, 2, 3, 4], ran.stderr).toContain(ran.exit);
      expect(ran.stdout + ran.stderr).not.toContain(canary);
      if (ran.exit !== 0) expect(ran.stdout + ran.stderr, "a refusal that says nothing").not.toBe("");
      expect(outside()).toEqual(untouched);
      return ran;
    },
    tree: (times = false) => listTree(root, { times }),
    dispose: () => {
      empty(root);
      remove();
    },
  };
}

/** Everything below a folder with its kind and mode, and the bytes of what can be read without harm; with `times`, also when it was changed. */
function listTree(
  folder: string | Buffer,
  { times = false, without = "" }: { times?: boolean; without?: string },
  prefix = "",
): Files {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(folder, { encoding: "buffer" }).sort((left, right) => left.compare(right))) {
    const [name, full] = [`${prefix}${entry.toString()}`, Buffer.concat([Buffer.from(folder), Buffer.from("/"), entry])];
    if (name === without) continue;
    const found = lstatSync(full);
    const stamp = `${(found.mode & 0o777).toString(8)}${times ? ` ${found.mtimeMs} ${found.ino}` : ""}`;
    if (found.isSymbolicLink()) files[name] = `-> ${readlinkSync(full)}`;
    else if (found.isDirectory()) {
      files[name] = `${stamp}/`;
      Object.assign(files, listTree(full, { times }, `${name}/`));
    } else if (found.isFile()) files[name] = `${stamp} ${found.size > 1024 * 1024 ? found.size : readFileSync(full, "latin1")}`;
    else files[name] = `${stamp} special ${found.mode.toString(8)}`;
  }
  return files;
}

function empty(root: string): void {
  for (const entry of readdirSync(root, { encoding: "buffer" }))
    rmSync(Buffer.concat([Buffer.from(`${root}/`), entry]), { recursive: true, force: true });
}

function write(folder: string, files: Given): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}
