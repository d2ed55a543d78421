/** Base images by their digests: who asks for them, what keeps them, what moves them. Registries are one of our own, Docker Hub's name included. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { fetchImage } from "../../src/catalog/bases.ts";
import { pinnedTailscale } from "../../src/catalog/tailscale.ts";
import { lockPath, parseLock, type Lock } from "../../src/lock/lock.ts";
import { findMoved } from "../../src/registry/images.ts";
import { digestOf, manifest, startImageRegistry, type ImageRegistry } from "../support/image-registry.ts";
import { makeFolder, runPiped, treeOf, write, type Ran } from "./harness.ts";

let place: ReturnType<typeof makeFolder>;
let registry: ImageRegistry;
let asked: string[];
const images: Record<string, object> = {};
const [ci, dev] = ["debian:bookworm-slim", "mcr.microsoft.com/devcontainers/base:2-bookworm"];

beforeEach(async () => {
  place = makeFolder();
  Object.assign(images, {
    "library/debian:bookworm-slim": manifest("index", "debian"),
    "devcontainers/base:2-bookworm": manifest("index", "base"),
    "library/node:24-bookworm-slim": manifest("index", "node"),
  });
  registry = await startImageRegistry({ images, auth: "token" });
  asked = [];
  const real = fetch;
  // Under the names of the registries that bases come from, which say that they hand out tokens over TLS.
  const names = ["registry-1.docker.io", "mcr.microsoft.com", "tokens.example"];
  vi.stubGlobal("fetch", async (url: URL, request: RequestInit) => {
    asked.push(url.host);
    expect(names).toContain(url.host);
    const { status, headers, ...response } = await readAll(
      await real(`http://${registry.host}${url.pathname}${url.search}`, request),
    );
    const challenge = headers.get("www-authenticate");
    if (challenge !== null)
      headers.set("www-authenticate", challenge.replace(`http://${registry.host}`, "https://tokens.example"));
    return Object.defineProperty(new Response(response.text, { status, headers }), "url", { value: url.href });
  });
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await registry.close();
  place.remove();
});

async function readAll(response: Response): Promise<{ status: number; headers: Headers; text: string | null }> {
  const text = await response.text();
  return { status: response.status, headers: new Headers(response.headers), text: text === "" ? null : text };
}

const create = (...args: string[]): Promise<Ran> => runPiped(["--yes", ...args], place.folder);
const update = (...args: string[]): Promise<Ran> => runPiped(["update", ...args], place.folder);
const read = (path: string): string => readFileSync(join(place.folder, path), "utf8");
const lock = (): Lock => parseLock(read(lockPath))!;
const froms = (): string[] => read(".devcontainer/Dockerfile").match(/^FROM .*/gm)!;
const digest = (name: string): string => digestOf(images[name]!);

describe("an environment of its own", () => {
  test("asks nobody where nobody said so, and has the tags", async () => {
    expect((await create()).exit).toBe(0);
    expect((await update("--yes")).exit).toBe(0);
    expect(asked).toEqual([]);
    expect(lock().pins).toBeUndefined();
    expect(froms()).toEqual([`FROM ${fetchImage} AS opencode`, `FROM ${ci} AS ci`, `FROM ${dev} AS dev`]);
  });

  test("has every base by its tag and its digest with --pins, in the lock and in the Dockerfile, and keeps them", async () => {
    const { exit, stdout, stderr } = await create("--pins");
    expect({ exit, stderr }).toMatchObject({ exit: 0, stderr: expect.not.stringContaining("keeps its tag") as string });
    expect(stdout).not.toContain("keeps its tag");
    expect(stderr).toMatch(/npm create aperture-env@latest -- --pins .*--yes/);
    const pins = {
      [ci]: digest("library/debian:bookworm-slim"),
      [dev]: digest("devcontainers/base:2-bookworm"),
      [fetchImage]: digest("library/node:24-bookworm-slim"),
    };
    expect(lock().pins).toEqual(pins);
    expect(froms()).toEqual(
      Object.entries({ opencode: fetchImage, ci, dev }).map(([name, image]) => `FROM ${image}@${pins[image]!} AS ${name}`),
    );

    images["library/debian:bookworm-slim"] = manifest("index", "newer");
    asked = [];
    const before = treeOf(place.folder, true);
    expect((await update("--yes")).exit).toBe(0);
    expect((await runPiped(["check"], place.folder)).exit).toBe(0);
    expect(asked).toEqual([]);
    expect(treeOf(place.folder, true)).toEqual(before);
  });

  test("moves with update --pins, which says from where to where", async () => {
    await create("--pins");
    const [before, revision] = [lock().pins![ci]!, lock().revision];
    write(place.folder, {
      ".devcontainer/Dockerfile": read(".devcontainer/Dockerfile").replace(
        "# Your layers for ci, such as packages: below this line. They run as root, and stay cached when the environment changes.\n",
        (line) => `${line}RUN apt-get update\n`,
      ),
    });
    images["library/debian:bookworm-slim"] = manifest("index", "newer");
    const after = digest("library/debian:bookworm-slim");
    const { exit, stdout } = await update("--yes", "--pins", "--summary", "markdown");
    expect(exit).toBe(0);
    expect(stdout).toContain(`- \`${ci}\`: \`${before}\` → \`${after}\``);
    expect(stdout).not.toContain(dev);
    expect(froms()[1]).toBe(`FROM ${ci}@${after} AS ci`);
    expect(read(".devcontainer/Dockerfile")).toContain("RUN apt-get update\n");
    expect(lock().revision).not.toBe(revision);
  });

  test("says on stderr what is in conflict, too, where stdout is the text of a pull request", async () => {
    await create("--pins");
    const theirs = read(".devcontainer/Dockerfile").replace(
      /^FROM debian:\S+ AS ci$/m,
      "FROM debian:bookworm-slim@sha256:0 AS ci",
    );
    write(place.folder, { ".devcontainer/Dockerfile": theirs });
    images["library/debian:bookworm-slim"] = manifest("index", "newer");
    const before = treeOf(place.folder, true);
    const { exit, stdout, stderr } = await update("--yes", "--pins", "--summary", "markdown");
    expect(exit).toBe(3);
    expect(stdout).toMatch(
      /- `\.devcontainer\/Dockerfile`: \*\*in conflict\*\*: was edited .*differently\. Merge both by hand and run again/,
    );
    expect(stderr).toMatch(
      /^Nothing was written:\n {4}! \.devcontainer\/Dockerfile was edited .*\n {6}merge both by hand and run again/m,
    );
    expect(treeOf(place.folder, true)).toEqual(before);
  });

  test("moves on from a digest that a bot has put into the Dockerfile alone", async () => {
    await create("--pins");
    const bots = `sha256:${"d".repeat(64)}`;
    write(place.folder, { ".devcontainer/Dockerfile": read(".devcontainer/Dockerfile").replaceAll(lock().pins![ci]!, bots) });
    images["library/debian:bookworm-slim"] = manifest("index", "newer");
    expect((await update("--yes", "--pins")).exit).toBe(0);
    const after = digest("library/debian:bookworm-slim");
    expect(lock().pins![ci]).toBe(after);
    expect(froms()[1]).toBe(`FROM ${ci}@${after} AS ci`);
    expect((await runPiped(["check"], place.folder)).exit).toBe(0);
  });

  test("keeps its digests, or tags where there are none, where a registry does not answer, with a word and exit 0", async () => {
    await create("--pins");
    const { pins } = lock();
    vi.stubGlobal("fetch", () => Promise.reject(Object.assign(new TypeError("failed"), { cause: { code: "EAI_AGAIN" } })));
    const { exit, stdout } = await update("--yes", "--pins", "--json");
    expect(exit).toBe(0);
    expect((JSON.parse(stdout) as { warnings: string[] }).warnings).toContain(
      `${ci} keeps its digest: docker.io could not be reached (EAI_AGAIN)`,
    );
    expect(lock().pins).toEqual(pins);
    const other = makeFolder();
    const made = await runPiped(["--yes", "--pins", "--json"], other.folder);
    expect(made.exit).toBe(0);
    expect((JSON.parse(made.stdout) as { warnings: string[] }).warnings).toContain(
      `${ci} keeps its tag: docker.io could not be reached (EAI_AGAIN)`,
    );
    other.remove();
  });

  test("of another base loses the digests of the old one, and says what brings those of the new one", async () => {
    await create("--pins");
    const { stdout } = await update("--yes", "--base", "go", "--json");
    const { warnings } = JSON.parse(stdout) as { warnings: string[] };
    expect(warnings).toContain("golang:1.26-bookworm has no digest yet: run  npx create-aperture-env update --pins");
    expect(Object.keys(lock().pins!)).toEqual([fetchImage]);
  });

  test("on an image of the user's that has a digest already asks for that of no other than the one that fetches", async () => {
    const image = `ghcr.io/acme/dev:1@sha256:${"cd".repeat(32)}`;
    expect((await create("--pins", "--base", `image=${image},libc=glibc,user=dev`)).exit).toBe(0);
    expect(Object.keys(lock().pins!)).toEqual([fetchImage]);
    expect(froms().slice(1)).toEqual([`FROM ${image} AS ci`, `FROM ${image} AS dev`]);
  });
});

test("in a dev container of the user's there is nothing of ours to pin", async () => {
  write(place.folder, { ".devcontainer.json": '{ "image": "debian:bookworm-slim" }\n' });
  expect((await create("--pins")).exit).toBe(0);
  expect(asked).toEqual([]);
  expect(lock().pins).toBeUndefined();
});

test("the image of a container beside the environment is pinned, too, in every shape", async () => {
  const tag = `tailscale/tailscale:v${pinnedTailscale.version}`;
  images[tag] = manifest("index", "tailscale");
  const pinned = `${tag}@${digest(tag)}`;
  expect((await create("--connection", "sidecar", "--pins")).exit).toBe(0);
  expect(read(".devcontainer/aperture-env/sidecar/tailscale.yaml")).toContain(`image: "${pinned}"\n`);
  expect(Object.keys(lock().pins!)).toHaveLength(4);
  const theirs = makeFolder();
  write(theirs.folder, {
    ".devcontainer/devcontainer.json": '{ "dockerComposeFile": "compose.yaml", "service": "app", "workspaceFolder": "/w" }\n',
    ".devcontainer/compose.yaml": "services:\n  app:\n    image: debian\n",
  });
  const made = await runPiped(["--yes", "--connection", "sidecar", "--pins"], theirs.folder);
  expect(made.exit, made.stderr).toBe(0);
  const service = readFileSync(join(theirs.folder, ".devcontainer/aperture-env/sidecar/tailscale.yaml"), "utf8");
  expect(service).toContain(`image: "${pinned}"\n`);
  theirs.remove();
});

test("a check that may ask says what has moved, and what it could not ask for", async () => {
  await create("--pins");
  const here = { target: place.folder, env: { PATH: "" } };
  expect(await findMoved(lock(), here)).toEqual([]);
  images["library/debian:bookworm-slim"] = manifest("index", "newer");
  delete images["devcontainers/base:2-bookworm"];
  expect(await findMoved(lock(), here)).toEqual([
    {
      path: lockPath,
      state: "outdated",
      message: `${ci} is now ${digest("library/debian:bookworm-slim")}, and this has ${lock().pins![ci]!}`,
      hint: "run  npx create-aperture-env update --pins",
    },
    {
      path: lockPath,
      state: "unasked",
      message: `${dev} could not be checked for a newer digest: mcr.microsoft.com does not have it`,
      hint: null,
    },
  ]);
});

test("a lock whose pins are none is damaged", async () => {
  await create("--pins");
  for (const pins of [{ [ci]: "latest" }, { "a b": lock().pins![ci] }, []])
    expect(parseLock(JSON.stringify({ ...lock(), pins })), JSON.stringify(pins)).toBeNull();
});

test("OpenCode's latest moves with --pins alone, and stays where nobody can say what it is", async () => {
  await create();
  const { opencode } = lock();
  write(place.folder, {
    "aperture-env.yaml": read("aperture-env.yaml").replace(/version: 1\S+/, "version: latest"),
    [lockPath]: read(lockPath).replace(/"opencode": "1[^"]+"/, '"opencode": "latest"'),
  });
  // Without npm nobody can.
  const bin = makeFolder();
  const offline = { PATH: bin.folder };
  expect((await runPiped(["update", "--yes", "--json"], place.folder, offline)).exit).toBe(0);
  const { exit, stdout } = await runPiped(["update", "--yes", "--pins", "--json"], place.folder, offline);
  expect(exit, stdout).toBe(0);
  expect((JSON.parse(stdout) as { warnings: string[] }).warnings).toContain(
    `OpenCode stays ${opencode.version}: npm could not be started, and it is needed to find versions of OpenCode.`,
  );
  expect(lock().opencode).toEqual(opencode);

  if (process.platform === "win32") return;
  writeFileSync(join(bin.folder, "npm"), "#!/bin/sh\nkill -9 $$\n", { mode: 0o755 });
  const ended = await runPiped(["check", "--outdated"], place.folder, offline);
  expect(ended).toMatchObject({
    exit: 4,
    stderr: expect.stringMatching(/^npm was ended by SIGKILL\.\nSee {2}npm view /) as string,
  });
  // What differs is told all the same, and what the registries of images say.
  write(place.folder, { ".devcontainer/aperture-env/auth.json": "{}\n" });
  const drifted = await runPiped(["check", "--outdated"], place.folder, offline);
  expect(drifted).toMatchObject({ exit: 3, stderr: "" });
  expect(drifted.stdout).toMatch(
    /! \.devcontainer\/aperture-env\/auth\.json [^]*= aperture-env\.lock {2}npm was ended by SIGKILL\n/,
  );
  expect((await runPiped(["update", "--yes", "--restore"], place.folder, offline)).exit).toBe(0);
  const integrity = `sha512-${"A".repeat(86)}==`;
  const npm = `#!/bin/sh\ncase "$3" in versions) echo '["1.18.18","1.99.0"]' ;; *) echo '"${integrity}"' ;; esac\n`;
  writeFileSync(join(bin.folder, "npm"), npm, { mode: 0o755 });
  const online = { PATH: `${bin.folder}:/usr/bin:/bin` };
  expect((await runPiped(["update", "--yes"], place.folder, online)).exit).toBe(0);
  expect(lock().opencode.version).toBe(opencode.version);
  expect((await runPiped(["update", "--yes", "--pins"], place.folder, online)).exit).toBe(0);
  expect(lock().opencode.version).toBe("1.99.0");
  bin.remove();
});
