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
    if (serves(served, each) !== undefined) continue;
    const tried = probe.formats.get(`${each.path} ${each.wire}`);
    const choose = `choose one of ${listed(
      served.map(({ id }) => show(id)),
      4,
    )}, or ask for a grant`;
    checks.push(
      judgeUnlisted(each.key, quote.text(each.text), tried !== undefined && "status" in tried ? tried.status : null, choose),
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
        "they are not in this environment's catalogue, so they cannot be chosen",
        "npx create-aperture-env discover --write, and rebuild the image",
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
        `${lost.length} of ${known.size} models that can be chosen are not listed: ${listed(
          lost.map((id) => quote.text(id)),
          3,
        )}`,
        "no grant gives you these models, or no provider of the gateway has them: a request for one may fail with 404",
        "npx create-aperture-env discover --write, and rebuild the image",
      ),
    );
  return withList(checks, served);
}

/** The list has what grants give and what the gateway's configuration names; whether a prompt is answered says only a request, by its status. */
function judgeUnlisted(key: string, name: string, status: number | null, choose: string): Check {
  const isMain = key === "model";
  if (status !== null && status !== 404) {
    const cause = `the gateway accepts requests for it (${status}), so prompts may work`;
    const next = `aperture-doctor --send  tries one; or ${choose}`;
    return isMain
      ? found("note", "models", "model-not-listed", `The gateway does not list ${name} (model)`, cause, next)
      : found("note", "models", "small-model-not-listed", `The gateway does not list ${name} (small_model)`, cause, next);
  }
  const cause =
    status === null
      ? "no grant gives you this model, or no provider of the gateway has it"
      : "a request for it fails with 404: no grant gives you this model, or no provider of the gateway has it";
  return isMain
    ? found("failure", "models", "model-not-served", `The gateway does not list ${name} (model)`, cause, choose)
    : found(
        "warning",
        "models",
        "small-model-not-served",
        `The gateway does not list ${name} (small_model)`,
        `${cause}; titles fail silently`,
        choose,
      );
}

function withList(checks: readonly Check[], served: readonly Served[]): Check[] {
  const bad = checks.some(({ severity }) => severity === "failure" || severity === "warning");
  return bad
    ? [...checks]
    : [fine("models", "models", `${served.length} models are served, including the configured ones`), ...checks];
}
