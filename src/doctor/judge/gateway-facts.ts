/** What is judged of the gateway, and what several judges of it need: its list, the models in use, what an error comes to. From values to values. */
import type { AppError } from "../../errors.ts";
import { parseAnswer } from "../../gateway/explain.ts";
import { type JsonObject, at, isObject, textAt, textsAt } from "../config/json.ts";
import { type Choices, splitModel, wirePath } from "../config/providers.ts";
import type { Quote } from "../config/quote.ts";
import type { GatewayProbe } from "../probe/network.ts";
import { type Check, found } from "../types.ts";

/** What is judged of the gateway. */
export interface GatewayFacts {
  readonly probe: GatewayProbe;
  readonly config: JsonObject;
  /** Shows what comes out of the configuration. Nothing of it is shown in another way. */
  readonly quote: Quote;
  /** What goes through the gateway. */
  readonly choices: Choices;
  /** Models that the environment's catalogue has. */
  readonly known: ReadonlySet<string>;
  /** How long it was waited for, in milliseconds. */
  readonly timeout: number;
}

/** A model of the gateway's list. */
export interface Served {
  readonly id: string;
  /** Empty where the list does not tell. */
  readonly paths: readonly string[];
}

/** Answers that may pass by themselves, or after a while. */
const passing = ["gateway-restarting"];

/** A finding from an error of the gateway, with what it means for OpenCode. */
export function fromError({ code, message, hint = "" }: AppError): Check {
  const group = /^gateway-(?:quota|guardrail|hook)/.test(code) ? "models" : "gateway";
  return found(
    passing.includes(code) ? "warning" : "failure",
    group,
    code,
    message.replace(/\.$/, ""),
    meanings[code] ?? "OpenCode cannot work without it",
    hint.replace(/\.$/, ""),
  );
}

const meanings: Readonly<Record<string, string>> = {
  "gateway-html": "OpenCode would retry forever: it treats a web page as an answer that has not started",
  "gateway-refused": "OpenCode retries for a minute and then gives up without a message",
  "gateway-timeout": "packets are dropped on the way",
  "gateway-slow": "a program accepts connections there and does not answer",
  "gateway-forbidden": "this machine's identity has no role",
  "gateway-quota": "OpenCode retries silently, for minutes",
  "gateway-quota-invalid": "OpenCode retries silently, for minutes",
  "gateway-hook": "OpenCode retries silently, for minutes",
  "gateway-guardrail": "the prompt is refused; OpenCode shows the gateway's message",
  "gateway-denied": "the gateway, or a proxy in front of it, refuses this machine",
  "gateway-redirect": "OpenCode does not follow it as a browser would",
  "gateway-restarting": "OpenCode retries automatically",
};

/** The list's models; null where it is none. */
export function readModels(text: string): readonly Served[] | null {
  const parsed = parseAnswer(text);
  const data = parsed.ok ? at(parsed.value, "data") : null;
  if (!Array.isArray(data)) return null;
  return data.filter(isObject).flatMap((model) => {
    const id = textAt(model, "id");
    return id === undefined ? [] : [{ id, paths: textsAt(model, "supported_endpoints") ?? [] }];
  });
}

/** A model that the configuration uses, as the gateway knows it. */
interface Used {
  readonly key: string;
  readonly text: string;
  readonly wire: string;
  readonly path: string | null;
}

/** The models that the configuration names: the default one and the small one. */
export function usedModels(config: JsonObject, choices: Choices): Used[] {
  return ["model", "small_model"].flatMap((key) => {
    const text = textAt(config, key);
    if (text === undefined) return [];
    const [id, name] = splitModel(text);
    const provider = choices.providers.find((each) => each.id === id);
    if (provider === undefined) return [];
    return [{ key, text, wire: provider.models?.get(name) ?? name, path: wirePath(provider, config, name) }];
  });
}

/** A list may name a model with its provider before it. */
export function serves(served: readonly Served[], { wire, text }: Pick<Used, "wire" | "text">): Served | undefined {
  return served.find(({ id }) => id === wire || id === text);
}
