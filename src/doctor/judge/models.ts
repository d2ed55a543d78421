/** The models that are in use, held against what the gateway lists. From values to values. */
import { type Check, fine, found, listed, show } from "../types.ts";
import { judgeFormats } from "./formats.ts";
import { type GatewayFacts, type Served, serves, usedModels } from "./gateway-facts.ts";

/** Every model that is in use, and what of it the gateway does not serve. */
export function judgeModels(
  { config, choices, probe, quote, known: catalogue }: GatewayFacts,
  served: readonly Served[],
): Check[] {
  const checks: Check[] = [];
  const used = usedModels(config, choices);
  for (const each of used) {
    const main = each.key === "model";
    if (serves(served, each) === undefined)
      checks.push(
        found(
          main ? "failure" : "warning",
          "models",
          main ? "model-not-served" : "small-model-not-served",
          `The gateway does not serve ${quote.text(each.text)}, which is ${each.key}`,
          main ? "every prompt is answered with 404, or no grant gives you this model" : "titles fail without a word",
          `choose one of ${listed(
            served.map(({ id }) => show(id)),
            4,
          )}, or ask for a grant`,
        ),
      );
  }
  checks.push(...judgeFormats({ config, choices, probe, quote }, served));
  const known = new Map(
    choices.providers.flatMap(({ models }) => [...(models ?? [])].map(([name, wire]) => [wire, name] as const)),
  );
  if (choices.providers.some(({ models }) => models === null)) return withList(checks, served);
  const ids = new Set(served.map(({ id }) => id.slice(id.indexOf("/") + 1)));
  const isKnown = (name: string): boolean => known.has(name) || catalogue.has(name);
  const news = served.filter(({ id }) => !isKnown(id) && !isKnown(id.slice(id.indexOf("/") + 1)));
  if (news.length > 0)
    checks.push(
      found(
        "note",
        "models",
        "models-new",
        `The gateway serves ${news.length} more: ${listed(
          news.map(({ id }) => show(id)),
          3,
        )}`,
        "this environment does not know them, so they cannot be chosen",
        "npx create-aperture-env discover --write, and build the image again",
      ),
    );
  const whole = new Set(served.map(({ id }) => id));
  const lost = [...known.keys()].filter((wire) => !ids.has(wire) && !whole.has(wire));
  if (lost.length > 0 && lost.length < known.size)
    checks.push(
      found(
        "note",
        "models",
        "models-not-served",
        `${lost.length} of ${known.size} models that can be chosen are not served: ${listed(
          lost.map((id) => quote.text(id)),
          3,
        )}`,
        "choosing one is answered with 404",
        "npx create-aperture-env discover --write, and build the image again",
      ),
    );
  return withList(checks, served);
}

function withList(checks: readonly Check[], served: readonly Served[]): Check[] {
  const bad = checks.some(({ severity }) => severity === "failure" || severity === "warning");
  return bad ? [...checks] : [fine("models", "models", `${served.length} models are served, ours among them`), ...checks];
}
