/**
 * What the command makes of a repository: the whole tree, byte for byte. To accept what it gives now, and read it in the diff:
 *
 *   UPDATE_GOLDEN=1 npm test -- test/golden/trees.test.ts
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readObject } from "../../src/edit/jsonc.ts";
import { makeTemporary, readTree, runCommand, textOf, writeTree, type Ran, type Tree } from "./cases.ts";
import { acceptCases, caseNames, describeStore, readCase, readGiven, readStore, type Left } from "./store.ts";

// A stand-in for the doctor, whose 120 kB are the same in every tree and change with every change of it.
const doctorText = vi.hoisted(() => "// The doctor of this version.\n");
vi.mock("../../src/catalog/doctor-text.ts", () => ({
  doctorText,
  givenDoctorText: doctorText,
  networkDoctorText: doctorText,
  doctorSum: "5a4e".repeat(16),
}));

/** What each case shows. The exit status is 0 but where something is in the way. */
const shown: Readonly<Record<string, string>> = {
  alpine: "a musl base",
  attribution: "requests that say what they were made for, in a configuration that no project file can override",
  "conflict-dockerfile": "a Dockerfile of somebody else's is in the way, so nothing at all is written",
  "custom-image": "an image of the user's own, and a model that the catalogue does not know",
  "doctor-package": "the doctor comes from the package, so it is no file of the repository",
  "empty-folder": "an empty folder and all defaults",
  "feature-asks-more": "a spec by hand that asks a dev container of the user's for variables, ports and hooks",
  "feature-doctor-package": "a dev container of the user's gets the Feature, whose nested one fetches the doctor, too",
  "feature-named-folder": "a Compose dev container in a folder of its own gets the Feature",
  "feature-root-file": "a dev container file at the root, all on one line, gets the Feature",
  "feature-several":
    "dev containers in three places get the Feature; one has the variable that is asked for, with a value of its own",
  "feature-tabs-crlf": "a dev container with comments, tabs and CRLF gets the Feature among others",
  "go-https": "a Go module, and a gateway that serves https on a port of its own",
  jobs: "jobs of GitHub and GitLab beside the dev container, and a pipeline of the user's that includes them",
  kubernetes: "jobs of a cluster, for one repository and for many, and Tailscale's way to the gateway",
  managed: "a configuration that no project file can override",
  "node-project": "a Node.js project",
  "own-asks-more": "a spec by hand that asks for variables, ports and hooks where there is no dev container",
  "python-openai": "a Python project, one provider and another model",
  sidecar: "a dev container with Tailscale beside it, in a Compose project of its own",
  "sidecar-feature": "a Compose project gets the Feature, and Tailscale beside its service; ports and networks go there",
  slim: "a base without an account, and a name that every format has to escape",
  "spec-by-hand": "a spec of one line, written by hand",
  "spec-changed": "a spec that was edited after generating: what it decides is replaced",
  "ts-unplug": "ts-unplug in the container, built in a stage, with a configuration that no variable decides",
  userspace: "a node of the container's own, whose programs a stage fetches",
  "userspace-feature": "a dev container of the user's gets the Feature, and a nested one that fetches Tailscale's programs",
  "version-1-feature": "a dev container that version 0.1.0 added to is brought up to date",
  "version-1-own": "an environment that version 0.1.0 wrote is brought up to date",
  "version-2-feature": "three dev containers with a lock of version 2 are brought up to date",
  "version-2-own": "an environment with a lock of version 2 is brought up to date",
};
const exits: Readonly<Record<string, number>> = { "conflict-dockerfile": 3 };
/** A file of the user's, the name of the Feature in it, and what it has then beside that. */
interface Added {
  readonly file: string;
  readonly key: string;
  readonly more?: Readonly<Record<string, unknown>>;
}
const features: Readonly<Record<string, readonly Added[]>> = {
  "feature-asks-more": [
    {
      file: ".devcontainer/devcontainer.json",
      key: "./aperture-env",
      more: {
        containerEnv: { TZ: "UTC", GREETING: `it's "\${localEnv:USER}" \\ ünïcode` },
        forwardPorts: [3000, 9229, "db:5432"],
      },
    },
  ],
  "feature-doctor-package": [{ file: ".devcontainer/devcontainer.json", key: "./aperture-env" }],
  "feature-named-folder": [{ file: ".devcontainer/backend/devcontainer.json", key: "./../aperture-env" }],
  "feature-root-file": [{ file: ".devcontainer.json", key: "./.devcontainer/aperture-env" }],
  "feature-several": [
    { file: ".devcontainer.json", key: "./.devcontainer/aperture-env", more: { containerEnv: { TZ: "UTC" } } },
    {
      file: ".devcontainer/backend/devcontainer.json",
      key: "./../aperture-env",
      more: { containerEnv: { TZ: "Europe/Berlin", PYTHONUNBUFFERED: "1" } },
    },
    { file: ".devcontainer/frontend/devcontainer.json", key: "./../aperture-env", more: { containerEnv: { TZ: "UTC" } } },
  ],
  "feature-tabs-crlf": [{ file: ".devcontainer/devcontainer.json", key: "./aperture-env" }],
};
const additions = Object.entries(features).flatMap(([name, added]) => added.map((one) => ({ name, ...one })));

// The name of the project comes from its folder, so this is always the same one.
const folderName = "sample";
let temporary: ReturnType<typeof makeTemporary>;
let root: string;
beforeEach(() => {
  temporary = makeTemporary();
  root = join(temporary.folder, folderName);
});
afterEach(() => temporary.remove());

/** Runs a case's command on what it finds, and gives what it left beside what it said. */
async function runCase(name: string, folder: string): Promise<Left & Ran> {
  const { args, before } = readGiven(name);
  writeTree(folder, before);
  const ran = await runCommand(args, folder);
  return { ...ran, after: readTree(folder) };
}

if (process.env["UPDATE_GOLDEN"] === "1") {
  const runs = new Map<string, Left>();
  for (const name of caseNames) {
    const { folder, remove } = makeTemporary();
    runs.set(name, await runCase(name, join(folder, folderName)));
    remove();
  }
  acceptCases(runs);
}

test("every folder is a case that is told here", () => {
  expect(caseNames).toEqual(Object.keys(shown).sort());
});

test("what is stored is what the cases need, each text once, and nothing else", () => {
  expect(readStore()).toEqual(describeStore(new Map(caseNames.map((name) => [name, readCase(name)]))));
});

describe.each(caseNames)("%s", (name) => {
  const exit = exits[name] ?? 0;

  test(shown[name] ?? "", async () => {
    const { before, after, stdout } = readCase(name);
    const left = await runCase(name, root);
    expect(left, left.stderr).toMatchObject({ exit });
    if (exit !== 0) expect(left.after).toEqual(before);
    expect(left.after).toEqual(after);
    expect(left.stdout).toBe(stdout);
  });

  test("a second run changes nothing", async () => {
    const { args, after } = readCase(name);
    writeTree(root, after);
    const inodes = listInodes(root, after);
    const ran = await runCommand(args, root);
    expect(ran, ran.stderr).toMatchObject({ exit });
    expect(readTree(root)).toEqual(after);
    expect(listInodes(root, after), "files that were written again").toEqual(inodes);
    expect(ran.stdout).not.toContain("Written");
    if (exit === 0) {
      expect(ran.stdout).toMatch(/\nNothing to do: everything is up to date\.\n$/);
      expect(ran.stdout).not.toMatch(/^ {2}[+~!] /m);
    }
  });
});

describe.each([
  ["version-2-feature", "feature-several"],
  ["version-2-own", "own-asks-more"],
])("%s, taken out", (name, first) => {
  test.each([
    ["at once", []],
    ["after an update", ["update"]],
  ])("%s: the repository is as it was before there was an environment", async (_when, update) => {
    writeTree(root, readGiven(name).before);
    for (const command of [...update.map((verb) => [verb]), ["remove", "--yes"]])
      expect(await runCommand(command, root)).toMatchObject({ exit: 0 });
    // A spec by hand is nobody's but the user's.
    expect(readTree(root)).toEqual(readGiven(first).before);
  });
});

test("every case with a dev container of the user's is looked at closely", () => {
  const found = caseNames.filter((name) => name.startsWith("feature-"));
  expect(Object.keys(features)).toEqual(found);
  for (const name of found) {
    const there = Object.keys(readCase(name).before).filter((path) => /(?:^|\/)\.?devcontainer\.json$/.test(path));
    expect(features[name]!.map(({ file }) => file)).toEqual(there.sort());
  }
});

describe.each(additions)("$name: $file", ({ name, file, key, more = {} }) => {
  const read = (): { before: Tree; after: Tree; text: string; edited: string } => {
    const { before, after } = readCase(name);
    return { before, after, text: textOf(before, file), edited: textOf(after, file) };
  };

  test("of the user's file no byte is gone, and nothing has come but what was meant", () => {
    const { text, edited } = read();
    expect(isSubsequence(text, edited)).toBe(true);
    expect(edited.length - text.length).toBeLessThan(120 + 2 * JSON.stringify(more).length);
    const [old, now] = [text, edited].map(readValue) as [Record<string, unknown>, Record<string, unknown>];
    const revision = (now["features"] as Record<string, { revision: string }>)[key]!.revision;
    expect(revision).toMatch(/^[0-9a-f]{12}$/);
    expect(now).toEqual({ ...old, ...more, features: { ...(old["features"] as object | undefined), [key]: { revision } } });
  });

  test("all line ends are the file's own", () => {
    const { text, edited } = read();
    const ends = new Set(edited.match(/\r\n|\r|\n/g));
    expect([...ends]).toEqual([...new Set(text.match(/\r\n|\r|\n/g))]);
  });

  test("nothing else of the user's is touched", () => {
    const { before, after } = read();
    const edited = features[name]!.map((one) => one.file);
    for (const path of Object.keys(before).filter((candidate) => !edited.includes(candidate)))
      expect(after[path]).toEqual(before[path]);
  });
});

function listInodes(folder: string, tree: Tree): readonly (readonly [string, number])[] {
  return Object.keys(tree).map((path) => [path, statSync(join(folder, path)).ino]);
}

/** The value of a JSONC text, as plain objects. */
function readValue(text: string): unknown {
  const read = readObject(text);
  if (!read.ok) throw new Error(`${read.line}:${read.column}: ${read.why}`);
  return JSON.parse(JSON.stringify(read.value));
}

/** Whether every character of one text stands in the other, in order. */
function isSubsequence(part: string, whole: string): boolean {
  let at = 0;
  for (let index = 0; index < whole.length; index++) if (whole[index] === part[at]) at++;
  return at === part.length;
}
