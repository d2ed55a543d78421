/** The real OpenCode reads the configuration and the catalogue of the golden trees: what it makes of them is what they mean. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { parse as parseJsonc } from "jsonc-parser";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findProvider } from "../../src/catalog/providers.ts";
import { lockPath, parseLock, type Lock } from "../../src/lock/lock.ts";
import { opencodeBinary } from "../support/opencode.ts";
import { makeTemporary, textOf, writeTree, type Tree } from "../golden/cases.ts";
import { caseNames, readCase } from "../golden/store.ts";
import { fixedAddressOf } from "../../src/parts/connection-answer.ts";

const binary = await opencodeBinary();
const share = ".devcontainer/aperture-env";
const gateway = "http://gateway.test";

interface Environment {
  readonly name: string;
  readonly after: Tree;
  readonly answers: Lock["answers"];
}

interface Config {
  readonly model: string;
  readonly small_model: string;
  readonly enabled_providers: readonly string[];
  readonly share: string;
  readonly provider: Readonly<Record<string, { readonly options: object; readonly models?: object }>>;
}

interface CatalogueProvider {
  readonly models: Readonly<Record<string, { readonly experimental?: { readonly modes?: object } }>>;
}

const environments: readonly Environment[] = caseNames
  .map(readCase)
  .filter(({ after }) => after[lockPath] !== undefined)
  .map(({ name, after }) => ({ name, after, answers: parseLock(textOf(after, lockPath))!.answers }));

/** Many trees hold the same files, and each call takes seconds: the first environment with each text. */
function firstOfEach(read: (environment: Environment) => string): readonly Environment[] {
  const texts = environments.map(read);
  return environments.filter((_, index) => texts.indexOf(texts[index]!) === index);
}

let temporary: ReturnType<typeof makeTemporary>;
beforeEach(() => {
  temporary = makeTemporary();
});
afterEach(() => temporary.remove());

/** Runs OpenCode with the files of an environment, and gives what it prints. */
async function opencode({ after }: Environment, ...args: string[]): Promise<string> {
  const { folder } = temporary;
  const home = join(folder, "home");
  writeTree(folder, after);
  mkdirSync(home);
  const { stdout } = await execa(binary!, args, {
    cwd: home,
    stdin: "ignore",
    extendEnv: false,
    env: {
      PATH: process.env["PATH"],
      HOME: home,
      TMPDIR: folder,
      APERTURE_URL: gateway,
      OPENCODE_CONFIG: join(folder, share, "opencode.json"),
      OPENCODE_MODELS_PATH: join(folder, share, "models.json"),
      // Nothing of this machine has a say, and nothing is asked but the files.
      OPENCODE_TEST_MANAGED_CONFIG_DIR: join(home, "managed"),
      OPENCODE_DISABLE_PROJECT_CONFIG: "1",
      OPENCODE_DISABLE_MODELS_FETCH: "1",
      OPENCODE_DISABLE_AUTOUPDATE: "1",
      npm_config_offline: "true",
      // These would switch other providers on, or give one a real key.
      GITHUB_TOKEN: "bait",
      ANTHROPIC_API_KEY: "bait",
      AWS_ACCESS_KEY_ID: "bait",
    },
  });
  return stdout;
}

describe.skipIf(binary === null)("opencode debug config", () => {
  const different = firstOfEach(({ after }) => textOf(after, `${share}/opencode.json`));

  test.each(different)("$name: each provider's address, placeholder keys, the models that were chosen", async (environment) => {
    const { answers } = environment;
    const config = JSON.parse(await opencode(environment, "debug", "config")) as Config;
    const ids = answers.providers.map(({ id }) => id);
    expect(config).toMatchObject({ model: answers.model, small_model: answers.smallModel, share: "disabled" });
    expect(config.enabled_providers).toEqual(ids);
    expect(Object.keys(config.provider)).toEqual(ids);
    // A managed configuration has the address itself: no variable may lead it elsewhere.
    const origin = answers.managed ? fixedAddressOf(answers) : gateway;
    for (const { id, api } of answers.providers) {
      const baseURL = `${origin}${findProvider(id)!.wireFormats[api]!.suffix}`;
      expect(config.provider[id]!.options, id).toEqual({
        baseURL,
        apiKey: "-",
        chunkTimeout: answers.chunkTimeout,
        ...(answers.attribution.length > 0 && { headers: {} }),
      });
    }
  });
});

describe.skipIf(binary === null)("opencode models", () => {
  const different = firstOfEach(({ after }) => {
    const { provider } = parseJsonc(textOf(after, `${share}/opencode.json`)) as Config;
    return textOf(after, `${share}/models.json`) + JSON.stringify(Object.values(provider).map(({ models }) => models));
  });

  test.each(different)("$name: those of the catalogue and those that were chosen, and no other", async (environment) => {
    const { model, smallModel } = environment.answers;
    const listed = (await opencode(environment, "models")).trim().split("\n");
    expect(listed.sort()).toEqual([...new Set([...modelsOf(environment), model, smallModel])].sort());
  });

  /** The catalogue's models. OpenCode offers the modes of one (`fast`, `pro`) as models of their own. */
  function modelsOf({ after, answers }: Environment): string[] {
    const catalogue = JSON.parse(textOf(after, `${share}/models.json`)) as Readonly<Record<string, CatalogueProvider>>;
    expect(Object.keys(catalogue)).toEqual(answers.providers.map(({ id }) => id));
    return Object.entries(catalogue).flatMap(([provider, { models }]) =>
      Object.entries(models).flatMap(([id, { experimental }]) => {
        const modes = Object.keys(experimental?.modes ?? {}).map((mode) => `${id}-${mode}`);
        return [id, ...modes].map((one) => `${provider}/${one}`);
      }),
    );
  }
});
