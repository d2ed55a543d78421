/** No text that a person can give leaves its place in a generated file: it is refused, or stands where it belongs and nowhere else. */
import { execFileSync } from "node:child_process";
import { DockerfileParser, type Env, type From } from "dockerfile-ast";
import fc from "../support/random-cases.ts";
import { parse as parseJsonc, type ParseError } from "jsonc-parser";
import { describe, expect, test } from "vitest";
import { findBase, type Base } from "../../src/catalog/bases.ts";
import { featureFolder, featurePath, isDevcontainerPath } from "../../src/catalog/files.ts";
import { lifecycleHooks, withOwn } from "../../src/catalog/hooks.ts";
import { compactId, providers, speechOf } from "../../src/catalog/providers.ts";
import { nameModels } from "../../src/catalog/compact.ts";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { volumesOf } from "../../src/parts/container.ts";
import { runtimeOf } from "../../src/parts/connection-answer.ts";
import { editJsonc } from "../../src/edit/editors.ts";
import { valuesFor } from "../../src/outputs/devcontainer.ts";
import { nestedFeature } from "../../src/outputs/payload.ts";
import { planValues, withoutValues } from "../../src/plan/pieces/values.ts";
import { resolveAnswers } from "../../src/questions/resolve.ts";
import { questionOf } from "../../src/questions/table.ts";
import type { Answers, QuestionId } from "../../src/questions/types.ts";
import type { Environment } from "../../src/render/context.ts";
import { emitProviders } from "../../src/render/providers.ts";
import type { Emission } from "../../src/render/emission.ts";
import { renderEnvironment, type Rendered } from "../../src/render/render.ts";
import { parseSpec } from "../../src/spec/parse.ts";
import { anyText, devcontainerFiles, environment, providersInSpec, textFor } from "./arbitraries.ts";

/** The same decisions, said with texts that mean nothing anywhere. */
function benign(given: Environment): Environment {
  const { base } = given.answers;
  const answers: Answers = {
    ...given.answers,
    name: "name",
    url: "http://gateway",
    providers: given.answers.providers.map(({ name, models, ...choice }) => ({
      ...choice,
      ...(name !== undefined && { name: "Plain" }),
      ...(models !== undefined && {
        models: models.map((model) => ({ ...model, ...(model.name !== undefined && { name: "plain" }) })),
      }),
    })),
    base: typeof base === "string" ? base : { image: "image:1", libc: base.libc, user: "user" },
    devcontainers: given.answers.devcontainers.map((file) => (file === "all" ? file : ".devcontainer/plain/devcontainer.json")),
    containerEnv: plainly(given.answers.containerEnv),
    hooks: plainly(given.answers.hooks),
  };
  return { ...given, answers };
}

/** The same names, whose values mean nothing. */
/** Whether something is done in the container before the gateway can be reached. */
const connects = (answers: Answers): boolean => runtimeOf(answers).connect !== null;
const plainly = (map: Answers["hooks"]): Answers["hooks"] => Object.fromEntries(Object.keys(map).map((name) => [name, "plain"]));

const baseOf = ({ base }: Answers): Pick<Base, "dev" | "ci" | "user"> =>
  typeof base === "string" ? findBase(base)! : { dev: base.image, ci: base.image, user: base.user };
const textOf = ({ files }: Rendered, path: string): string => files.find((file) => file.path === path)!.text;
const linesOf = (text: string): string[] => text.split(/\r\n|[\n\r\u2028\u2029\u0085]/);

/** Whether every character of one text stands in the other, in order. */
function isSubsequence(part: string, whole: string): boolean {
  let at = 0;
  for (let index = 0; index < whole.length; index++) if (whole[index] === part[at]) at++;
  return at === part.length;
}

/** Every text in a JSON value, keys too. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsIn(inner)]);
}

/** What opencode.json has to be, made without any template. */
function expectedConfig(answers: Answers, emission: Emission): object {
  const provider = emission.providers.map(({ id, name, npm, options, whitelist, blacklist, models }) => [
    id,
    {
      ...(name !== null && { name }),
      ...(npm !== null && { npm }),
      ...(whitelist !== null && { whitelist }),
      ...(blacklist !== null && { blacklist }),
      options: { ...options, ...(answers.attribution.length > 0 && { headers: {} }) },
      ...(models.length > 0 && { models: Object.fromEntries(models) as object }),
    },
  ]);
  return {
    $schema: "https://opencode.ai/config.json",
    model: emission.model,
    small_model: emission.smallModel,
    enabled_providers: [
      ...(answers.style === "compact" ? [compactId] : answers.providers.map((choice) => speechOf(choice).as)),
      ...answers.otherProviders,
    ],
    share: answers.online.includes("share") ? "manual" : "disabled",
    autoupdate: false,
    ...(answers.managed && { disabled_providers: [], experimental: { openTelemetry: false } }),
    provider: Object.fromEntries(provider) as object,
  };
}

function checkJson(given: Environment, made: Rendered): void {
  const { answers, shape, registry, catalogue } = given;
  const emission = emitProviders(answers, catalogue, answers.managed ? answers.url : "{env:APERTURE_URL}");
  const config = textOf(made, `${featureFolder}/opencode.json`);
  // What the launcher says stands in a comment, which it ends and begins again.
  const comment = "/*{env:APERTURE_ENV_HEADERS}*/";
  expect(config.split(comment).length - 1).toBe(answers.attribution.length > 0 ? emission.providers.length : 0);
  const bare = config.replaceAll(comment, "");
  expect(JSON.parse(bare)).toEqual(expectedConfig(answers, emission));
  const addresses = answers.style === "compact" ? nameModels(answers).length : answers.providers.length;
  expect(bare.split("{env:").length - 1).toBe(answers.managed ? 0 : addresses);
  expect(bare.replaceAll(/"(?:baseURL|api)": "\{env:APERTURE_URL\}\//g, "")).not.toMatch(/\{(?:env|file):/);
  // Models are of the provider that is enabled, and what is chosen is one that is offered.
  for (const model of [emission.model, emission.smallModel])
    expect(emission.providers.some(({ id }) => model.startsWith(`${id}/`))).toBe(true);

  const entries = emission.providers.flatMap(({ id, catalogue: entry }) =>
    entry === null ? [] : [[id, { ...entry.fields, models: entry.models }] as const],
  );
  expect(JSON.parse(textOf(made, `${featureFolder}/models.json`))).toEqual(Object.fromEntries(entries));
  expect(textOf(made, `${featureFolder}/models.json`)).not.toMatch(/"api":|https?:/);
  expect(JSON.parse(textOf(made, `${featureFolder}/auth.json`))).toEqual(
    Object.fromEntries(emission.providers.map(({ id }) => [id, { type: "api", key: "-" }])),
  );
  const feature = JSON.parse(textOf(made, `${featureFolder}/devcontainer-feature.json`)) as Record<string, unknown>;
  const nested = nestedFeature(shape);
  const runtime = runtimeOf(answers);
  // Programs out of an image are for a Dockerfile; a Feature that wants them is refused before it comes to this.
  const carried = shape.kind === "feature" && runtime.programs.includes("tailscale") && answers.tailscale?.image === undefined;
  const mounts = volumesOf(answers, runtime).map(({ name, path }) => ({ type: "volume", source: name, target: path }));
  expect(mounts.every(({ source }) => source === volume)).toBe(true);
  const hooks = shape.kind === "feature" ? withOwn(answers.hooks, connects(answers)) : {};
  expect(feature).toEqual({
    ...feature,
    ...hooks,
    containerEnv: { APERTURE_URL: answers.url, OPENCODE_CONFIG: "/usr/local/share/aperture-env/opencode.json" },
    ...(nested !== null && { dependsOn: { [nested]: {}, ...(carried && { [nestedFeature(shape, "", "tailscale")!]: {} }) } }),
  });
  expect(Object.keys(feature)).toEqual([
    "id",
    "version",
    "name",
    "description",
    "options",
    ...(nested === null ? [] : ["dependsOn"]),
    ...(mounts.length > 0 ? ["mounts"] : []),
    ...Object.keys(hooks),
    "containerEnv",
  ]);
  // It runs the nested one's script itself where that was left out, so it has its option, too.
  expect(feature).toMatchObject({ options: { revision: { default: "" }, registry: { default: registry } } });
  expect(JSON.parse(textOf(made, `${featureFolder}/opencode/devcontainer-feature.json`))).toMatchObject({
    options: { registry: { default: registry } },
  });
  if (shape.kind === "own") {
    const text = textOf(made, ".devcontainer/devcontainer.json");
    const devcontainer = parseJsonc(text) as unknown;
    expect(devcontainer).toEqual({
      name: answers.name,
      build: { dockerfile: "Dockerfile", target: "dev", args: { APERTURE_ENV_REVISION: made.revision } },
      ...(Object.keys(answers.containerEnv).length > 0 && { containerEnv: answers.containerEnv }),
      ...(mounts.length > 0 && { mounts }),
      ...(runtime.secrets.length > 0 && {
        secrets: Object.fromEntries(
          runtime.secrets.map(({ name, why, url }) => [name, { description: why, documentationUrl: url }]),
        ),
      }),
      ...(answers.forwardPorts.length > 0 && { forwardPorts: answers.forwardPorts }),
      ...withOwn(answers.hooks, connects(answers)),
      containerUser: baseOf(answers).user,
      remoteUser: baseOf(answers).user,
    });
    expect(parseJsonc(text)).toEqual(JSON.parse(text.replace(/^ +\/\/.*\n/gm, "")));
    expectNoVariables(devcontainer, answers);
  }
  expectNoVariables(feature, answers);
}

/** A volume for each dev container. */
const volume = "aperture-env-${devcontainerId}";

/** What dev container tools would expand stands only where a person put it, in values of variables and in commands, and in the volume's name. */
function expectNoVariables(value: unknown, { containerEnv, hooks }: Answers): void {
  const meant = new Set([...Object.values(containerEnv), ...Object.values(hooks), volume]);
  for (const text of textsIn(value)) if (!meant.has(text)) expect(text).not.toContain("${");
}

function checkDockerfile({ answers }: Environment, made: Rendered, plain: Rendered): void {
  const read = (rendered: Rendered): ReturnType<typeof DockerfileParser.parse> =>
    DockerfileParser.parse(textOf(rendered, ".devcontainer/Dockerfile"));
  const [ours, theirs] = [read(made), read(plain)];
  const keywords = (file: typeof ours): string[] => file.getInstructions().map((instruction) => instruction.getKeyword());
  expect(keywords(ours)).toEqual(keywords(theirs));
  expect(ours.getComments()).toHaveLength(theirs.getComments().length);
  expect(ours.getDirectives()).toEqual([]);
  const { dev, ci } = baseOf(answers);
  const stages = ours.getFROMs().map((from: From) => [from.getImage(), from.getBuildStage()]);
  expect(stages).toEqual([
    [theirs.getFROMs()[0]!.getImage(), "opencode"],
    ...theirs
      .getFROMs()
      .slice(1, -2)
      .map((from) => [from.getImage(), from.getBuildStage()]),
    [ci, "ci"],
    [dev, "dev"],
  ]);
  // A builder takes an image that is called as a stage for that stage.
  expect(["opencode", "dev", "ci"]).not.toContain(dev);
  const set = (ours.getENVs() as Env[]).flatMap((env) => env.getProperties().map((each) => [each.getName(), each.getValue()]));
  const wanted = [
    ["OPENCODE_CONFIG", "/usr/local/share/aperture-env/opencode.json"],
    ["APERTURE_URL", answers.url],
  ];
  expect(set).toEqual([...wanted, ...wanted]);
}

/** Line by line, only lines that hold a user's text differ from those of the benign environment. */
function checkLines(made: Rendered, plain: Rendered): void {
  const mayDiffer: Readonly<Record<string, RegExp>> = {
    "aperture-env.yaml": /^(?:name|base): |^ {2}url: |^ {4}(?:- |"?[A-Za-z_]\w*"?: )|^ {2}\S+: \{ .*name: /,
    ".devcontainer/Dockerfile": /^FROM |^ARG APERTURE_ENV_USER=|^ENV APERTURE_URL=/,
    ".devcontainer/devcontainer.json": new RegExp(
      `^ {2}"(?:name|containerUser|remoteUser|${lifecycleHooks.join("|")})": |"APERTURE_ENV_REVISION"|^ {4}"[A-Za-z_]\\w*": "`,
    ),
    [`${featureFolder}/devcontainer-feature.json`]: new RegExp(`^ {4}"APERTURE_URL": |^ {2}"(?:${lifecycleHooks.join("|")})": `),
    [`${featureFolder}/launcher.sh`]: /^_?gateway=/,
    [`${featureFolder}/revision`]: /^[0-9a-f]{12}$/,
    [`${featureFolder}/environment.json`]: /^ {2}"(?:origin|connect)": /,
    [`${featureFolder}/opencode.json`]: /"(?:baseURL|api|name)": "/,
    [`${featureFolder}/models.json`]: /^ {6}"\S+": \{.*"name":"/,
  };
  const pairs = [
    ["aperture-env.yaml", made.spec, plain.spec] as const,
    ...made.files.map(({ path, text }) => [path, text, textOf(plain, path)] as const),
  ];
  for (const [path, ours, theirs] of pairs) {
    const [left, right] = [linesOf(ours), linesOf(theirs)];
    expect(left, path).toHaveLength(right.length);
    for (const [index, line] of left.entries()) {
      if (line === right[index]) continue;
      expect(line, path).toMatch(mayDiffer[path] ?? /^never$/);
      expect(right[index], path).toMatch(mayDiffer[path] ?? /^never$/);
    }
  }
}

describe("rendered files", () => {
  test("hold each text in its place", () => {
    fc.assert(
      fc.property(environment, (given) => {
        const made = renderEnvironment(given);
        const plain = renderEnvironment(benign(given));
        checkJson(given, made);
        checkLines(made, plain);
        if (given.shape.kind === "own") checkDockerfile(given, made, plain);
      }),
      { numRuns: 200 },
    );
  });

  test("the spec says exactly the answers that it was made from", async () => {
    await fc.assert(
      fc.asyncProperty(environment, async (given) => {
        const spec = parseSpec(renderEnvironment(given).spec);
        const devcontainers = given.shape.kind === "feature" ? given.shape.files : [];
        const facts = { folder: "somewhere", base: null, devcontainers, opencode: pinnedRelease.version, today: "2026-11-25" };
        const again = await resolveAnswers({ flags: {}, spec, env: {}, lock: null, facts }, { ask: null, acceptDefaults: false });
        // A dev container of the user's has a base of its own, of which the spec says nothing.
        expect(again.answers).toEqual(devcontainers.length === 0 ? given.answers : { ...given.answers, base: "debian" });
        // What nobody asked for is left out, and is what would be proposed.
        const leftOut = again.resolved.filter(({ source }) => source !== "spec");
        for (const { question, value } of leftOut) {
          expect(question.optional).toBe(true);
          expect(value).toEqual(question.propose(facts, {}).value);
        }
        expect(again.resolved.length - leftOut.length).toBeGreaterThanOrEqual(devcontainers.length === 0 ? 10 : 9);
        expect(again.resolved.flatMap(({ notes }) => notes).filter((note) => !note.includes("catalogue"))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test("variables and ports come into a file of the user's as values, and nothing of it moves", () => {
    const theirs = fc.constantFrom(
      "{}",
      '{ "image": "debian" }',
      '{\r\n\t// ours\r\n\t"image": "debian",\r\n\t"containerEnv": { "MINE": "${localEnv:HOME}" },\r\n\t"forwardPorts": [1, "db:2"],\r\n}',
      '\ufeff{"features":{"x":{}},"containerEnv":{},"forwardPorts":[]}',
    );
    fc.assert(
      fc.property(environment, theirs, fc.constantFrom(...devcontainerFiles), ({ answers }, text, file) => {
        const values = valuesFor(file, answers, "0123456789ab");
        const piece = { strategy: "keys", path: file, values } as const;
        const editor = editJsonc(file);
        const { change, locked } = planValues(piece, { kind: "text", text }, undefined, editor);
        if (change.kind !== "edit") throw new Error(`it is ${JSON.stringify(change)}`);
        expect(isSubsequence(text, change.after)).toBe(true);
        const old = parseJsonc(text.replace(/^\ufeff/, ""), [], { allowTrailingComma: true }) as Record<string, never>;
        const errors: ParseError[] = [];
        const now: unknown = parseJsonc(change.after.replace(/^\ufeff/, ""), errors, { allowTrailingComma: true });
        expect(errors).toEqual([]);
        const ports = [...new Set([...((old["forwardPorts"] ?? []) as unknown[]), ...answers.forwardPorts])];
        const env = { ...(old["containerEnv"] as object | undefined), ...answers.containerEnv };
        expect(now).toEqual({
          ...old,
          features: { ...(old["features"] as object | undefined), [featurePath(file)]: { revision: "0123456789ab" } },
          ...((Object.keys(env).length > 0 || "containerEnv" in old) && { containerEnv: env }),
          ...((ports.length > 0 || "forwardPorts" in old) && { forwardPorts: ports }),
        });
        // A second time there is nothing to do, and back it is the file that it was.
        const again = planValues(piece, { kind: "text", text: change.after }, locked!, editor);
        expect(again).toMatchObject({ change: { kind: "keep", why: "same" }, locked });
        expect(withoutValues(file, change.after, locked!, editor)).toMatchObject({ ok: true, text, notes: [] });
      }),
      { numRuns: 200 },
    );
  });

  test.skipIf(process.platform === "win32")("the launcher's shell sees exactly the origin", () => {
    const origins = fc
      .sample(textFor.url, 250)
      .map((text) => questionOf("url").parse(text, {}))
      .flatMap((parsed) => (parsed.ok ? [parsed.value] : []));
    expect(origins.length).toBeGreaterThan(50);
    const given = fc.sample(environment, 1)[0]!;
    const script = origins.map((url) => {
      const launcher = textOf(
        renderEnvironment({ ...given, answers: { ...given.answers, url } }),
        `${featureFolder}/launcher.sh`,
      );
      const lines = launcher.split("\n").filter((line) => /^_?gateway=/.test(line));
      expect(lines).toHaveLength(1);
      return `${lines[0]!}\nprintf '%s\\0' "$${lines[0]!.split("=")[0]!}"`;
    });
    const seen = execFileSync("sh", { input: script.join("\n"), encoding: "utf8" });
    expect(seen.split("\0").slice(0, -1)).toEqual(origins);
  });
});

/** A number is marked, so that it differs from the same as a text. */
const showPorts = (value: Answers["forwardPorts"]): string =>
  value.map((port) => `${typeof port === "number" ? `#${port}` : port}\n`).join("");

describe("refusals", () => {
  const allowed: readonly (readonly [QuestionId, RegExp, (value: never) => string])[] = [
    ["url", /^https?:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d+)?$/, (value: string) => value],
    ["model", new RegExp(`^(?:${Object.keys(providers).join("|")})/[A-Za-z0-9@._:/+~-]+$`), (value: string) => value],
    ["smallModel", new RegExp(`^(?:${Object.keys(providers).join("|")})/[A-Za-z0-9@._:/+~-]+$`), (value: string) => value],
    [
      "providers",
      /^(?:[a-z][a-z0-9._-]*\/[A-Za-z0-9@._:/+~-]*=[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}{}]*\n)+$/u,
      (value: Answers["providers"]) =>
        value
          .flatMap(({ id, name = "", models = [] }) => [
            `${id}/=${name}\n`,
            ...models.map((model) => `${id}/${model.id}=${model.name ?? ""}\n`),
          ])
          .join(""),
    ],
    ["style", /^(?:separate|compact)$/, (value: string) => value],
    ["online", /^(?:(?:share|lsp),?){0,2}$/, (value: Answers["online"]) => value.join(",")],
    ["plugins", /^(?:allow|pinned|refuse)$/, (value: string) => value],
    ["otherProviders", /^(?:[A-Za-z0-9._-]{1,50},?)*$/, (value: Answers["otherProviders"]) => value.join(",")],
    ["state", /^(?:container|volume)$/, (value: string) => value],
    ["doctor", /^(?:repository|package)$/, (value: string) => value],
    ["codeowners", /^[A-Za-z0-9@/._%+,-]*$/, (value: Answers["codeowners"]) => value.join(",")],
    ["chunkTimeout", /^(?:false|[1-9]\d{3,7})$/, String],
    [
      "attribution",
      /^(?:(?:[a-z][a-z0-9-]*=(?:\$[A-Za-z][A-Za-z0-9_]*|[A-Za-z0-9._/:+-]+)|repository|revision|job|run)(?:,|$))*$/,
      (value: Answers["attribution"]) => value.join(","),
    ],
    ["opencode", /^(?:latest|1\.\d+\.\d+)$/, (value: string) => value],
    ["name", /^(?!.*\$\{)[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,100}$/u, (value: string) => value],
    [
      "base",
      /^[a-z0-9]+ $|^ [A-Za-z0-9._:@/-]+ (?:glibc|musl) [a-z0-9_-]+$/,
      (value: Answers["base"]) => (typeof value === "string" ? `${value} ` : ` ${value.image} ${value.libc} ${value.user}`),
    ],
    [
      "devcontainers",
      /^(?:all|(?:\.devcontainer\/(?:[^/\\\p{Cc}]+\/)?devcontainer\.json|\.devcontainer\.json)(?:\n|$))+$/u,
      (value: Answers["devcontainers"]) => value.join("\n"),
    ],
    // Names are plain, values one line each; of those whose meaning is ours none.
    [
      "containerEnv",
      /^(?:(?!(?:APERTURE_URL|OPENCODE_CONFIG)=)[A-Za-z_][A-Za-z0-9_]*=[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*\n)*$/u,
      (value: Answers["containerEnv"]) =>
        Object.entries(value)
          .map((entry) => `${entry.join("=")}\n`)
          .join(""),
    ],
    [
      "hooks",
      new RegExp(`^(?:(?:${lifecycleHooks.join("|")})=[^\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}]*\\n)*$`, "u"),
      (value: Answers["hooks"]) =>
        Object.entries(value)
          .map((entry) => `${entry.join("=")}\n`)
          .join(""),
    ],
    ["forwardPorts", /^(?:(?:[a-z0-9-]+:[1-9][0-9]{0,4}|#[1-9][0-9]{0,4})\n)*$/, showPorts],
  ];

  test.each(allowed)("%s takes nothing but what is plain", (id, form, show) => {
    fc.assert(
      fc.property(textFor[id], (text) => {
        const parsed = questionOf(id).parse(text, {});
        if (!parsed.ok) {
          expect(parsed.why).not.toBe("");
          expect(parsed.fix).not.toBe("");
        } else expect(show(parsed.value as never)).toMatch(form);
      }),
      { numRuns: 500 },
    );
  });

  test("any value in the spec is understood or refused, never more", () => {
    const ids = fc.constantFrom<QuestionId>(
      "url",
      "connection",
      "providers",
      "model",
      "smallModel",
      "opencode",
      "managed",
      "online",
      "plugins",
      "otherProviders",
      "chunkTimeout",
      "state",
      "attribution",
      "codeowners",
      "doctor",
      "base",
      "outputs",
      "name",
      "style",
      "devcontainers",
      "containerEnv",
      "forwardPorts",
      "hooks",
    );
    const value = fc.oneof(
      fc.jsonValue(),
      anyText,
      providersInSpec,
      fc.dictionary(fc.constantFrom("image", "libc", "user", "openai", "api", "__proto__"), fc.jsonValue(), {
        noNullPrototype: false,
      }),
      fc.dictionary(fc.constantFrom(...lifecycleHooks, "A", "constructor", "__proto__"), fc.oneof(anyText, fc.jsonValue())),
      fc.array(fc.oneof(fc.integer({ max: 70_000 }), fc.constantFrom("1", "db:2", "all", ...devcontainerFiles), anyText), {
        maxLength: 3,
      }),
    );
    fc.assert(
      fc.property(ids, value, (id, given) => {
        const parsed = questionOf(id).read(given, {});
        // A name that is taken has its value, whatever it is called.
        if (parsed.ok && (id === "containerEnv" || id === "hooks"))
          expect(Object.keys(parsed.value as object).sort()).toEqual(Object.keys(given as object).sort());
        if (parsed.ok && id === "devcontainers" && (parsed.value as string[])[0] !== "all")
          expect((parsed.value as string[]).every(isDevcontainerPath)).toBe(true);
        if (parsed.ok)
          expect(questionOf(id).parse(questionOf(id).format(parsed.value as never), {})).toMatchObject({
            ok: true,
            value: parsed.value,
          });
        else expect(`${parsed.why}${parsed.fix}`).toMatch(/\w/);
      }),
      { numRuns: 800 },
    );
  });
});
