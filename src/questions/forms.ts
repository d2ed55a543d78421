/** The forms of answers. Answers in a lock are checked against them before use; whether they make sense is checked by `read`. */
import { isCount, isList, isRecord, isText, isTextMap } from "../forms.ts";
import type { BaseChoice, ConnectionChoice, ModelChoice, ProviderChoice, Style } from "./types.ts";

/** A style by its word. */
export function isStyleChoice(value: unknown): value is Style {
  return isText(value);
}

/** A connection by its word, or with options. */
export function isConnectionChoice(value: unknown): value is ConnectionChoice {
  return isText(value) || (isTextMap(value) && isText(value["kind"]));
}

/** A base by its name, or an image. */
export function isBaseChoice(value: unknown): value is BaseChoice {
  return isText(value) || (isRecord(value) && [value["image"], value["libc"], value["user"]].every(isText));
}

/** Ports: numbers, or texts. */
export function isPorts(value: unknown): value is (number | string)[] {
  return isList(value, (port) => isText(port) || typeof port === "number");
}

/** Providers, each with its wire format. */
export function isProviderChoices(value: unknown): value is ProviderChoice[] {
  return isList(value, isProviderChoice);
}

function isProviderChoice(value: unknown): value is ProviderChoice {
  if (!isRecord(value)) return false;
  const { id, api, name, models } = value;
  return (
    isText(id) && isText(api) && (name === undefined || isText(name)) && (models === undefined || isList(models, isModelChoice))
  );
}

function isModelChoice(value: unknown): value is ModelChoice {
  if (!isRecord(value)) return false;
  const { id, name, limit, reasoning, images } = value;
  const switches = [reasoning, images].every((item) => item === undefined || typeof item === "boolean");
  const limited = limit === undefined || (isRecord(limit) && isCount(limit["context"]) && isCount(limit["output"]));
  return isText(id) && (name === undefined || isText(name)) && limited && switches;
}
