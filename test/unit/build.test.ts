/** What is built, before anything is: configurations, words, refusals and labels as values. */
import { describe, expect, test } from "vitest";
import type { Engine } from "../../src/image/engine.ts";
import { epochFor, labelsFor } from "../../src/image/labels.ts";
import { createProgress } from "../../src/image/progress.ts";
import {
  findObstacle,
  kindOf,
  makeRecipe,
  withoutCompose,
  type Kind,
  type Surrounding,
  type Wanted,
} from "../../src/image/recipe.ts";
import { cacheVariables } from "../../src/verify/host.ts";
import type { Head } from "../../src/repo/git.ts";
import { printTo } from "../../src/text/terminal.ts";

const wanted: Wanted = {
  target: "ci",
  images: ["r.example/app:1", "r.example/app:latest"],
  platform: null,
  push: false,
  cacheFrom: [],
  cacheTo: null,
  noCache: false,
  sbom: false,
  provenance: false,
  npmrc: null,
};
/** Docker's own builder without containerd's store, which is what most have. */
const engine: Engine = { buildx: true, needsBuildx: true, driver: "docker", store: false, rewrites: false, platforms: [] };
const container: Engine = {
  buildx: true,
  needsBuildx: true,
  driver: "docker-container",
  store: false,
  rewrites: true,
  platforms: [],
};
/** Docker before 23, with the builder inside. */
const old: Engine = { ...engine, needsBuildx: false };
const around: Surrounding = { engine, epoch: 1_700_000_000, labels: { a: "b c" }, metadata: "/copy/metadata.json" };
const own = {
  name: "x",
  build: { dockerfile: "Dockerfile", target: "dev", args: { A: "1" }, options: ["--ssh=default"] },
  remoteUser: "node",
};

describe("a recipe", () => {
  test("of our target for jobs is the dev container, as root and with another target", () => {
    const { config, args, options, push, dockerfile } = makeRecipe("dockerfile", own, wanted, around);
    expect(config).toEqual({
      name: "x",
      containerUser: "root",
      remoteUser: "root",
      build: { ...own.build, target: "ci", options: ["--ssh=default", ...options] },
    });
    expect(options).toEqual([
      "--label",
      "a=b c",
      "--build-arg",
      "BUILDKIT_INLINE_CACHE=0",
      "--metadata-file",
      "/copy/metadata.json",
      "--provenance=false",
      "--sbom=false",
    ]);
    expect(args).toEqual(["--image-name", "r.example/app:1", "--image-name", "r.example/app:latest"]);
    expect({ push, dockerfile }).toEqual({ push: [], dockerfile: null });
  });

  test("of our target for editors keeps its account", () => {
    const { config } = makeRecipe("dockerfile", own, { ...wanted, target: "dev" }, around);
    expect(config).toMatchObject({ remoteUser: "node", build: { target: "dev" } });
    expect(config).not.toHaveProperty("containerUser");
  });

  test("of a dev container from an image is a Dockerfile of one line, whose variables the CLI still puts in", () => {
    const given = { image: "r.example/${localEnv:BASE}", features: { "./aperture-env": {} }, remoteUser: "dev" };
    const { config, dockerfile } = makeRecipe("image", given, { ...wanted, target: null }, around);
    expect(dockerfile).toBe("ARG APERTURE_ENV_IMAGE\nFROM $APERTURE_ENV_IMAGE\n");
    expect(config).toEqual({
      features: { "./aperture-env": {} },
      remoteUser: "dev",
      build: {
        dockerfile: "aperture-env.Dockerfile",
        args: { APERTURE_ENV_IMAGE: "r.example/${localEnv:BASE}" },
        options: expect.arrayContaining(["--label", "a=b c"]) as string[],
      },
    });
  });

  test("of a dev container by Compose is as it is, and Docker pushes what was built", () => {
    const given = { dockerComposeFile: "compose.yaml", service: "app" };
    const recipe = makeRecipe("compose", given, { ...wanted, target: null, push: true }, around);
    expect(recipe).toMatchObject({ config: given, options: [], push: wanted.images, dockerfile: null });
    expect(recipe.args).not.toContain("--push");
    expect(recipe.notes).toContain("Docker Compose takes no labels from here");
  });

  test("hands on what Buildx takes", () => {
    const more = {
      platform: "linux/amd64,linux/arm64",
      push: true,
      cacheFrom: ["r.example/cache", "type=gha"],
      cacheTo: "type=gha",
    };
    const all = { ...wanted, ...more, noCache: true, sbom: true, provenance: true, npmrc: "/home/x/.npmrc" };
    const { args, options } = makeRecipe("dockerfile", own, all, { ...around, engine: { ...container, rewrites: false } });
    expect(args.slice(4).join(" ")).toBe(
      "--platform linux/amd64,linux/arm64 --push --cache-from r.example/cache --cache-from type=gha --cache-to type=gha --no-cache",
    );
    expect(options).toEqual(expect.arrayContaining(["id=npmrc,src=/home/x/.npmrc", "--provenance=mode=min", "--sbom=true"]));
  });

  test("writes a cache into the image where that is asked for, and only there", () => {
    const { options } = makeRecipe("dockerfile", own, { ...wanted, cacheTo: "type=inline" }, around);
    expect(options).not.toContain("BUILDKIT_INLINE_CACHE=0");
  });

  test("sets the times in layers where the builder can, and says where it cannot", () => {
    const output = (given: Partial<Wanted>, by: Partial<Surrounding>): readonly [string[], readonly string[]] => {
      const { args, notes } = makeRecipe("dockerfile", own, { ...wanted, images: [], ...given }, { ...around, ...by });
      return [[...args], notes];
    };
    expect(output({ push: true }, { engine: container })).toEqual([["--output", "type=registry,rewrite-timestamp=true"], []]);
    expect(output({}, { engine: container })).toEqual([["--output", "type=docker,rewrite-timestamp=true"], []]);
    expect(output({ push: true }, {})).toEqual([["--push"], [expect.stringContaining("cannot set the times") as string]]);
    expect(output({}, { engine: container, epoch: null })).toEqual([[], [expect.stringContaining("no commit") as string]]);
  });

  test("without Buildx has nothing of it in it, and Docker pushes", () => {
    const { args, options, push } = makeRecipe(
      "dockerfile",
      own,
      { ...wanted, push: true },
      { ...around, engine: { ...engine, buildx: false } },
    );
    expect(options.join(" ")).not.toMatch(/metadata|provenance|sbom/);
    expect({ args: args.includes("--push"), push }).toEqual({ args: false, push: wanted.images });
  });
});

test.each<[object, Kind | null]>([
  [{ image: "x" }, "image"],
  [{ build: { dockerfile: "Dockerfile" } }, "dockerfile"],
  [{ dockerFile: "Dockerfile" }, "dockerfile"],
  [{ dockerComposeFile: "compose.yaml", service: "x", image: "y" }, "compose"],
  [{ build: {} }, null],
  [{}, null],
])("%j is made from %s", (config, kind) => {
  expect(kindOf(config as Record<string, unknown>)).toBe(kind);
});

describe("what cannot be built here is refused before it is begun", () => {
  const both = "linux/amd64,linux/arm64";
  test.each<[Partial<Wanted>, Kind, Engine, RegExp, boolean]>([
    [{ platform: both, push: true }, "dockerfile", engine, /cannot build for several platforms\./, false],
    [{ sbom: true, provenance: true, push: true }, "dockerfile", engine, /cannot attach an SBOM, or attach provenance\./, false],
    [{ cacheTo: "type=registry,ref=x" }, "image", engine, /cannot write a cache elsewhere/, false],
    [{ platform: both }, "dockerfile", container, /for several platforms cannot be stored/, true],
    [{ sbom: true }, "dockerfile", container, /with attestations cannot be stored/, true],
    [{ platform: "linux/arm64" }, "dockerfile", { ...old, buildx: false }, /--platform needs Buildx/, false],
    [
      { platform: both, push: true },
      "dockerfile",
      { ...container, platforms: ["linux/amd64", "linux/386"] },
      /cannot run programs for linux\/arm64, which/,
      false,
    ],
    [{}, "dockerfile", { ...engine, buildx: false }, /builds nothing without its plugin Buildx/, false],
    [{ cacheFrom: ["x"] }, "dockerfile", { ...old, buildx: false }, /--cache-from needs Buildx/, false],
    [{ platform: "linux/arm64", sbom: true }, "compose", container, /does not support --platform, --sbom/, true],
  ])("%j of a %s", (asked, kind, by, why, usage) => {
    const found = findObstacle(kind, { ...wanted, ...asked }, by);
    expect(found).toMatchObject({
      usage,
      why: expect.stringMatching(why) as string,
      fix: expect.stringMatching(/\.$/) as string,
    });
  });

  test.each<[Partial<Wanted>, Kind, Engine]>([
    [{}, "dockerfile", engine],
    [{ platform: "linux/arm64", cacheTo: "type=inline", cacheFrom: ["x"] }, "dockerfile", engine],
    [{ platform: both, sbom: true, provenance: true }, "dockerfile", { ...engine, store: true }],
    [{ platform: both, sbom: true, provenance: true, push: true }, "image", container],
    [
      { platform: "linux/arm/v7,linux/amd64" },
      "dockerfile",
      { ...container, store: true, platforms: ["linux/arm", "linux/amd64"] },
    ],
    [{ push: true }, "compose", { ...old, buildx: false }],
  ])("%j of a %s can be", (asked, kind, by) => {
    expect(findObstacle(kind, { ...wanted, ...asked }, by)).toBeNull();
  });
});

test("a job's own cache gets the job's variables where it is asked for, and nothing else does", () => {
  const env = { ACTIONS_RUNTIME_TOKEN: "t", ACTIONS_RESULTS_URL: "u", GITHUB_TOKEN: "s", ACTIONS_ID_TOKEN_REQUEST_TOKEN: "i" };
  expect(cacheVariables(["type=gha,mode=max", ""], env)).toEqual({ ACTIONS_RUNTIME_TOKEN: "t", ACTIONS_RESULTS_URL: "u" });
  expect(cacheVariables(["type=registry,ref=x/gha"], env)).toEqual({});
});

describe("labels", () => {
  const head: Head = { hash: "c0ffee", tree: "t", time: 1_700_000_000, tags: ["v1.2.3", "latest"], remote: null };
  const of = (given: Partial<Head> | null, env = {}): Record<string, string> =>
    labelsFor({ name: "app", head: given && { ...head, ...given }, epoch: 1_700_000_000, env });
  const source = "org.opencontainers.image.source";

  test("say all that is known of the commit, and nothing else", () => {
    expect(of({ remote: "git@github.com:acme/app.git" })).toEqual({
      "org.opencontainers.image.title": "app",
      "org.opencontainers.image.created": "2023-11-14T22:13:20Z",
      [source]: "https://github.com/acme/app",
      "org.opencontainers.image.revision": "c0ffee",
      "org.opencontainers.image.version": "1.2.3",
    });
    expect(labelsFor({ name: "app", head: null, epoch: null, env: { CI_COMMIT_TAG: "v2.0.0" } })).toEqual({
      "org.opencontainers.image.title": "app",
    });
  });

  test.each([
    ["https://user:ghp_secret@github.com/acme/app.git", "https://github.com/acme/app"],
    ["https://oauth2@git.example:8443/a/b/c/", "https://git.example:8443/a/b/c"],
    ["ssh://git@git.example:2222/acme/app.git", "https://git.example/acme/app"],
    ["http://git.example/acme/app", "http://git.example/acme/app"],
    ["/home/me/app", undefined],
    ["file:///home/me/app", undefined],
    ["https://git.example/acme/app?token=x", undefined],
    ['https://git.example/a"\nb', undefined],
  ])("name the source without a login in it: %s", (remote, expected) => {
    expect(of({ remote })[source]).toBe(expected);
  });

  test("take the job's own words before the remote", () => {
    const github = { GITHUB_SERVER_URL: "https://github.com", GITHUB_REPOSITORY: "acme/app" };
    expect(
      of({ remote: "git@elsewhere.example:x/y" }, { ...github, GITHUB_REF_TYPE: "tag", GITHUB_REF_NAME: "v3.0.0" }),
    ).toMatchObject({
      [source]: "https://github.com/acme/app",
      "org.opencontainers.image.version": "3.0.0",
    });
    expect(of({ tags: [] }, { ...github, GITHUB_REF_TYPE: "branch", GITHUB_REF_NAME: "1.x" })).not.toHaveProperty(
      "org.opencontainers.image.version",
    );
    expect(of({}, { CI_PROJECT_URL: "https://gitlab.com/acme/app" })[source]).toBe("https://gitlab.com/acme/app");
  });

  test("the time is SOURCE_DATE_EPOCH's, else the commit's", () => {
    expect(epochFor({ SOURCE_DATE_EPOCH: "5" }, head)).toBe(5);
    for (const env of [{}, { SOURCE_DATE_EPOCH: "" }]) expect(epochFor(env, head)).toBe(1_700_000_000);
    expect(epochFor({}, null)).toBeNull();
    for (const said of ["soon", "-1", "1e9", "2026-12-01"])
      expect(() => epochFor({ SOURCE_DATE_EPOCH: said }, head), said).toThrow(/SOURCE_DATE_EPOCH cannot be/);
  });
});

describe("progress", () => {
  const lines = [
    '[2026-11-30T17:41:32.628Z] #0 building with "default" instance using docker driver',
    "#1 [internal] load build definition from Dockerfile",
    "#1 DONE 0.0s",
    "#5 [ci 1/6] FROM docker.io/library/debian:bookworm-slim",
    "#5 CACHED",
    "[2026-11-30T17:41:33.121Z] #10 [ci 3/6] RUN sh packages.sh \u001B[31m",
    "#10 0.256 Get:1 http://apt.example/debian bookworm InRelease [151 kB]",
    "#11 exporting to image",
    "nothing of BuildKit's",
  ];
  const run = (isTTY: boolean): string => {
    let text = "";
    const progress = createProgress(printTo({ isTTY, write: (more) => (text += more) }), () => 0);
    lines.forEach(progress.onLine);
    progress.end();
    return text;
  };

  test("is a line for each step where nobody looks on, and foreign escapes are written out", () => {
    expect(run(false)).toBe(
      [
        "   0 s  [ci 1/6] FROM docker.io/library/debian:bookworm-slim",
        "   0 s  [ci 3/6] RUN sh packages.sh \\u{1b}[31m",
        "   0 s  exporting to image",
        "",
      ].join("\n"),
    );
  });

  test("leaves out what Docker Compose's builder does inside, and keeps which caches could not be read", () => {
    let text = "";
    const progress = createProgress(printTo({ isTTY: false, write: (more) => (text += more) }), () => 0);
    for (const line of [
      "#1 [app internal] load build definition from Dockerfile-with-features",
      "#2 [app context dev_containers_feature_content_source] load from client",
      "#3 [app dev_containers_target_stage 1/5] RUN mkdir",
      "#4 importing cache manifest from r.example/app:cache",
      "#4 ERROR: r.example/app:cache: not found",
      "#5 importing cache manifest from r.example/app:other",
      "#5 DONE 0.1s",
      "#6 exporting to image",
      "#6 ERROR: something else",
    ])
      progress.onLine(line);
    expect(text.split("\n").map((line) => line.slice(8))).toEqual([
      "[app dev_containers_target_stage 1/5] RUN mkdir",
      "importing cache manifest from r.example/app:cache",
      "importing cache manifest from r.example/app:other",
      "exporting to image",
      "",
    ]);
    expect(progress.missed()).toEqual(["the cache r.example/app:cache could not be read: r.example/app:cache: not found"]);
  });

  test("is one line on a terminal, of which nothing is left", () => {
    const text = run(true);
    expect(text).not.toContain("\n");
    expect(text.split("\r\u001B[K")).toHaveLength(5);
    expect(text.endsWith("\r\u001B[K")).toBe(true);
  });
});

test("a dev container of ours that Compose starts beside another one is built from its Dockerfile, for either target", () => {
  const composed = {
    name: "sample",
    dockerComposeFile: "docker-compose.yml",
    service: "dev",
    workspaceFolder: "/workspace",
    mounts: ["source=a,target=/a,type=volume"],
    containerUser: "vscode",
  };
  const plain = withoutCompose(composed, "0123456789ab");
  expect(plain).toEqual({
    name: "sample",
    mounts: composed.mounts,
    containerUser: "vscode",
    build: { dockerfile: "Dockerfile", args: { APERTURE_ENV_REVISION: "0123456789ab" } },
  });
  expect(kindOf(plain)).toBe("dockerfile");
  expect(makeRecipe("dockerfile", plain, { ...wanted, target: "ci" }, around).config).toMatchObject({
    build: { target: "ci", dockerfile: "Dockerfile" },
  });
});
