/** What OpenCode's configuration comes to, held against the environment's own. From values to values. */
import { type FolderFile, judgeFolderFile } from "../../opencode/folder-files.ts";
import { findWaysOutOfVariables } from "../../opencode/variables.ts";
import { type Expectation, type WayOut, findWaysOut } from "../../opencode/ways-out.ts";
import { entriesAt, lineOf, parseJsonc, textAt } from "../config/json.ts";
import { splitModel } from "../config/providers.ts";
import { writtenBetween } from "../config/substitute.ts";
import { type Check, fine, found, listed, show } from "../types.ts";
import { type ConfigFacts, oursAndAllowed, whoSet, placed } from "./config-facts.ts";
import { judgeOthers, judgeProviders } from "./providers.ts";
import { judgeSilence } from "./silence.ts";

/** All checks of it. */
export function judgeConfig(facts: ConfigFacts): Check[] {
  const { own, installation, resolved } = facts;
  if (own === null)
    return [
      found(
        "failure",
        "config",
        "config-missing",
        `${show(`${installation.share}/opencode.json`)} cannot be read`,
        "OpenCode would silently use its own hosted models, so the launcher does not start it",
        "rebuild the image: it lacks its aperture-env folder",
      ),
    ];
  const problems = resolved.problems.map(({ code, source, why, line }) =>
    found(
      "failure",
      "config",
      code,
      `OpenCode does not start with ${show(source)}${line === undefined ? "" : `:${line}`}`,
      show(why),
      "fix it there, or remove it",
    ),
  );
  if (problems.length > 0) return problems;
  const checks = [
    ...judgeFile(facts),
    ...judgeProviders(facts),
    ...judgeOthers(facts),
    ...judgeModels(facts),
    ...judgeWaysOut(facts),
    ...judgeSilence(facts),
  ];
  const ids = facts.choices.providers.map(({ id }) => id);
  return checks.some(({ severity }) => severity === "warning" || severity === "failure")
    ? checks
    : [
        fine(
          "config",
          "config",
          `${listed(ids.map((id) => facts.quote.text(id)))} ${ids.length === 1 ? "goes" : "go"} to the gateway with the placeholder key`,
        ),
        ...checks,
      ];
}

function judgeFile({ launched, resolved, catalogueMissing }: ConfigFacts): Check[] {
  const checks: Check[] = [];
  if (launched.configFallback !== null)
    checks.push(
      found(
        "warning",
        "config",
        "config-not-found",
        "OPENCODE_CONFIG names a file that cannot be read",
        "OpenCode ignores such a file; the launcher uses the environment's own instead",
        "fix the variable, or unset it",
      ),
    );
  if (catalogueMissing)
    checks.push(
      found(
        "warning",
        "config",
        "catalogue-missing",
        "OPENCODE_MODELS_PATH names a file that cannot be read",
        "OpenCode uses its built-in catalogue, with all providers",
        "unset the variable",
      ),
    );
  for (const { source, kind, value } of resolved.layers) {
    if (Object.hasOwn(value, "permissions"))
      checks.push(
        found(
          "warning",
          "config",
          "config-v2",
          `${show(source)} has the key permissions, which is OpenCode 2's`,
          "newer versions of OpenCode 1 refuse to start with it",
          "write permission, or remove it",
        ),
      );
    if (kind === "project" && !Object.hasOwn(value, "$schema"))
      checks.push(
        found(
          "note",
          "config",
          "config-rewritten",
          `${show(source)} has no $schema`,
          "OpenCode writes one into it, so that git shows a change",
          'add  "$schema": "https://opencode.ai/config.json"',
        ),
      );
  }
  return checks;
}

function judgeModels({ resolved, choices, quote }: ConfigFacts): Check[] {
  const checks: Check[] = [];
  const judge = (key: "model" | "small_model"): void => {
    const text = textAt(resolved.config, key);
    const main = key === "model";
    if (text === undefined) {
      if (main)
        checks.push(
          found(
            "warning",
            "config",
            "model-unset",
            "No model is set",
            "OpenCode picks one by its own ranking, which the gateway may not serve",
            "set model in aperture-env.yaml",
          ),
        );
      return;
    }
    const [id, name] = splitModel(text);
    const provider = choices.providers.find((each) => each.id === id);
    const by = whoSet(resolved, [key]);
    const fix = `name a model of ${listed(choices.providers.map((each) => quote.text(each.id)))}${by === null ? "" : ` in ${by}, or take it out there`}`;
    const comes = main ? "OpenCode cannot start a session with it" : "OpenCode uses the main model instead, also for titles";
    if (provider === undefined || provider.models?.has(name) === false)
      checks.push(
        found(
          main ? "failure" : "warning",
          "config",
          main ? "model-unknown" : "small-model-unknown",
          `${key} is ${quote.text(text)}, which ${provider === undefined ? "is of no provider that can be chosen" : "OpenCode does not know"}`,
          comes,
          fix,
        ),
      );
  };
  judge("model");
  judge("small_model");
  return checks;
}

/** These are judged in what all configuration comes to. */
const judgedMerged =
  /^(?:model|small_model|enabled_providers.*|disabled_providers.*|provider\.[^.]+\.(?:api|options\.(?:baseURL|apiKey|endpoint)))$/;

/** And these variables are judged by what they lead to, or with the gateway. */
const judgedElsewhere = /^(?:APERTURE_URL|OPENCODE_CONFIG|OPENCODE_AUTH_CONTENT|OTEL_EXPORTER_OTLP_ENDPOINT|https?_proxy)$/i;

const severities: Readonly<Record<WayOut["code"], "note" | "warning" | "failure">> = {
  bypass: "failure",
  "foreign-model": "warning",
  "provider-off": "note",
  "runs-code": "note",
  "asks-registry": "note",
  "asks-others": "note",
  "plugin-refused": "failure",
};

/** What each file and variable says beside, by the same judge as the plan's. */
function judgeWaysOut({ resolved, own, origin, managed, given, installation, folderFiles }: ConfigFacts): Check[] {
  if (origin === null) return [];
  const { ours, allowed } = oursAndAllowed(own);
  const environment: Expectation = {
    url: origin,
    providers: ours,
    allowed,
    ...(installation.plugins !== undefined && { plugins: installation.plugins }),
    addressed: entriesAt(own, "provider").every(([, provider]) => (textAt(provider, "options", "baseURL") ?? "") === "")
      ? "models"
      : "providers",
    managed,
  };
  const file = `${installation.share}/opencode.json`;
  const files = resolved.layers
    .filter(({ kind, source }) => kind !== "managed" && kind !== "variable" && source !== file)
    .flatMap(({ source, filled }) => {
      // As it is written: what variables and files hold is nobody's to see.
      const text = writtenBetween(filled, 0, filled.text.length) ?? filled.text;
      const parsed = parseJsonc(text);
      return findWaysOut(parsed.ok ? parsed.value : {}, environment)
        .filter(({ path }) => !judgedMerged.test(path.join(".")))
        .map((way) => ({ way, severity: severities[way.code], where: placed(source, lineOf({ text, spans: [] }, way.path)) }));
    });
  const inFolders = judgeFolders(folderFiles, environment);
  const variables = findWaysOutOfVariables(given, environment)
    .filter(({ name, path }) => !judgedElsewhere.test(name) && !judgedMerged.test(path.join(".")))
    // What configuration they lead to is judged above.
    .map((way) => ({
      way: withoutContent(way),
      severity: way.name === "OPENCODE_DISABLE_DEFAULT_PLUGINS" ? ("warning" as const) : ("note" as const),
      where: null,
    }));
  return [...files, ...inFolders, ...variables].map(({ way: { code, what, comes, hint }, severity, where }) =>
    found(
      severity,
      "config",
      code,
      `${what.charAt(0).toUpperCase()}${what.slice(1)}${where === null ? "" : ` (${where})`}`,
      comes,
      hint,
    ),
  );
}

/** Code is named once for all: it is many files where it is meant. */
function judgeFolders(
  folderFiles: readonly FolderFile[],
  environment: Expectation,
): {
  readonly way: Omit<WayOut, "path" | "fixable">;
  readonly severity: Check["severity"] & ("note" | "warning" | "failure");
  readonly where: string;
}[] {
  const all = folderFiles.flatMap((file) =>
    judgeFolderFile(file.path, file.text, environment).map(({ way }) => ({ way, file: `${file.folder}/${file.path}` })),
  );
  const codes = [...new Set(all.map(({ way }) => `${way.code} ${way.what}`))];
  return codes.map((one) => {
    const same = all.filter(({ way }) => `${way.code} ${way.what}` === one);
    const { way } = same[0]!;
    return {
      way,
      severity: severities[way.code],
      where: listed(
        same.map(({ file }) => show(file)),
        3,
      ),
    };
  });
}

/** Of a whole configuration in a variable only the key is shown: whatever else is in it may be anybody's secret. */
function withoutContent(way: WayOut & { readonly name: string }): WayOut {
  const [key] = way.path;
  if (way.name !== "OPENCODE_CONFIG_CONTENT" || key === undefined) return way;
  return { ...way, what: `${way.name} sets ${show(String(key))}`, hint: "keep it if that is intentional, or remove it" };
}
