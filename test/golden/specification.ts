/**
 * Schemas of ours for what we generate, written from the specifications and not from the published schemas, which are not part of this repository:
 *
 * - devcontainer.json: containers.dev/implementors/json_reference
 * - devcontainer-feature.json: containers.dev/implementors/features
 * - opencode.json: opencode.ai/docs/config, /docs/providers and /docs/models
 *
 * They are closed: a key that is not in them is refused. Of OpenCode's keys they know those that an environment may use.
 */
import type { AnySchema } from "ajv";

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: "string" };
const name: Schema = { type: "string", minLength: 1 };
const flag: Schema = { type: "boolean" };
const list = (items: Schema): Schema => ({ type: "array", items });
const map = (values: Schema): Schema => ({ type: "object", additionalProperties: values });
const oneOf = (...words: readonly string[]): Schema => ({ enum: words });
const closed = (properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});

/** A command line, a list of arguments, or several of these by name, which run side by side. */
const command: Schema = { anyOf: [text, list(text), map({ anyOf: [text, list(text)] })] };
const mount: Schema = {
  anyOf: [text, closed({ type: oneOf("bind", "volume"), source: text, target: text }, ["type", "target"])],
};
const port: Schema = {
  anyOf: [
    { type: "integer", minimum: 0, maximum: 65535 },
    { type: "string", pattern: "^[a-z0-9-]+:[0-9]{1,5}$" },
  ],
};
const hooks = {
  onCreateCommand: command,
  updateContentCommand: command,
  postCreateCommand: command,
  postStartCommand: command,
  postAttachCommand: command,
};
const rights = { init: flag, privileged: flag, capAdd: list(text), securityOpt: list(text), mounts: list(mount) };

const common: Readonly<Record<string, Schema>> = {
  $schema: text,
  name: text,
  features: map({ anyOf: [map({ anyOf: [text, flag] }), text, flag] }),
  overrideFeatureInstallOrder: list(text),
  forwardPorts: list(port),
  portsAttributes: map({ type: "object" }),
  otherPortsAttributes: { type: "object" },
  updateRemoteUserUID: flag,
  containerEnv: map(text),
  containerUser: text,
  remoteEnv: map({ anyOf: [text, { type: "null" }] }),
  remoteUser: name,
  initializeCommand: command,
  waitFor: oneOf("initializeCommand", "onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand"),
  userEnvProbe: oneOf("none", "loginShell", "loginInteractiveShell", "interactiveShell"),
  hostRequirements: { type: "object" },
  customizations: { type: "object" },
  secrets: { type: "object" },
  shutdownAction: oneOf("none", "stopContainer", "stopCompose"),
  overrideCommand: flag,
  workspaceFolder: text,
  ...hooks,
  ...rights,
};
const single: Readonly<Record<string, Schema>> = {
  appPort: { anyOf: [port, list(port)] },
  runArgs: list(text),
  workspaceMount: text,
};
const build = closed(
  {
    dockerfile: name,
    context: text,
    target: text,
    args: map(text),
    cacheFrom: { anyOf: [text, list(text)] },
    options: list(text),
  },
  ["dockerfile"],
);

/** A devcontainer.json: from an image, from a Dockerfile, or a service of Compose. */
export const devcontainerSchema: AnySchema = {
  anyOf: [
    closed({ ...common, ...single, image: name }, ["image"]),
    closed({ ...common, ...single, build }, ["build"]),
    closed({ ...common, dockerComposeFile: { anyOf: [name, list(name)] }, service: name, runServices: list(name) }, [
      "dockerComposeFile",
      "service",
    ]),
  ],
};

const option: Schema = {
  anyOf: [
    closed({ type: oneOf("boolean"), default: flag, description: text }, ["type", "default"]),
    closed({ type: oneOf("string"), default: text, description: text, enum: list(text), proposals: list(text) }, [
      "type",
      "default",
    ]),
  ],
};

/** A devcontainer-feature.json. */
export const featureSchema: AnySchema = closed(
  {
    id: { type: "string", pattern: "^[a-z0-9][a-z0-9-]*$" },
    version: { type: "string", pattern: "^[0-9]+\\.[0-9]+\\.[0-9]+$" },
    name,
    description: text,
    documentationURL: text,
    licenseURL: text,
    keywords: list(text),
    options: map(option),
    containerEnv: map(text),
    customizations: { type: "object" },
    dependsOn: map({ type: "object" }),
    installsAfter: list(text),
    legacyIds: list(text),
    deprecated: flag,
    entrypoint: text,
    ...hooks,
    ...rights,
  },
  ["id", "version", "name"],
);

const count: Schema = { type: "integer", minimum: 1 };
const model = closed({
  id: name,
  name,
  limit: closed({ context: count, input: count, output: count }, ["context", "output"]),
  modalities: closed({
    input: list(oneOf("text", "audio", "image", "video", "pdf")),
    output: list(oneOf("text", "audio", "image", "video", "pdf")),
  }),
  attachment: flag,
  reasoning: flag,
  temperature: flag,
  tool_call: flag,
  interleaved: {},
  cost: { type: "object" },
  family: text,
  release_date: text,
  last_updated: text,
  knowledge: text,
  open_weights: flag,
  experimental: {},
  status: text,
  options: { type: "object" },
  headers: map(text),
  variants: map({ type: "object" }),
  provider: closed({ npm: name, api: text }),
});
const provider = closed({
  id: name,
  name,
  npm: name,
  api: text,
  env: list(text),
  whitelist: list(name),
  blacklist: list(name),
  options: { type: "object" },
  models: map(model),
});
const reference: Schema = { type: "string", pattern: "^[^/]+/.+$" };

/** The opencode.json of an environment. */
export const opencodeSchema: AnySchema = closed(
  {
    $schema: { const: "https://opencode.ai/config.json" },
    model: reference,
    small_model: reference,
    enabled_providers: list(name),
    disabled_providers: list(name),
    share: oneOf("manual", "auto", "disabled"),
    autoupdate: { anyOf: [flag, oneOf("notify")] },
    provider: map(provider),
    plugin: list(text),
    instructions: list(text),
    lsp: { anyOf: [flag, { type: "object" }] },
    formatter: { anyOf: [flag, { type: "object" }] },
    permission: {},
    mcp: { type: "object" },
    agent: { type: "object" },
    experimental: { type: "object" },
  },
  ["model", "provider"],
);
