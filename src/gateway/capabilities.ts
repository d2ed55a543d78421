/** Capabilities of a model, by the catalogue's entries of the same or a similar name; a gateway's list does not contain them. Pure. */
import { isRecord } from "../forms.ts";
import type { Capabilities, Known, Limit } from "./listed.ts";

/**
 * Looks a model up: the provider's own entry, else entries of other providers whose names differ only in a vendor, a region or a date; of several
 * entries, only what all of them support.
 */
export function capabilitiesOf({ catalogue }: Known): (provider: string, model: string) => Capabilities | null {
  const everywhere = new Map<string, Capabilities>();
  for (const { models } of Object.values(catalogue)) {
    for (const model of Object.values(models)) {
      const found = readCapabilities(model);
      if (found === null) continue;
      const name = bareName(model.id);
      for (const each of new Set([name, undated(name)])) everywhere.set(each, leastOf(found, everywhere.get(each)));
    }
  }
  return (provider, model) => {
    const models = Object.hasOwn(catalogue, provider) ? catalogue[provider]!.models : {};
    const own = Object.hasOwn(models, model) ? readCapabilities(models[model]!) : null;
    const name = bareName(model);
    return own ?? everywhere.get(name) ?? everywhere.get(undated(name)) ?? null;
  };
}

function leastOf(one: Capabilities, other: Capabilities = one): Capabilities {
  return {
    limit: other.limit.context <= one.limit.context ? other.limit : one.limit,
    reasoning: one.reasoning && other.reasoning,
    images: one.images && other.images,
  };
}

/** `us.anthropic.claude-sonnet-4-5-20250929-v1:0`, `anthropic/claude-sonnet-4.5` and `claude-sonnet-4-5@20250929` without vendor, region and date. */
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

function readCapabilities(model: Readonly<Record<string, unknown>>): Capabilities | null {
  const limit = readLimit(model);
  if (limit === null) return null;
  const modalities = isRecord(model["modalities"]) ? model["modalities"] : {};
  const input = Array.isArray(modalities["input"]) ? (modalities["input"] as readonly unknown[]) : [];
  return { limit, reasoning: model["reasoning"] === true, images: input.includes("image") };
}

function readLimit(model: Readonly<Record<string, unknown>>): Limit | null {
  const limit = isRecord(model["limit"]) ? model["limit"] : {};
  const { context, output } = limit;
  return typeof context === "number" && typeof output === "number" && context > 0 && output > 0 ? { context, output } : null;
}
