/** The environment added to dev containers as people have them, and taken out again: an image, a Dockerfile of theirs, Compose with a database. */
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "jsonc-parser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { proposedProviders as providers } from "../../src/catalog/providers.ts";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { treeOf } from "../cli/harness.ts";
import { startClosedNetwork, type ClosedNetwork } from "../support/closed-network.ts";
import {
  bridgeGateway,
  devcontainer,
  disposeAll,
  docker,
  dockerAvailable,
  fetchOpencodeTarball,
  onDispose,
  temporaryFolder,
  uniqueName,
} from "../support/docker.ts";
import { startNpmRegistry } from "../support/npm-registry.ts";
import { generate, remove, writeTree } from "../support/repository.ts";

const available = await dockerAvailable();
if (!available) console.warn("skipped: dev containers of users', because no Docker engine answers");

const models = Object.values(providers).map(({ id, defaults }) => `${id}/${defaults.model}`);
const revision = expect.stringMatching(/^[0-9a-f]{12}$/) as unknown;

/** A repository as it was before the environment came. */
interface Added {
  readonly folder: string;
  readonly before: ReturnType<typeof treeOf>;
}

/** A repository with a dev container, and what its owner can rely on before, with and after the environment. */
interface Shape {
  readonly name: string;
  readonly file: string;
  /** What names our Feature in that file. */
  readonly key: string;
  readonly files: (network: ClosedNetwork) => Readonly<Record<string, string>>;
  /** Run as whoever tools are in that container, and what it prints. */
  readonly script: string;
  readonly prints: readonly string[];
}

/** What lies in a folder, but for the Dev Containers CLI's own lock: `up` writes it, empty, wherever a dev container has local Features only. */
function ownTree(folder: string): ReturnType<typeof treeOf> {
  return Object.fromEntries(
    Object.entries(treeOf(folder)).filter(([path]) => !/(?:^|[\\/.])devcontainer-lock\.json$/.test(path)),
  );
}

const compose = uniqueName("aperture-env-shop");

const shapes: readonly Shape[] = [
  {
    name: "image",
    file: ".devcontainer.json",
    key: "./.devcontainer/aperture-env",
    files: (network) => ({
      "package.json": '{ "name": "shop", "private": true }\n',
      ".devcontainer.json": `// The shop's front end. See docs/setup.md
{
	"name": "Shop",
	"image": "mcr.microsoft.com/devcontainers/javascript-node:4-24-bookworm",

	/* what everybody wants in the editor */
	"customizations": {
		"vscode": {
			"extensions": ["dbaeumer.vscode-eslint", "esbenp.prettier-vscode"],
			"settings": { "editor.formatOnSave": true },
		},
	},
	"forwardPorts": [3000, 9229], // the app, and its debugger
	"containerEnv": {
		"SHOP_MODE": "development", "SHOP_FOLDER": "/workspaces/\${localWorkspaceFolderBasename}"
	},
	"runArgs": ${JSON.stringify(network.args)},
	// "postStartCommand": "npm run dev",
	"postCreateCommand": "node --print '[6, 7].join(String())' >~/created",
	"remoteUser": "node", // never root
}
`,
    }),
    script:
      'id -un; cat ~/created; echo "$SHOP_MODE"; [ "$PWD" = "$SHOP_FOLDER" ] && node --print "require(\'./package.json\').name"',
    prints: ["node", "67", "development", "shop"],
  },
  {
    name: "build.dockerfile",
    file: ".devcontainer/devcontainer.json",
    key: "./aperture-env",
    files: (network) => ({
      "data/catalogue.json": '{ "title": "Spring" }\n',
      // no `remoteUser`: it is the USER of the Dockerfile, which a Feature must leave as it is
      ".devcontainer/devcontainer.json": `{
    "name": "Catalogue", // as in the wiki
    "build": {
        "dockerfile": "Dockerfile",
        "context": "..",
        "args": { "TOOL": "jq", },
    },
    "features": {
        // ours, until there is a package
        "./greeter": { "word": "ahoy" },
    },
    "overrideFeatureInstallOrder": ["./greeter"],
    "runArgs": ${JSON.stringify(network.args)},
    "containerEnv": { "CATALOGUE": "/opt/catalogue.json" },
    "forwardPorts": [8000],
    "customizations": { "jetbrains": { "backend": "PyCharm" } },
    "postCreateCommand": ["sh", "-c", "greet >~/created"],
}
`,
      ".devcontainer/Dockerfile": `FROM debian:bookworm-slim
ARG TOOL
RUN apt-get update -qq && apt-get install -qq --no-install-recommends $TOOL && rm -rf /var/lib/apt/lists/*
COPY data/catalogue.json /opt/
RUN useradd --create-home --shell /bin/bash ada
ENV SEASON=spring \\
    PATH=/opt/season/bin:$PATH
USER ada
`,
      ".devcontainer/greeter/devcontainer-feature.json": `{
  "id": "greeter",
  "version": "0.1.0",
  "name": "Greeter",
  "options": { "word": { "type": "string", "default": "hello" } },
  "containerEnv": { "GREETER": "on" }
}
`,
      ".devcontainer/greeter/install.sh": `#!/bin/sh
set -e
printf '#!/bin/sh\\necho %s from $(id -un)\\n' "$WORD" >/usr/local/bin/greet
chmod 0755 /usr/local/bin/greet
`,
    }),
    script: 'id -un; cat ~/created; echo "$SEASON $GREETER ${PATH%%:*}"; jq -r .title "$CATALOGUE"; greet',
    prints: ["ada", "ahoy from ada", "spring on /opt/season/bin", "Spring", "ahoy from ada"],
  },
  {
    name: "dockerComposeFile",
    file: ".devcontainer/backend/devcontainer.json",
    key: "./../aperture-env",
    files: (network) => ({
      ".devcontainer/backend/devcontainer.json": `{
	"name": "Backend",
	"dockerComposeFile": ["../../compose.yaml", "compose.dev.yaml"],
	"service": "app",
	"workspaceFolder": "/workspaces/backend",
	"shutdownAction": "stopCompose",
	"forwardPorts": [8080, "db:6379"],
	/* not in compose.yaml: only for us */
	"containerEnv": { "BACKEND_DEBUG": "1" },
	"customizations": {
		"vscode": { "extensions": ["cweijan.vscode-redis-client"] }
	},
	"postCreateCommand": {
		"marker": "echo yes >~/created",
		"seed": "redis-cli -u $STORE_URL set open yes",
	},
	"remoteUser": "vscode",
}
`,
      ".devcontainer/backend/compose.dev.yaml": `services:
  app:
    command: sleep infinity
    environment:
      STORE_URL: redis://db:6379/1
    volumes:
      - .:/workspaces/backend:cached
`,
      "compose.yaml": `name: ${compose}
services:
  app:
    build:
      context: .
      dockerfile: app.Dockerfile
    depends_on:
      db:
        condition: service_healthy
    environment: # production's, but for what compose.dev.yaml changes
      STORE_URL: redis://db:6379/0
      STORE_POOL: "5"
    dns: ${network.nameServer}
  db:
    build: db
    volumes:
      - data:/var/lib/redis
    healthcheck:
      test: redis-cli ping
      interval: 1s
    dns: ${network.nameServer}
volumes:
  data:
networks:
  default:
    name: ${network.name}
    external: true
`,
      "app.Dockerfile": `FROM mcr.microsoft.com/devcontainers/base:2-bookworm
RUN apt-get update -qq && apt-get install -qq --no-install-recommends redis-tools && rm -rf /var/lib/apt/lists/*
`,
      "db/Dockerfile": `FROM debian:bookworm-slim
RUN apt-get update -qq && apt-get install -qq --no-install-recommends redis-server && rm -rf /var/lib/apt/lists/*
USER redis
CMD ["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no", "--dir", "/var/lib/redis", "--appendonly", "yes"]
`,
    }),
    script:
      'id -un; cat ~/created; echo "$BACKEND_DEBUG $STORE_POOL"; ls db; redis-cli -u "$STORE_URL" ping; redis-cli -h db -n 1 get open',
    prints: ["vscode", "yes", "1 5", "Dockerfile", "PONG", "yes"],
  },
];

describe.skipIf(!available)("a dev container of the user's", () => {
  let network: ClosedNetwork;
  let registry: string;
  const added = new Map<string, Added>();

  beforeAll(async () => {
    network = await startClosedNetwork();
    const name = process.arch === "arm64" ? "opencode-linux-arm64" : "opencode-linux-x64-baseline";
    const { version } = pinnedRelease;
    const server = await startNpmRegistry({
      packages: [{ name, version, tarball: readFileSync(await fetchOpencodeTarball(name, version)) }],
      host: "0.0.0.0",
    });
    onDispose(() => server.close());
    registry = `http://${await bridgeGateway()}:${server.port}/`;
  });
  afterAll(disposeAll);

  const up = async (folder: string, file: string, ...args: string[]): Promise<void> => {
    const { exitCode, stdout, stderr } = await devcontainer([
      "up",
      "--workspace-folder",
      folder,
      "--config",
      join(folder, file),
      ...args,
    ]);
    expect(exitCode, stderr + stdout).toBe(0);
  };
  /** A repository with these files that has got the environment, remembered by that name. */
  const add = async (name: string, files: Readonly<Record<string, string>>, ...args: string[]): Promise<Added> => {
    const folder = await temporaryFolder("aperture-env-adding");
    chmodSync(folder, 0o755);
    writeTree(folder, files);
    const repository = { folder, before: treeOf(folder) };
    added.set(name, repository);
    await generate(folder, args, { npm_config_registry: registry });
    return repository;
  };
  const exec = (folder: string, file: string, ...command: string[]): ReturnType<typeof devcontainer> =>
    devcontainer(["exec", "--workspace-folder", folder, "--config", join(folder, file), ...command]);
  const expectAnswer = async (folder: string, file: string, model: string): Promise<void> => {
    const { stdout, stderr, exitCode } = await exec(folder, file, "opencode", "run", "--model", model, "say hi");
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain(`answering as ${model.split("/")[1]}`);
  };
  const expectOwnParts = async (folder: string, { file, script, prints }: Shape): Promise<void> => {
    const { stdout, stderr } = await exec(folder, file, "bash", "-c", script);
    expect(stdout.trimEnd().split(/\r?\n/), stderr).toEqual(prints);
  };

  test.each(shapes)("$name: in $file it gets one key, OpenCode answers, and all of the user's still works", async (shape) => {
    const { name, file, key } = shape;
    const files = shape.files(network);
    if (name === "dockerComposeFile") onDispose(removeCompose);
    const { folder, before } = await add(name, files);

    const original = files[file]!;
    const edited = readFileSync(join(folder, file), "utf8");
    const value = parse(original) as { features?: object };
    expect(parse(edited)).toEqual({ ...value, features: { ...value.features, [key]: { revision } } });
    const lines = original.split("\n");
    const inserted = edited.split("\n").filter((line) => line !== lines[0] || lines.shift() === undefined);
    expect(lines).toEqual([]);
    const insertion = { [key]: { revision } };
    expect(parse(`{${inserted.join("\n")}}`)).toEqual(value.features === undefined ? { features: insertion } : insertion);
    const after = treeOf(folder);
    expect(Object.keys(before).filter((path) => before[path] !== after[path])).toEqual([file]);

    await up(folder, file);
    await expectOwnParts(folder, shape);
    for (const model of models) await expectAnswer(folder, file, model);
  });

  const api = '{\n\t"image": "debian:bookworm-slim", // small\n\t"runArgs": RUN_ARGS,\n}\n';
  const web = '{\n\t"image": "node:24-bookworm-slim",\n\t"runArgs": RUN_ARGS,\n\t"remoteUser": "node"\n}\n';
  const several = [
    { name: "two of one depth", places: [".devcontainer/api/devcontainer.json", ".devcontainer/web/devcontainer.json"] },
    { name: "two of different depths", places: [".devcontainer/devcontainer.json", ".devcontainer/web/devcontainer.json"] },
  ] as const;
  test.each(several)("$name: all of them get it", async ({ name, places }) => {
    const runArgs = JSON.stringify(network.args);
    const files = { [places[0]]: api.replace("RUN_ARGS", runArgs), [places[1]]: web.replace("RUN_ARGS", runArgs) };
    const { folder } = await add(name, files, "--devcontainers", "all");
    for (const [index, user] of ["root", "node"].entries()) {
      const file = places[index]!;
      await up(folder, file);
      expect((await exec(folder, file, "id", "-un")).stdout.trim()).toBe(user);
      await expectAnswer(folder, file, models[index % models.length]!);
    }
  });

  test("only placeholders went to the gateway, and no other name was asked for", async () => {
    const requests = await network.requests();
    expect(requests.length).toBeGreaterThanOrEqual(shapes.length * models.length + 2 * several.length);
    expect(requests.filter((request) => !request.placeholder || request.status !== 200)).toEqual([]);
    expect(await network.keys()).toEqual(["-", "Bearer -"]);
    expect(await network.names()).toEqual(["ai"]);
    // Compose's services ask the same name server, behind the engine's.
    const { name, file } = shapes.at(-1)!;
    const lookup = await exec(added.get(name)!.folder, file, "getent", "hosts", "a-way-out.example");
    expect(lookup.exitCode).not.toBe(0);
    expect(await network.names()).toEqual(["ai", "a-way-out.example"]);
  });

  test.each(shapes)("$name: remove gives the same bytes again, and the container starts without OpenCode", async (shape) => {
    const { folder, before } = added.get(shape.name)!;
    await remove(folder);
    expect(ownTree(folder)).toEqual(before);
    await up(folder, shape.file, "--remove-existing-container");
    await expectOwnParts(folder, shape);
    const { stdout } = await exec(
      folder,
      shape.file,
      "sh",
      "-c",
      "command -v opencode; env | grep -E 'APERTURE|OPENCODE'; echo end",
    );
    expect(stdout.trim()).toBe("end");
  });

  test.each(several)("$name: remove gives the same bytes again", async ({ name }) => {
    const { folder, before } = added.get(name)!;
    await remove(folder);
    expect(ownTree(folder)).toEqual(before);
  });
});

/** What `devcontainer up` starts and builds of a Compose project beside the dev container. */
async function removeCompose(): Promise<void> {
  const down = await docker(["compose", "--project-name", compose, "down", "--volumes"]);
  await docker(["image", "rm", "--force", `${compose}-app`, `${compose}-db`]);
  if (down.exitCode !== 0) throw new Error(down.stderr);
}
