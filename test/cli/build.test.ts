/** What `build` would do, in each shape, where no engine is needed to say so; and what it refuses. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { skipsWithoutGit } from "../support/skips.ts";
import { makeFolder, runPiped, treeOf, write, type Ran } from "./harness.ts";

let place: ReturnType<typeof makeFolder>;
beforeEach(() => {
  place = makeFolder();
});
afterEach(() => place.remove());

const path = { PATH: process.env["PATH"]!, HOME: "/nowhere", DOCKER_HOST: "unix:///nowhere" };
const build = (...args: string[]): Promise<Ran> => runPiped(["build", ...args], place.folder, path);
const create = (...args: string[]): Promise<Ran> => runPiped(["--yes", "--name", "App No. 1", ...args], place.folder);
interface Planned {
  readonly status: string;
  readonly target: string | null;
  readonly images: string[];
  readonly command: string[];
  readonly options: string[];
  readonly labels: Record<string, string>;
  readonly epoch: number | null;
  readonly notes: string[];
}
const planned = async (...args: string[]): Promise<Planned> => {
  const { exit, stdout, stderr } = await build("--dry-run", "--json", ...args);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
  return JSON.parse(stdout) as Planned;
};

describe("an environment of its own", () => {
  test("is built for jobs, under its name, unless something else is said; a dry run changes nothing", async () => {
    await create();
    const before = treeOf(place.folder, true);
    expect(await planned()).toMatchObject({ status: "planned", target: "ci", images: ["app-no-1:ci"], epoch: null });
    const { target, images, command } = await planned("--target", "dev", "--image", "r.example/a:1", "--image", "r.example/a:2");
    expect({ target, images }).toEqual({ target: "dev", images: ["r.example/a:1", "r.example/a:2"] });
    expect(command.slice(0, 6)).toEqual(
      "devcontainer build --workspace-folder copy --config copy/.devcontainer/devcontainer.json".split(" "),
    );
    const { stdout } = await build("--dry-run");
    expect(stdout).toContain(
      "Would build ci of .devcontainer/devcontainer.json from a copy of the repository:\n  devcontainer build",
    );
    expect(treeOf(place.folder, true)).toEqual(before);
  });

  test.skipIf(skipsWithoutGit("labels of a commit"))("has the commit in its labels, and its time for the present", async () => {
    const git = (...args: string[]): string =>
      execFileSync("git", ["-c", "user.name=x", "-c", "user.email=x@x", ...args], {
        cwd: place.folder,
        encoding: "utf8",
        env: { ...process.env, GIT_COMMITTER_DATE: "1700000000 +0100", GIT_CONFIG_GLOBAL: "/dev/null" },
      }).trim();
    git("init", "--quiet");
    await create();
    git("add", "--all");
    git("commit", "--quiet", "--message", "x");
    git("tag", "v0.3.0");
    git("remote", "add", "origin", "https://x:ghp_secret@github.com/acme/app.git");
    const { labels, epoch, options } = await planned();
    expect({ labels, epoch }).toEqual({
      labels: {
        "org.opencontainers.image.title": "App No. 1",
        "org.opencontainers.image.created": "2023-11-14T22:13:20Z",
        "org.opencontainers.image.source": "https://github.com/acme/app",
        "org.opencontainers.image.revision": git("rev-parse", "HEAD"),
        "org.opencontainers.image.version": "0.3.0",
      },
      epoch: 1_700_000_000,
    });
    expect(options).toContain("org.opencontainers.image.version=0.3.0");
  });
});

describe("a dev container of the user's", () => {
  test("is one image, and has no target ci", async () => {
    write(place.folder, { ".devcontainer.json": '{ "image": "debian:bookworm-slim", }\n' });
    await create();
    expect(await planned()).toMatchObject({ target: null, images: ["app-no-1:dev"] });
    expect(await build("--target", "ci", "--dry-run")).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("has one image and no targets") as string,
    });
  });

  test("by Compose takes no platform", async () => {
    write(place.folder, {
      ".devcontainer/devcontainer.json": '{ "dockerComposeFile": "compose.yaml", "service": "app", "workspaceFolder": "/w" }\n',
      ".devcontainer/compose.yaml": "services: { app: { image: debian } }\n",
    });
    await create();
    expect(await planned("--push", "--image", "r.example/a")).toMatchObject({ options: [] });
    expect((await build("--dry-run")).stdout).not.toContain("options for the builder");
    const { exit, stdout } = await build("--dry-run", "--json", "--platform", "linux/arm64");
    expect(exit).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "cannot-build" } });
  });
});

describe("an .npmrc with a token", () => {
  test("that is not there is refused, and is looked for where the command runs as if it were started", async () => {
    await create();
    write(place.folder, { "below/token.npmrc": "" });
    expect(await build("--dry-run", "--npmrc", "token.npmrc")).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("--npmrc: there is no file") as string,
    });
    const { exit, stdout } = await build("..", "--dry-run", "--json", "--cwd", "below", "--npmrc", "token.npmrc");
    expect({ exit, said: (JSON.parse(stdout) as Planned).options.join(" ") }).toEqual({
      exit: 0,
      said: expect.stringMatching(/--secret id=npmrc,src=\S+below\S+token\.npmrc/) as string,
    });
  });

  test.each([
    ["an image", { ".devcontainer.json": '{ "image": "debian:bookworm-slim" }\n' }],
    [
      "Compose",
      {
        ".devcontainer.json": '{ "dockerComposeFile": "compose.yaml", "service": "app", "workspaceFolder": "/w" }\n',
        "compose.yaml": "services: { app: { image: debian } }\n",
      },
    ],
  ])("is refused where it would have no effect: a dev container of the user's by %s", async (_by, files) => {
    write(place.folder, { ...files, npmrc: "" });
    await create();
    const { exit, stdout } = await build("--dry-run", "--json", "--npmrc", "npmrc");
    expect(exit).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: "cannot-build", message: expect.stringContaining("the build of a Feature gets no secrets") as string },
    });
  });

  test("is for the user's own Dockerfile only, and a note says so", async () => {
    write(place.folder, {
      ".devcontainer/devcontainer.json": '{ "build": { "dockerfile": "Dockerfile" } }\n',
      ".devcontainer/Dockerfile": "FROM debian:bookworm-slim\n",
      npmrc: "",
    });
    await create();
    const { exit, stdout } = await build("--dry-run", "--npmrc", "npmrc");
    expect(exit).toBe(0);
    expect(stdout).toContain("Note: --npmrc is for your Dockerfile only: the build of a Feature gets no secrets.\n");
  });
});

describe("what is refused", () => {
  test.each([
    [["--push"], 2, "no-name"],
    [["--image", "Not A Name"], 2, "bad-flag"],
    [["--image", `a@sha256:${"0".repeat(64)}`], 2, "bad-flag"],
    [["--target", "prod"], 2, "bad-flag"],
    [["--platform", "linux arm64"], 2, "bad-flag"],
    [["--config", ".devcontainer/other/devcontainer.json"], 2, "no-such-dev-container"],
    [[], 4, "no-docker"],
  ])("%j", async (args, exit, code) => {
    await create();
    const ran = await build("--json", ...args);
    expect(JSON.parse(ran.stdout)).toMatchObject({ error: { code, exit } });
    expect(ran.exit).toBe(exit);
  });

  test("a folder without an environment, and a file that says nothing of a container", async () => {
    expect(await build()).toMatchObject({ exit: 2, stderr: expect.stringContaining("has no environment to build") as string });
    await create();
    write(place.folder, { ".devcontainer/devcontainer.json": "{ }\n" });
    expect(await build()).toMatchObject({
      exit: 4,
      stderr: expect.stringContaining("names no image, Dockerfile or Compose file") as string,
    });
  });
});

describe("files that are not those of spec and lock", () => {
  const drift = "the files are used as they are, and 1 differs from spec and lock; see  npx create-aperture-env check";

  test("are built as they are, which the report says", async () => {
    await create();
    const spec = `${place.folder}/aperture-env.yaml`;
    const before = readFileSync(spec, "utf8");
    writeFileSync(spec, before.replace(/^model: .*$/m, "model: openai/gpt-6.1-sol"));
    expect(await planned()).toMatchObject({ notes: expect.arrayContaining([drift]) });
    expect((await build("--dry-run")).stdout).toContain(`Note: ${drift}.\n`);
    expect((await runPiped(["verify"], place.folder, path)).stderr).toContain(`Note: ${drift}.\n`);
    writeFileSync(spec, before);
    expect((await planned()).notes).not.toContain(drift);
  });

  test("keep no build from being tried where they cannot be compared", async () => {
    await create();
    writeFileSync(`${place.folder}/aperture-env.yaml`, "aperture: [");
    expect((await planned()).status).toBe("planned");
  });
});
