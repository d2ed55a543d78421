/** The wire formats that are in use: which to try, and what the gateway answered on each path. From values to values. */
import { type Answer, type Failure, clean, explainAnswer } from "../../gateway/explain.ts";
import type { DatedAnswer } from "../../gateway/http/reader.ts";
import { type JsonObject, textAt } from "../config/json.ts";
import { type Choices, splitModel, wirePath } from "../config/providers.ts";
import type { FormatQuestion, GatewayProbe } from "../probe/network.ts";
import { type Check, found, listed, show } from "../types.ts";
import { type GatewayFacts, type Served, fromError, readModels, serves, usedModels } from "./gateway-facts.ts";

/** A wire format of a provider, with a model that the gateway serves and the paths on which it does. */
interface FormatInUse extends FormatQuestion {
  readonly provider: string;
  readonly paths: readonly string[];
}

/** Every wire format of every provider that is in use. The provider of the compact style has several. */
function formatsInUse(config: JsonObject, choices: Choices, served: readonly Served[]): readonly FormatInUse[] {
  return choices.providers.flatMap((provider) => {
    const names = [
      ...usedModels(config, choices)
        .filter(({ text }) => text.startsWith(`${provider.id}/`))
        .map(({ text }) => splitModel(text)[1]),
      ...(provider.models?.keys() ?? []),
    ];
    const formats = new Map<string, FormatInUse>();
    for (const name of names) {
      const path = wirePath(provider, config, name);
      if (path === null || formats.has(path)) continue;
      const found = serves(served, { wire: provider.models?.get(name) ?? name, text: `${provider.id}/${name}` });
      if (found !== undefined) formats.set(path, { provider: provider.id, path, model: found.id, paths: found.paths });
    }
    return [...formats.values()];
  });
}

/** The formats that have to be tried, because the list does not tell them; in depth all of them. */
export function formatsToTry(
  config: JsonObject,
  choices: Choices,
  models: DatedAnswer,
  deep: boolean,
): readonly FormatQuestion[] {
  const served = readModels(models.text) ?? [];
  const open = formatsInUse(config, choices, served).filter(({ paths }) => deep || paths.length === 0);
  // What is not listed may be served all the same.
  const unlisted = usedModels(config, choices).flatMap((used) =>
    used.path === null || serves(served, used) !== undefined ? [] : [{ path: used.path, model: used.wire }],
  );
  const all = served.length === 0 ? [] : [...open, ...unlisted];
  return [...new Map(all.map(({ path, model }) => [`${path} ${model}`, { path, model }])).values()];
}

/** What the gateway serves of the wire formats that are in use, by its list and, where they were tried, by its answers. */
export function judgeFormats(
  { config, choices, probe, quote }: Pick<GatewayFacts, "config" | "choices" | "probe" | "quote">,
  served: readonly Served[],
): Check[] {
  const main = splitModel(textAt(config, "model") ?? "")[0];
  return formatsInUse(config, choices, served).flatMap(({ provider, path, model, paths }) => {
    const tried = probe.formats.get(`${path} ${model}`);
    const severity = provider === main ? "failure" : "warning";
    if (paths.length > 0 ? !paths.includes(path) : tried !== undefined && "status" in tried && [404, 405].includes(tried.status))
      return [
        found(
          severity,
          "models",
          path === "/v1/responses" ? "responses-missing" : "wire-format-missing",
          `The gateway does not serve ${show(model)} on ${path}, which OpenCode calls for ${quote.text(provider)}`,
          paths.length > 0
            ? `it serves it on ${listed(paths.map((each) => show(each)))}`
            : "that path is answered with 404 or 405",
          `ask the gateway's administrator for the flag ${flags[path] ?? "of that format"} (compatibility), ${path === "/v1/responses" ? "or set  api: chat  for it in aperture-env.yaml" : "or choose another provider"}`,
        ),
      ];
    return tried === undefined ? [] : judgeTried(tried, probe, severity, path);
  });
}

const flags: Readonly<Record<string, string>> = {
  "/v1/responses": "openai_responses",
  "/v1/messages": "anthropic_messages",
  "/v1/chat/completions": "openai_chat",
};

function judgeTried(
  tried: Answer | Failure,
  { url, route }: GatewayProbe,
  severity: "failure" | "warning",
  path: string,
): Check[] {
  // A request without content cannot do better than 400.
  if ("phase" in tried || (tried.status >= 200 && tried.status < 300) || [400, 413, 415, 422].includes(tried.status)) return [];
  const wrong = explainAnswer(tried, { url: new URL(path, url), timeout: 0, proxy: route.proxy?.host ?? null, unused: null });
  return wrong === null
    ? []
    : [{ ...fromError(wrong), severity, message: clean(`${path}: ${wrong.message.replace(/\.$/, "")}`, 300) }];
}
