/**
 * The models of a mock gateway: the list for clients, and the model that a request means. stock.ts chooses them.
 *
 * The list's shape and routing by the body's `model`, plain or as `provider/model`: Aperture documentation, "How Aperture works", and
 * the clients tailscale/aperture-cli (docs/adding-a-client.md, internal/config/providers.go) and Pi's Aperture extension.
 */
import { chat } from "./chat.ts";
import { faultOfModel, type Fault } from "./faults.ts";
import { wireFormats } from "./formats.ts";
import { messages } from "./messages.ts";
import { responses } from "./responses.ts";
import type { WireFormat } from "./wire.ts";
import type { JsonObject } from "./json.ts";

/** A model, the provider that lists it, and the paths on which it answers, such as `/v1/messages`. */
export interface MockModel {
  readonly id: string;
  readonly provider: { readonly id: string; readonly name: string };
  readonly endpoints: readonly string[];
}

/** What restricts a gateway's list. */
export interface Limits {
  readonly faults: readonly Fault[];
  /** Globs over `provider/model`, as in a grant's `models`; null if everything is granted. */
  readonly grants: readonly string[] | null;
}

/** The provider of models that no provider of the catalogue has. */
export const mockProvider = { id: "mock", name: "Mock gateway" };

/** The path of every wire format. */
export const everyPath: readonly string[] = wireFormats.map(({ path }) => path);

/**
 * The body of `GET /v1/models`. The official CLI refuses a list without `upstream`, or with different providers in one entry
 * (tailscale/aperture-cli, internal/config/providers.go).
 */
export function listModels(models: readonly MockModel[]): JsonObject {
  const data = models.map(({ id, provider, endpoints }) => ({
    id,
    object: "model",
    supported_endpoints: endpoints,
    metadata: {
      provider: { id: provider.id, name: provider.name, description: "", requires_client_auth: false, upstream: provider.id },
    },
  }));
  return { object: "list", data };
}

/**
 * The models in the list for a client. Claude Code, recognised by its user agent, gets fewer (tailscale/aperture-cli, docs/adding-a-client.md). Which
 * ones is not documented; here they are those with the API that it supports.
 */
export function modelsFor(userAgent: string, models: readonly MockModel[]): readonly MockModel[] {
  const claudeCode = /\bclaude-(?:cli|code)\b/i.test(userAgent);
  return claudeCode ? models.filter(({ endpoints }) => endpoints.includes(messages.path)) : models;
}

/** The models that remain with these faults and grants. */
export function limitModels(models: readonly MockModel[], { faults, grants }: Limits): readonly MockModel[] {
  if (faults.includes("empty")) return [];
  const granted = grants?.map(compileGlob) ?? [/^/];
  const left = models.filter(({ id, provider }) => granted.some((glob) => glob.test(`${provider.id}/${id}`)));
  if (!faults.includes("no-responses")) return left;
  return left.map((model) => ({ ...model, endpoints: withoutResponses(model.endpoints) }));
}

function withoutResponses(endpoints: readonly string[]): readonly string[] {
  return [...new Set(endpoints.map((path) => (path === responses.path ? chat.path : path)))];
}

/** `*` matches any part of a name, `**` also slashes (Aperture documentation, "How grants work": `anthropic/**`). */
function compileGlob(glob: string): RegExp {
  const source = glob.replaceAll(/\*\*|[^]/g, (part) => {
    if (part === "**") return ".*";
    return part === "*" ? "[^/]*" : part.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
  });
  return new RegExp(`^${source}$`, "s");
}

/**
 * The first model of that name that answers in that format, or a sentence that says why there is none. Only a body can also name the provider; a path
 * has no place for it. A name such as `fault-slow` is always a model.
 */
export function routeModel(models: readonly MockModel[], name: string, format: WireFormat): MockModel | string {
  const named = models.filter(({ id, provider }) => id === name || `${provider.id}/${id}` === name);
  if (named.length === 0) return modelOfFault(name, format) ?? "The gateway has no such model; GET /v1/models lists what it has.";
  const elsewhere = [...new Set(named.flatMap(({ endpoints }) => endpoints))].join(", ");
  return (
    named.find(({ endpoints }) => endpoints.includes(format.path)) ??
    `It does not answer on ${format.path}, only on ${elsewhere}.`
  );
}

function modelOfFault(name: string, format: WireFormat): MockModel | string | null {
  const fault = faultOfModel(name);
  if (fault === null) return null;
  const endpoints = fault === "no-responses" ? withoutResponses(everyPath) : everyPath;
  if (endpoints.includes(format.path)) return { id: name, provider: mockProvider, endpoints };
  return `It does not answer on ${format.path}, only on ${endpoints.join(", ")}.`;
}
