/** Every generated file of every golden tree, before those who will read it: published schemas, shellcheck, a Dockerfile parser, git, the Dev Containers CLI. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type AnySchema, type Options, type ValidateFunction } from "ajv";
import { Ajv2019 } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import { execa } from "execa";
import { parse as parseJsonc, type ParseError } from "jsonc-parser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { withOwn } from "../../src/catalog/hooks.ts";
import { findBase } from "../../src/catalog/bases.ts";
import { featurePath, isDevcontainerPath, ownCompose } from "../../src/catalog/files.ts";
import { hashText, lockPath, parseLock, type Lock } from "../../src/lock/lock.ts";
import { runtimeOf } from "../../src/parts/connection-answer.ts";
import { specPath } from "../../src/spec/spec.ts";
import { makeTemporary, registry, textOf, writeTree, type GoldenCase } from "./cases.ts";
import { judgeDockerfile } from "./dockerfile-judge.ts";
import { revisionOf } from "./invariants.ts";
import { devcontainerSchema, featureSchema, opencodeSchema } from "./specification.ts";
import { caseNames, readCase } from "./store.ts";
import { isThere, skips } from "../support/skips.ts";

const root = join(import.meta.dirname, "..", "..");
const featureFolder = ".devcontainer/aperture-env";
/** The one script that is read by another one, and never started. */
const attributionPath = `${featureFolder}/attribution.sh`;

/** A case that wrote something, with the files that open its dev containers. */
interface Environment extends GoldenCase {
  readonly lock: Lock;
  readonly devcontainers: readonly string[];
}

const environments: readonly Environment[] = caseNames
  .map(readCase)
  .filter(({ after }) => after[lockPath] !== undefined)
  .map((golden) => {
    const lock = parseLock(textOf(golden.after, lockPath));
    if (lock === null) throw new Error(`the lock of ${golden.name} cannot be read`);
    return { ...golden, lock, devcontainers: Object.keys(lock.files).filter(isDevcontainerPath) };
  });
/** Each dev container of each of them. */
const opened = environments.flatMap((environment) =>
  environment.devcontainers.map((devcontainer) => ({ ...environment, devcontainer })),
);

/** Whether the Feature is named the same from all dev containers, so that it can depend on the nested one. */
function hasNested({ devcontainers }: Environment): boolean {
  return new Set(devcontainers.map(featurePath)).size === 1;
}

/** The files of an environment that are ours as a whole. */
function generatedPaths({ lock, before }: Environment): string[] {
  const own = Object.entries(lock.files).filter(([, { strategy, created }]) => strategy === "own" || created === true);
  return [...own.map(([path]) => path), lockPath, ...(before[specPath] === undefined ? [specPath] : [])];
}

/** The environments with a file of that path, each with its text. */
function everyText(path: string): { name: string; text: string; environment: Environment }[] {
  return environments
    .filter(({ after }) => after[path] !== undefined)
    .map((environment) => ({ name: environment.name, text: textOf(environment.after, path), environment }));
}

/** How the dev container of its own is built, by devcontainer.json or by the Compose file that it names. */
function buildOf({ after, devcontainers }: Environment): { dockerfile: string; target: string; args: object } {
  type Built = { readonly build: ReturnType<typeof buildOf> };
  if (after[ownCompose] === undefined) return (readJsonc(textOf(after, devcontainers[0]!)) as Built).build;
  return (parseYaml(textOf(after, ownCompose)) as { services: { dev: Built } }).services.dev.build;
}

function readJsonc(text: string): unknown {
  const errors: ParseError[] = [];
  const value: unknown = parseJsonc(text, errors, { allowTrailingComma: true });
  expect(errors).toEqual([]);
  return value;
}

/** What a schema has to say against a value; nothing where it is valid. */
function complaints(validate: ValidateFunction, value: unknown): string[] {
  void validate(value);
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

const schemaFolder = join(root, "..", "shared", "schemas");
const noSchemas = existsSync(schemaFolder) ? null : "../shared/schemas is not there";
const lenient: Options = { strict: false, validateFormats: false, logger: false };
const readSchema = (name: string): AnySchema => JSON.parse(readFileSync(join(schemaFolder, name), "utf8")) as AnySchema;

test("every case but the one with a conflict is judged here, and every dev container of it", () => {
  expect(environments.length).toBe(caseNames.length - 1);
  expect(environments.filter(({ devcontainers }) => devcontainers.length === 0)).toEqual([]);
  expect(environments.find(({ name }) => name === "feature-several")!.devcontainers).toHaveLength(3);
});

describe("what lies in the tree", () => {
  test.each(environments)("$name: the user's files, those of the lock, spec and lock, and nothing else", (environment) => {
    const { before, after, lock } = environment;
    const expected = new Set([...Object.keys(before), ...Object.keys(lock.files), specPath, lockPath]);
    expect(Object.keys(after).sort()).toEqual([...expected].sort());
  });

  test.each(environments)(
    "$name: generated files have LF only, end with one, and no stray space at a line's end",
    (environment) => {
      for (const path of generatedPaths(environment)) {
        const text = textOf(environment.after, path);
        expect(text, path).not.toContain("\r");
        expect(text, path).toMatch(/[^\n]\n$/);
        expect(text, path).not.toMatch(/[ \t]$/m);
      }
    },
  );

  test.each(environments)("$name: scripts that are started can be executed, and nothing else", ({ after, lock }) => {
    const executable = Object.keys(lock.files).filter((path) => after[path]!.executable);
    const scripts = Object.keys(lock.files).filter((path) => path.endsWith(".sh") && path !== attributionPath);
    expect(executable).toEqual(process.platform === "win32" ? [] : scripts);
  });
});

describe("aperture-env.lock", () => {
  test.each(environments)(
    "$name: has the hash of each file that was written, and the text of those that people edit",
    (environment) => {
      const { after, lock } = environment;
      for (const [path, { hash, ancestor }] of Object.entries(lock.files)) {
        expect(hash, path).toBe(hashText(textOf(after, path)));
        if (ancestor !== undefined) expect(ancestor.join("\n"), path).toBe(textOf(after, path));
      }
    },
  );

  test.each(environments)("$name: its revision is that of the files that go into the image", ({ after, lock }) => {
    expect(lock.revision).toBe(revisionOf(after));
  });

  test.each(opened)("$name: its revision is the one that $devcontainer names", ({ after, lock, devcontainer }) => {
    // Where Compose builds it, its file is the place.
    const places = [devcontainer, ...(after[ownCompose] === undefined ? [] : [ownCompose])];
    expect(places.some((place) => textOf(after, place).includes(lock.revision))).toBe(true);
  });

  test.each(environments)("$name: takes no file of the user's for its own", ({ before, lock }) => {
    const known = parseLock(before[lockPath] === undefined ? "" : Buffer.from(before[lockPath].bytes, "latin1").toString("utf8"));
    for (const [path, { strategy, created }] of Object.entries(lock.files)) {
      const mayBeThere = ["keys", "block"].includes(strategy) || (strategy === "lines" && created === undefined);
      if (known?.files[path] === undefined && !mayBeThere) expect(before[path], path).toBeUndefined();
    }
  });

  test.each(opened)("$name: knows a registry only where a Feature may need it: $devcontainer", ({ lock, devcontainer }) => {
    expect(lock.registry).toBe(lock.files[devcontainer]!.strategy === "keys" ? registry : "");
  });
});

const published = {
  devcontainer: () => new Ajv2019(lenient).compile(readSchema("devContainer.base.schema.json")),
  feature: () => new Ajv(lenient).compile(readSchema("devContainerFeature.schema.json")),
  opencode: () => new Ajv2020(lenient).compile(readSchema("opencode-config.schema.json")),
};
/** What stands in where the published ones cannot be had. */
const own: typeof published = {
  devcontainer: () => new Ajv(lenient).compile(devcontainerSchema),
  feature: () => new Ajv(lenient).compile(featureSchema),
  opencode: () => new Ajv(lenient).compile(opencodeSchema),
};

describe.skipIf(skips("published schemas", noSchemas))("published schemas", () => judgeBySchemas(published));
describe("schemas written from the specifications", () => judgeBySchemas(own));

function judgeBySchemas(compile: typeof published): void {
  test.each(opened)("$name: $devcontainer", ({ after, devcontainer }) => {
    expect(complaints(compile.devcontainer(), readJsonc(textOf(after, devcontainer)))).toEqual([]);
  });

  test.each(environments)("$name: both devcontainer-feature.json", ({ after }) => {
    const validate = compile.feature();
    for (const path of [`${featureFolder}/devcontainer-feature.json`, `${featureFolder}/opencode/devcontainer-feature.json`]) {
      const value = JSON.parse(textOf(after, path)) as { id: string };
      expect(complaints(validate, value), path).toEqual([]);
      // A local Feature is named by its folder.
      expect(path.split("/").at(-2)).toBe(value.id);
    }
  });

  test.each(everyText(`${featureFolder}/opencode.json`))("$name: opencode.json", ({ text }) => {
    expect(complaints(compile.opencode(), parseJsonc(text))).toEqual([]);
  });

  test("they refuse a key that is not theirs", () => {
    expect(complaints(compile.devcontainer(), { image: "debian", unknown: 1 })).not.toEqual([]);
    expect(complaints(compile.feature(), { id: "a", version: "1.0.0", name: "a", unknown: 1 })).not.toEqual([]);
    expect(complaints(compile.opencode(), { unknown: 1 })).not.toEqual([]);
  });

  test.each([
    ["a dev container from nothing", "devcontainer", { name: "a" }],
    ["a dev container with a port that is none", "devcontainer", { image: "debian", forwardPorts: [true] }],
    ["a variable that is a list", "devcontainer", { image: "debian", containerEnv: { A: ["b"] } }],
    ["a service without its Compose file", "devcontainer", { service: "a", image: 1 }],
    ["a Feature without a version", "feature", { id: "a", name: "a" }],
    ["an option without a type", "feature", { id: "a", version: "1.0.0", name: "a", options: { b: { default: 1 } } }],
    ["a provider that is a text", "opencode", { model: "a/b", provider: { a: "b" } }],
    ["a way of sharing that is none", "opencode", { model: "a/b", provider: {}, share: "maybe" }],
    ["models as a list", "opencode", { model: "a/b", provider: { a: { models: ["b"] } } }],
  ] as const)("they refuse %s", (_what, kind, value) => {
    expect(complaints(compile[kind](), value)).not.toEqual([]);
  });
}

describe("auth.json", () => {
  test.each(everyText(`${featureFolder}/auth.json`))(
    "$name: a placeholder for each provider, and nothing else",
    ({ text, environment }) => {
      const ids = environment.lock.answers.providers.map(({ id }) => id);
      expect(JSON.parse(text)).toEqual(Object.fromEntries(ids.map((id) => [id, { type: "api", key: "-" }])));
    },
  );
});

describe("spec.schema.json", () => {
  const schemas = everyText(`${featureFolder}/spec.schema.json`);
  const strict: Options = { strict: true, allowUnionTypes: true, allErrors: true };
  const compile = (): ValidateFunction => new Ajv(strict).compile(JSON.parse(schemas[0]!.text) as AnySchema);

  test.each(schemas)(
    "$name: is a draft-07 schema without a keyword that nobody knows, and accepts the spec",
    ({ text, environment }) => {
      const schema = JSON.parse(text) as AnySchema & { $schema: string };
      expect(schema.$schema).toBe("http://json-schema.org/draft-07/schema#");
      const ajv = new Ajv(strict);
      expect(ajv.validateSchema(schema), ajv.errorsText()).toBe(true);
      expect(complaints(ajv.compile(schema), parseYaml(textOf(environment.after, specPath)))).toEqual([]);
    },
  );

  test.each([
    ["only the address", "aperture: { url: http://ai }"],
    ["an address that will be tidied up", "aperture: { url: ai.example.ts.net/v1/ }"],
    ["a provider without settings", "providers: { anthropic: , openai: {} }"],
    ["a wire format", "providers: { openai: { api: responses } }"],
    ["a model with slashes", "model: anthropic/house/tuned:7b"],
    ["latest", "opencode: { version: latest, managed: true }"],
    ["a base by name", "base: alpine"],
    ["nothing more for the dev container", "devcontainer: {}"],
    ["all dev containers", "devcontainer: { files: all }"],
    [
      "dev containers by place",
      "devcontainer: { files: [.devcontainer.json, .devcontainer/devcontainer.json, '.devcontainer/a b/devcontainer.json'] }",
    ],
    ["variables", "devcontainer: { containerEnv: { TZ: UTC, _1: 1, b: true, EMPTY: '' } }"],
    ["ports", "devcontainer: { forwardPorts: [1, 65535, 'db:5432', '3000'] }"],
    [
      "hooks",
      "devcontainer: { hooks: { onCreateCommand: a, updateContentCommand: b, postCreateCommand: c, postStartCommand: d, postAttachCommand: e } }",
    ],
    ["an image", "base: { image: ghcr.io/acme/dev:1, libc: musl, user: 1000 }"],
  ])("accepts %s", (_what, spec) => {
    expect(complaints(compile(), parseYaml(spec))).toEqual([]);
  });

  test.each([
    ["a key that is not known", "modell: anthropic/claude-sonnet-5-5", "/ additionalProperties"],
    ["a key below one that is", "aperture: { url: http://ai, port: 80 }", "/aperture additionalProperties"],
    ["a provider of one's own without its models", "providers: { acme: {} }", "/providers/acme required"],
    ["a provider that cannot be", "providers: { vercel: { models: [a] } }", "/providers propertyNames"],
    ["no provider at all", "providers: {}", "/providers minProperties"],
    ["a wire format of another provider", "providers: { anthropic: { api: responses } }", "/providers/anthropic/api enum"],
    ["an image without its C library", "base: { image: debian, user: root }", "/base required"],
    ["an image with another C library", "base: { image: debian, libc: uclibc, user: root }", "/base/libc enum"],
    ["a base that is not known", "base: slackware", "/base enum"],
    ["a model without its provider", "model: claude-sonnet-5-5", "/model pattern"],
    ["a small model without its provider", "small_model: gpt-6-luna", "/small_model pattern"],
    ["an address with a path", "aperture: { url: http://ai/openai }", "/aperture/url pattern"],
    ["an address with a user name", "aperture: { url: http://me@ai }", "/aperture/url pattern"],
    ["a scheme that is not http", "aperture: { url: ftp://ai }", "/aperture/url pattern"],
    ["another major version", "opencode: { version: 2.0.1 }", "/opencode/version pattern"],
    ["a switch as text", 'opencode: { managed: "yes" }', "/opencode/managed type"],
    ["an output that this version does not know", "outputs: [nix]", "/outputs/0 enum"],
    ["a key of a dev container that is none here", "devcontainer: { mounts: [] }", "/devcontainer additionalProperties"],
    ["a dev container in no place of one", "devcontainer: { files: [devcontainer.json] }", "/devcontainer/files/0 pattern"],
    [
      "a dev container too deep",
      "devcontainer: { files: [.devcontainer/a/b/devcontainer.json] }",
      "/devcontainer/files/0 pattern",
    ],
    ["a dev container too deep", "devcontainer: { files: [a/b/c/d/e/.devcontainer.json] }", "/devcontainer/files/0 pattern"],
    ["no dev container at all", "devcontainer: { files: [] }", "/devcontainer/files minItems"],
    ["a variable that is none", "devcontainer: { containerEnv: { A-B: x } }", "/devcontainer/containerEnv propertyNames"],
    ["a variable of ours", "devcontainer: { containerEnv: { APERTURE_URL: x } }", "/devcontainer/containerEnv propertyNames"],
    ["a variable that is a list", "devcontainer: { containerEnv: { A: [x] } }", "/devcontainer/containerEnv/A type"],
    ["a port that is none", "devcontainer: { forwardPorts: [70000] }", "/devcontainer/forwardPorts/0 maximum"],
    ["a port of an odd service", "devcontainer: { forwardPorts: ['A:1'] }", "/devcontainer/forwardPorts/0 pattern"],
    [
      "a hook that runs on the host",
      "devcontainer: { hooks: { initializeCommand: id } }",
      "/devcontainer/hooks additionalProperties",
    ],
    [
      "a hook that is a list",
      "devcontainer: { hooks: { postCreateCommand: [id] } }",
      "/devcontainer/hooks/postCreateCommand type",
    ],
    ["a connection that this version does not know", "aperture: { connection: pigeon }", "/aperture/connection enum"],
  ])("refuses %s", (_what, spec, why) => {
    const validate = compile();
    void validate(parseYaml(spec));
    expect((validate.errors ?? []).map(({ instancePath, keyword }) => `${instancePath || "/"} ${keyword}`)).toContain(why);
  });
});

describe("shell scripts", () => {
  // The same script lies in most trees: each text is judged once.
  const scripts = new Map<string, string>();
  for (const environment of environments) {
    for (const path of Object.keys(environment.lock.files).filter((candidate) => candidate.endsWith(".sh"))) {
      const text = textOf(environment.after, path);
      if (!scripts.has(text)) scripts.set(text, `${environment.name}: ${path}`);
    }
  }
  const list = [...scripts].map(([text, name]) => [name, text] as const);

  test.each(list.filter(([name]) => !name.endsWith(attributionPath)))("%s: starts with #!/bin/sh", (_name, text) => {
    expect(text).toMatch(/^#!\/bin\/sh\n/);
  });

  describe.each([
    { program: "shellcheck", args: ["-s", "sh", "-"] },
    { program: "dash", args: ["-n"] },
    { program: "sh", args: ["-n"] },
  ])("$program", ({ program, args }) => {
    const reason = isThere(program) ? null : `${program} is not installed`;
    const judge = async (input: string): Promise<{ exitCode?: number | undefined; all: string }> =>
      execa(program, args, { input, all: true, reject: false });
    const skip = skips(`${program} ${args.join(" ")}`, reason);

    test.skipIf(skip).each(list)("%s", async (_name, text) => {
      const { exitCode, all } = await judge(text);
      expect(all).toBe("");
      expect(exitCode).toBe(0);
    });

    test.skipIf(skip)("refuses what is not a script", async () => {
      expect(await judge("#!/bin/sh\nif true; then echo\n")).not.toMatchObject({ exitCode: 0 });
    });
  });
});

describe("Dockerfile", () => {
  const path = ".devcontainer/Dockerfile";
  const dockerfiles = everyText(path).filter(({ environment }) => environment.lock.files[path] !== undefined);
  const targets = ["dev", "ci"];
  const existsIn =
    (environment: Environment) =>
    (source: string): boolean =>
      Object.keys(environment.after).some((file) =>
        source.endsWith("/") ? file.startsWith(`.devcontainer/${source}`) : file === `.devcontainer/${source}`,
      );

  test.each(dockerfiles)("$name: builds everywhere and keeps no secret", ({ text, environment }) => {
    expect(judgeDockerfile(text, { targets, exists: existsIn(environment) })).toEqual([]);
  });

  test.each(dockerfiles)("$name: the dev container's target and arguments are in it", ({ text, environment }) => {
    const { containerUser, remoteUser } = readJsonc(textOf(environment.after, environment.devcontainers[0]!)) as Record<
      string,
      never
    >;
    const build = buildOf(environment);
    expect(build).toMatchObject({ dockerfile: "Dockerfile", target: "dev" });
    // The last stage: what builders take that ignore the target.
    for (const name of Object.keys(build.args)) expect(text.split(/^FROM /m).at(-1)).toContain(`ARG ${name}=`);
    expect([containerUser, remoteUser]).toEqual([baseOf(environment).user, baseOf(environment).user]);
  });

  test.each(dockerfiles)(
    "$name: dev and ci stand on the base's images, and differ in nothing but the command",
    ({ text, environment }) => {
      const stageOf = (target: string): string[] => {
        const stage = text.split(/^(?=FROM )/m).find((each) => each.split("\n")[0]!.endsWith(` AS ${target}`)) ?? "";
        return stage.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
      };
      const [[fromDev, ...dev], [fromCi, ...ci]] = [stageOf("dev"), stageOf("ci")];
      const base = baseOf(environment);
      expect([fromDev, fromCi]).toEqual([`FROM ${base.dev} AS dev`, `FROM ${base.ci} AS ci`]);
      // Each makes the folders for its own account.
      const forAccount = (lines: readonly string[], user: string): string[] =>
        lines.filter((line) => line !== `ARG APERTURE_ENV_USER=${user}`);
      expect(forAccount(ci, "root")).toEqual([...forAccount(dev, base.user), 'CMD ["bash"]']);
      expect([...dev, ...ci].filter((line) => line.includes("APERTURE_ENV_USER="))).toHaveLength(2);
    },
  );

  test.each([
    ["a syntax line", (text: string) => `# syntax=docker/dockerfile:1\n${text}`, /directive/],
    ["a heredoc", (text: string) => `${text}RUN <<EOF\necho\nEOF\n`, /heredoc/],
    ["COPY --link", (text: string) => text.replace("COPY --from=opencode", "COPY --link --from=opencode"), /--link/],
    ["an ENTRYPOINT", (text: string) => `${text}ENTRYPOINT ["sh"]\n`, /ENTRYPOINT/],
    ["a CMD for a shell", (text: string) => text.replace('CMD ["bash"]', "CMD bash"), /CMD is not/],
    ["a secret in ENV", (text: string) => text.replace("ENV APERTURE_URL", "ENV API_KEY=x APERTURE_URL"), /API_KEY/],
    ["a token in ARG", (text: string) => text.replace("ARG TARGETARCH", "ARG TARGETARCH\nARG NPM_TOKEN="), /NPM_TOKEN/],
    ["a file that is not there", (text: string) => text.replace("models.json", "model.json"), /model\.json/],
    ["a stage that is not there", (text: string) => text.replace("--from=opencode", "--from=opencod"), /no stage above/],
    ["an image that is not there", (text: string) => text.replace(/^FROM \S+ AS ci/m, "FROM development AS ci"), /no tag/],
    ["a stage that nobody uses", (text: string) => `FROM a:1 AS spare\n${text}`, /nobody uses the stage spare/],
    ["a stage without a name", (text: string) => text.replace(" AS ci", ""), /has no name/],
    ["a variable of another stage", (text: string) => text.replace(/ARG APERTURE_ENV_REVISION=\n/g, ""), /not declared there/],
    [
      "a line that continues nowhere",
      (text: string) => text.replace("target=/root/.npmrc \\\n", "target=/root/.npmrc\n"),
      /APERTURE_ENV_LIBC=\w+ is not among/i,
    ],
  ])("the judge refuses %s", (_what, spoil, why) => {
    const { text, environment } = dockerfiles.find(({ name }) => name === "empty-folder")!;
    expect(spoil(text)).not.toBe(text);
    expect(judgeDockerfile(spoil(text), { targets, exists: existsIn(environment) }).join("\n")).toMatch(why);
  });

  function baseOf({ lock }: Environment): { dev: string; ci: string; user: string } {
    const { base } = lock.answers;
    return typeof base === "string" ? findBase(base)! : { dev: base.image, ci: base.image, user: base.user };
  }
});

describe.skipIf(skips("git's judgement of .gitattributes", isThere("git") ? null : "git is not installed"))(
  ".gitattributes",
  () => {
    let temporary: ReturnType<typeof makeTemporary>;
    beforeAll(() => {
      temporary = makeTemporary();
    });
    afterAll(() => temporary.remove());

    test.each(environments)(
      "$name: git takes the Feature folder as text with LF, and certificates as they are",
      async ({ name, after, lock }) => {
        const folder = join(temporary.folder, name);
        writeTree(folder, after);
        // Neither this machine's attributes nor its configuration has a say.
        const env = { GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null", GIT_ATTR_NOSYSTEM: "1", HOME: folder };
        const git = (...args: string[]) => execa("git", args, { cwd: folder, env });
        await git("init", "--quiet");
        const certificate = `${featureFolder}/opencode/certs/acme.crt`;
        const paths = Object.keys(lock.files).filter((path) => path.startsWith(`${featureFolder}/`));
        const { stdout, stderr } = await git("check-attr", "text", "eol", "linguist-generated", "--", ...paths, certificate);
        expect(stderr).toBe("");
        const said = stdout.split("\n").map((line) => line.split(": "));
        const attributesOf = (path: string) =>
          Object.fromEntries(said.filter(([of]) => of === path).map(([, key, value]) => [key, value]));
        for (const path of paths)
          expect(attributesOf(path), path).toEqual({ text: "set", eol: "lf", "linguist-generated": "set" });
        expect(attributesOf(certificate)).toMatchObject({ text: "unset", "linguist-generated": "unset" });
      },
    );
  },
);

describe.skipIf(
  skips("the Dev Containers CLI", process.platform === "win32" ? "its stand-in for Docker is a shell script" : null),
)("devcontainer read-configuration", () => {
  let temporary: ReturnType<typeof makeTemporary>;
  let docker: string;
  beforeAll(() => {
    temporary = makeTemporary();
    docker = join(temporary.folder, "docker");
    writeFileSync(docker, dockerStandIn);
    chmodSync(docker, 0o755);
  });
  afterAll(() => temporary.remove());

  test.each(opened)(
    "$name: $devcontainer opens with the image, the user and the Features that are meant",
    async (environment) => {
      const { name, after, lock, devcontainer } = environment;
      // In a folder of its own, for the log and for what the CLI leaves in the temporary folder.
      const work = join(temporary.folder, name, devcontainer.replaceAll("/", "-"));
      const folder = join(work, "sample");
      writeTree(folder, after);
      mkdirSync(join(work, "tmp"), { recursive: true });
      const cli = join(root, "node_modules", "@devcontainers", "cli", "devcontainer.js");
      const where = ["--workspace-folder", folder, "--config", join(folder, devcontainer)];
      const programs = ["--docker-path", docker, "--docker-compose-path", docker];
      const include = ["--include-merged-configuration", "--include-features-configuration"];
      const env = { TMPDIR: join(work, "tmp"), STAND_IN_LOG: join(work, "log") };
      const ran = await execa(process.execPath, [cli, "read-configuration", ...where, ...programs, ...include], {
        env,
        reject: false,
      });
      expect(ran.exitCode, ran.stderr).toBe(0);
      const { configuration, mergedConfiguration, featuresConfiguration } = JSON.parse(ran.stdout) as Configuration;
      expect(readFileSync(env.STAND_IN_LOG, "utf8")).not.toContain("unexpected");

      const { containerEnv, forwardPorts, hooks } = lock.answers;
      const { containerEnv: mine = {}, forwardPorts: myPorts = [] } = theirs(environment);
      // What the user has stays so; the CLI expands what stands in a variable.
      expect(Object.keys((mergedConfiguration["containerEnv"] ?? {}) as object)).toEqual(
        expect.arrayContaining(Object.keys({ ...mine, ...containerEnv })),
      );
      expect(configuration.containerEnv ?? {}).toEqual(expanded({ ...containerEnv, ...mine }));
      expect(new Set(configuration.forwardPorts)).toEqual(new Set([...myPorts, ...forwardPorts]));
      // The user's own hooks come behind ours.
      for (const [hook, command] of Object.entries(withOwn(hooks, runtimeOf(lock.answers).connect !== null)))
        expect((mergedConfiguration[`${hook}s`] as unknown[])[0], hook).toEqual(command);

      if (lock.files[devcontainer]!.strategy === "own") {
        const args = { APERTURE_ENV_REVISION: lock.revision };
        expect(mergedConfiguration).toMatchObject({ name: lock.answers.name });
        expect((mergedConfiguration["build"] ?? buildOf(environment)) as object).toMatchObject({
          dockerfile: "Dockerfile",
          target: "dev",
          args,
        });
        expect(featuresConfiguration).toBeUndefined();
        // The CLI has read the Dockerfile as we mean it: this is the image on which the target stands.
        const { base } = lock.answers;
        const image = typeof base === "string" ? findBase(base)!.dev : base.image;
        expect(readFileSync(env.STAND_IN_LOG, "utf8")).toContain(`inspect --type image ${image}\n`);
        expect(mergedConfiguration["remoteUser"]).toBe(typeof base === "string" ? findBase(base)!.user : base.user);
        return;
      }
      const key = Object.keys(configuration.features ?? {}).find((candidate) => candidate.endsWith("/aperture-env"))!;
      const sets = featuresConfiguration?.featureSets ?? [];
      const ours = sets.filter(({ sourceInformation }) => sourceInformation.userFeatureId.startsWith(key));
      const nested = hasNested(environment);
      expect(ours.map(({ sourceInformation }) => sourceInformation)).toEqual([
        // In the order in which one needs the other.
        ...["opencode", ...(runtimeOf(lock.answers).programs.includes("tailscale") ? ["tailscale"] : [])].flatMap((name) =>
          nested
            ? [{ type: "file-path", userFeatureId: `${key}/${name}`, resolvedFilePath: join(folder, featureFolder, name) }]
            : [],
        ),
        { type: "file-path", userFeatureId: key, resolvedFilePath: join(folder, featureFolder) },
      ]);
      const environmentFeature = ours.at(-1)!.features[0]!;
      // The one that fetches knows where from: the nested one, or the Feature itself where it runs that one's script.
      const fetching = nested ? { id: "opencode", version: lock.opencode.version, value: {} } : { id: "aperture-env" };
      expect(ours[0]!.features[0]).toMatchObject({ ...fetching, options: { registry: { default: registry } } });
      expect(environmentFeature).toMatchObject({
        id: "aperture-env",
        value: { revision: lock.revision },
        containerEnv: { APERTURE_URL: lock.answers.url, OPENCODE_CONFIG: "/usr/local/share/aperture-env/opencode.json" },
      });
    },
  );
});

/** What stands in a dev container of the user's before. */
function theirs({ before, lock, devcontainer }: (typeof opened)[number]): Configuration["configuration"] {
  if (lock.files[devcontainer]!.strategy !== "keys") return {};
  return readJsonc(textOf(before, devcontainer)) as Configuration["configuration"];
}

/** As the CLI expands variables of this machine. */
function expanded(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [
      name,
      value.replaceAll(/\$\{localEnv:(\w+)\}/g, (_whole, variable: string) => process.env[variable] ?? ""),
    ]),
  );
}

interface Configuration {
  readonly configuration: {
    readonly features?: Readonly<Record<string, unknown>>;
    readonly containerEnv?: Readonly<Record<string, string>>;
    readonly forwardPorts?: readonly (number | string)[];
  };
  readonly mergedConfiguration: Readonly<Record<string, unknown>>;
  readonly featuresConfiguration?: {
    readonly featureSets: readonly {
      readonly sourceInformation: { readonly type: string; readonly userFeatureId: string; readonly resolvedFilePath: string };
      readonly features: readonly object[];
    }[];
  };
}

/** Answers what the CLI asks of Docker and Compose while it only reads. A Compose file is given back as it is. */
const dockerStandIn = `#!/bin/sh
echo "$*" >>"$STAND_IN_LOG"
case "$*" in
  -v) echo "Docker version 28.0.0, build 0" ;;
  version*) echo 28.0.0 ;;
  "compose version --short") echo 2.32.4 ;;
  "buildx version") echo "github.com/docker/buildx v0.20.0 0" ;;
  ps*) ;;
  inspect*) echo '[{ "Id": "sha256:0", "Architecture": "amd64", "Os": "linux", "Config": { "User": "", "Env": [], "Labels": {} } }]' ;;
  "compose -f "*" config" | "-f "*" config")
    while [ "$1" != -f ]; do shift; done
    # As Compose does, with whole paths.
    sed "s|context: [.]$|context: $(dirname "$2")|" "$2"
    ;;
  *)
    echo "unexpected: $*" >>"$STAND_IN_LOG"
    exit 1
    ;;
esac
`;
