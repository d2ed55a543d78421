/** What requests carry for the gateway's log: the generated script in the shells that may be /bin/sh, and what its text makes of opencode.json. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse as parseJsonc, type ParseError } from "jsonc-parser";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { featureFolder } from "../../src/catalog/files.ts";
import { keyBeginnings } from "../../src/catalog/attribution.ts";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { substitute } from "../../src/doctor/config/substitute.ts";
import { judgeAttribution } from "../../src/doctor/judge/attribution.ts";
import { readHeaders } from "../../src/doctor/probe/attribution.ts";
import { readInstallation } from "../../src/doctor/probe/installation.ts";
import { renderEnvironment, type Rendered } from "../../src/render/render.ts";
import type { Answers } from "../../src/questions/types.ts";
import { findProgram } from "../opencode/environment.ts";
import { catalogue } from "../support/catalogue.ts";
import { plainAnswers } from "../support/answers.ts";
import { applied, planUpdate, planRemove } from "../support/memory.ts";

const render = (attribution: readonly string[], more: Partial<Answers> = {}): Rendered =>
  renderEnvironment({
    answers: { ...plainAnswers, ...more, attribution },
    release: pinnedRelease,
    registry: "",
    shape: { kind: "own" },
    doctor: "",
    catalogue,
  });
const fileOf = ({ files }: Rendered, name: string): string => files.find(({ path }) => path === `${featureFolder}/${name}`)!.text;

interface Shell {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
}

const shells: readonly Shell[] = [
  { name: "dash", program: findProgram("dash"), args: [] },
  { name: "bash --posix", program: findProgram("bash"), args: ["--posix"] },
  { name: "busybox sh", program: findProgram("busybox"), args: ["sh"] },
].flatMap(({ program, ...shell }) => (program === null ? [] : [{ ...shell, program }]));

const made: string[] = [];
afterAll(() => made.forEach((folder) => rmSync(folder, { recursive: true, force: true })));
let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "aperture-env-attribution-"));
  made.push(place);
});
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(place, path)), { recursive: true });
  writeFileSync(join(place, path), text);
};
const origin = (url: string): string => `[core]\n\tbare = false\n[remote "origin"]\n\turl = ${url}\n\tfetch = +refs/*\n`;

interface Started {
  readonly attribution?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const everything = ["repository", "revision", "job", "run", "team=payments", "cost-center=$COST_CENTER"];

/** The headers that OpenCode's configuration has where the script ran in that shell. */
function headersIn({ program, args }: Shell, { attribution = everything, env = {}, cwd = "work" }: Started): unknown {
  const rendered = render(attribution);
  write("share/attribution.sh", fileOf(rendered, "attribution.sh"));
  if (attribution.includes("revision")) write("share/revision", fileOf(rendered, "revision"));
  mkdirSync(join(place, cwd), { recursive: true });
  const script = '_share=$1; set -- a "b c"; . "$_share/attribution.sh"; [ "$#" = 2 ] && printf %s "$APERTURE_ENV_HEADERS"';
  // `set -u` and `-e` as the strictest caller has them. Nothing is on PATH: whatever the script needs, the shell has.
  const ran = spawnSync(program, [...args, "-euc", script, "sh", join(place, "share")], {
    cwd: join(place, cwd),
    env: { PATH: "/nowhere", ...env },
    encoding: "utf8",
    // A socket there makes bash think of a remote shell, and read its start-up files.
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 20_000,
  });
  expect(ran.error).toBeUndefined();
  expect(ran.stderr).toBe("");
  expect(ran.status).toBe(0);
  return headersOf(fileOf(rendered, "opencode.json"), ran.stdout);
}

/** What OpenCode reads where that is in the variable. */
function headersOf(config: string, headers: string): unknown {
  const filled = substitute(config, "/", { home: "/", read: () => ({ kind: "nothing" }) }, { APERTURE_ENV_HEADERS: headers });
  if (!filled.ok) throw new Error(filled.why);
  const errors: ParseError[] = [];
  const { provider } = parseJsonc(filled.text, errors) as { provider: { anthropic: { options: { headers?: unknown } } } };
  expect(errors).toEqual([]);
  expect(Object.keys(provider)).toEqual(["anthropic"]);
  return provider.anthropic.options.headers;
}

const { revision } = render(everything);
const always = { "x-aperture-env-revision": revision, "x-aperture-env-team": "payments" };

describe.each(shells)("in $name", (shell) => {
  const headers = (started: Started): unknown => headersIn(shell, started);

  test("what has no value is not there", () => {
    expect(headers({})).toEqual(always);
    expect(headers({ env: { GITHUB_JOB: "", COST_CENTER: "" } })).toEqual(always);
    expect(headers({ attribution: ["job", "run"] })).toEqual({});
  });

  test("GitHub, GitLab and others say what runs", () => {
    expect(
      headers({ env: { GITHUB_REPOSITORY: "acme/app", GITHUB_JOB: "build", GITHUB_RUN_ID: "42", COST_CENTER: "cc-7" } }),
    ).toEqual({
      ...always,
      "x-aperture-env-repository": "acme/app",
      "x-aperture-env-job": "build",
      "x-aperture-env-run": "42",
      "x-aperture-env-cost-center": "cc-7",
    });
    expect(headers({ env: { CI_PROJECT_PATH: "a/b/c", CI_JOB_NAME: "test: [linux, 1/2]", CI_PIPELINE_ID: "7" } })).toEqual({
      ...always,
      "x-aperture-env-repository": "a/b/c",
      "x-aperture-env-job": "test:__linux__1/2_",
      "x-aperture-env-run": "7",
    });
    expect(headers({ env: { JOB_NAME: "folder/app", BUILD_NUMBER: "9" } })).toMatchObject({
      "x-aperture-env-job": "folder/app",
      "x-aperture-env-run": "9",
    });
  });

  test.each([
    ["https://github.com/acme/app.git", "acme/app"],
    ["https://ann:ghp_0123456789@github.com/acme/app.git", "acme/app"],
    ["https://oauth2:glpat-x@gitlab.example.com:8443/group/sub/app/", "group/sub/app"],
    ["https://github.com/acme/app?token=x#y", "acme/app"],
    ["ssh://git@example.com:22/acme/app.git", "acme/app"],
    ["git@github.com:acme/app.git", "acme/app"],
    ["github:acme/app", "acme/app"],
    // Folders of somebody's, helpers, and addresses that are none.
    ["/home/ann/app.git", null],
    ["../app", null],
    ["app", null],
    ["C:/Users/ann/app", null],
    ["C:\\\\Users\\\\ann\\\\app", null],
    ["file:///srv/git/app.git", null],
    ["git@example.com:/home/ann/app.git", null],
    ["ssh://example.com/home/ann/app.git", null],
    ["ssh://example.com/~ann/app.git", null],
    ["ext::sh -c id", null],
    ["https://example.com", null],
    ["https://a:b/c@example.com/acme/app", null],
    ['https://example.com/a"b', null],
    ["https://example.com/a*/b", null],
    ["https://example.com/{env:HOME}", null],
    ["https://example.com/$(id)", null],
  ])("the remote %s is the repository %s", (url, name) => {
    write("work/.git/config", origin(url));
    expect(headers({})).toEqual({ ...always, ...(name !== null && { "x-aperture-env-repository": name }) });
  });

  test("of the nearest repository above, a work tree of its own and a submodule too", () => {
    write("work/.git/config", `${origin("git@h:acme/main.git")}[remote "fork"]\n\turl = git@h:ann/main.git\n`);
    const named = (cwd: string): unknown => (headers({ cwd }) as Record<string, unknown>)["x-aperture-env-repository"];
    expect(named("work/a/b")).toBe("acme/main");
    write("work/.git/worktrees/w/commondir", "../..\n");
    write("tree/.git", `gitdir: ${join(place, "work", ".git", "worktrees", "w")}\n`);
    expect(named("tree/x")).toBe("acme/main");
    write("work/.git/modules/sub/config", origin("https://h/acme/sub"));
    write("work/sub/.git", "gitdir: ../.git/modules/sub");
    expect(named("work/sub")).toBe("acme/sub");
    write("gone/.git", "gitdir: /nowhere\n");
    expect(named("gone")).toBeUndefined();
    write("other/.git/config", '[remote "fork"]\nurl=git@h:ann/app.git\n[branch "origin"]\nurl = x:y/z\n');
    expect(named("other")).toBeUndefined();
    write("tight/.git/config", '[remote "origin"]\nurl=git@h:acme/tight.git');
    expect(named("tight")).toBe("acme/tight");
    write("long/.git/config", `${"# x\n".repeat(100_000)}${origin("git@h:acme/late.git")}`);
    expect(named("long")).toBeUndefined();
  });

  test.each([
    '*/ }, "apiKey": "real" /*',
    'x", "authorization": "y',
    "{env:SECRET}",
    "{file:/etc/passwd}",
    "ann@example.com",
    "a\\b",
    "a\nb",
    "a\r\nx-other: 1",
    "$(id)",
    "`id`",
    "développement",
    "\u001b[31m",
    "\u007f",
    "=",
    "x".repeat(1001),
    ...keyBeginnings.map((beginning) => `${beginning}0123456789`),
  ])("a value as %j is not sent", (value) => {
    expect(headers({ env: { COST_CENTER: value, GITHUB_JOB: value, GITHUB_REPOSITORY: value } })).toEqual(always);
  });

  test("a long one is cut", () => {
    expect(headers({ attribution: ["a=$A"], env: { A: "x".repeat(1000) } })).toEqual({ "x-aperture-env-a": "x".repeat(200) });
  });
});

test("some shell is here", () => {
  expect(process.platform === "win32" ? 1 : shells.length).toBeGreaterThan(0);
});

describe("the files", () => {
  test("without it nothing of it is there", () => {
    const { files } = render([]);
    expect(
      files.filter(({ path, text }) => /attribution|\/revision$/.test(path) || /HEADERS/.test(text)).map(({ path }) => path),
    ).toEqual([]);
  });

  test.each(["separate", "compact"] as const)("where the launcher did not run, there are no headers, %s", (style) => {
    const config = fileOf(render(["job"], { style }), "opencode.json");
    expect(config.match(/"headers": \{ \/\*\{env:APERTURE_ENV_HEADERS\}\*\/ \}/g)).toHaveLength(1);
    expect(config.replace("/*{env:APERTURE_ENV_HEADERS}*/", "")).toSatisfy((text: string) => JSON.parse(text) !== null);
  });

  test("the revision that is sent is that of the environment, and another attribution is another one", () => {
    const rendered = render(everything);
    expect(fileOf(rendered, "revision")).toBe(`${rendered.revision}\n`);
    expect(render(["job"]).revision).not.toBe(render(["run"]).revision);
  });

  test("an update turns it on and off, and a removal leaves nothing", () => {
    const shape = { kind: "own" } as const;
    const names = (texts: ReadonlyMap<string, string>): string[] =>
      [...texts.keys()].filter((path) => /attribution\.sh|\/revision$/.test(path));
    const plain = applied(new Map(), planUpdate(new Map(), shape));
    const on = applied(plain, planUpdate(plain, shape, { ...plainAnswers, attribution: everything }));
    expect(names(plain)).toEqual([]);
    expect(names(on)).toEqual([`${featureFolder}/attribution.sh`, `${featureFolder}/revision`]);
    const off = applied(on, planUpdate(on, shape));
    expect(new Map([...off].sort())).toEqual(new Map([...plain].sort()));
    expect([...applied(on, planRemove(on)).keys()]).toEqual([]);
  });
});

describe("the doctor", () => {
  const installed = async (prefix: string | null, env: Readonly<Record<string, string>> = {}): Promise<string[]> => {
    const rendered = render(everything);
    for (const name of ["attribution.sh", "revision", "environment.json"]) write(`share/${name}`, fileOf(rendered, name));
    const installation = readInstallation(join(place, "share"), prefix, null);
    const headers = await readHeaders(installation, { PATH: process.env["PATH"], ...env }, place);
    return judgeAttribution(installation, headers).map(({ severity, message }) => `${severity}: ${message}`);
  };

  test.skipIf(process.platform === "win32")("names what is sent, and what has no value", async () => {
    expect(await installed("/x", { GITHUB_JOB: "build" })).toEqual([
      `ok: Headers for the gateway's log: revision ${revision}, job build and team payments; no value here for repository, run and cost-center`,
    ]);
  });

  test("outside of a container it starts nothing", async () => {
    const before = process.env["GITHUB_JOB"];
    expect(before ?? "").not.toBe("x");
    expect(await installed(null)).toEqual([
      "ok: Headers for the gateway's log, in the container: repository, revision, job, run, team and cost-center",
    ]);
  });

  test("says nothing where it is off", () => {
    write("share/environment.json", fileOf(render([]), "environment.json"));
    expect(judgeAttribution(readInstallation(join(place, "share"), null, null), null)).toEqual([]);
  });
});
