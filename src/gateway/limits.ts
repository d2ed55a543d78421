/** The limits of models that the catalogue knows under this or a near name; a gateway's list has none. Pure. */
import { type Known, type Limit, isRecord } from "./listed.ts";

/** Looks limits up: of the provider's own model, else the least of the same model elsewhere, whatever a vendor's, a region's or a date's mark on its name. */
export function limitsOf({ catalogue }: Known): (provider: string, model: string) => Limit | null {
  const everywhere = new Map<string, Limit>();
  for (const { models } of Object.values(catalogue)) {
    for (const model of Object.values(models)) {
      const limit = readLimit(model);
      for (const name of [bareName(model.id), undated(bareName(model.id))])
        if (limit !== null && limit.context < (everywhere.get(name)?.context ?? Infinity)) everywhere.set(name, limit);
    }
  }
  return (provider, model) => {
    const models = Object.hasOwn(catalogue, provider) ? catalogue[provider]!.models : {};
    const own = Object.hasOwn(models, model) ? readLimit(models[model]!) : null;
    const name = bareName(model);
    return own ?? everywhere.get(name) ?? everywhere.get(undated(name)) ?? null;
  };
}

/** `us.anthropic.claude-sonnet-4-5-20250929-v1:0`, `anthropic/claude-sonnet-4.5` and `claude-sonnet-4-5@20250929` without what is not the model's. */
function bareName(id: string): string {
  return id
    .toLowerCase()
    .replace(/^.*\//, "")
    .replace(/^(?:us|eu|apac|global|jp|au|ca)\./, "")
    .replace(/^[a-z][a-z0-9-]*\.(?=[a-z])/, "")
    .replace(/@(?=\d{8}$)/, "-")
    .replace(/:[a-z]+$/, "")
    .replace(/-v\d+(?::\d+)?$/, "")
    .replaceAll(".", "-");
}

function undated(name: string): string {
  return name.replace(/-20\d{2}-?\d{2}-?\d{2}$/, "");
}

function readLimit(model: Readonly<Record<string, unknown>>): Limit | null {
  const limit = isRecord(model["limit"]) ? model["limit"] : {};
  const { context, output } = limit;
  return typeof context === "number" && typeof output === "number" && context > 0 && output > 0 ? { context, output } : null;
}
