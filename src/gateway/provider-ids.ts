/** The ids and the APIs of the providers in a gateway's list. Pure. */
import { type GatewayApi, type Group, type Known, bodyApis, chatsByName, gatewayApis } from "./listed.ts";

/** The provider that a gateway's name means, or null. */
function calledSo(name: string, { providers }: Known): string | null {
  return Object.values(providers).find(({ aliases }) => aliases.includes(name))?.id ?? null;
}

/** The provider that the API belongs to, or null. */
function ownerOf(api: GatewayApi, { providers }: Known): string | null {
  return Object.values(providers).find(({ owns }) => owns === api)?.id ?? null;
}

/** The API of most of a provider's models that answer in text; if the gateway names none, the default of the provider's name. */
export function apiOf({ gatewayId, api, models, untold }: Group, known: Known): { api: GatewayApi | null; assumed: boolean } {
  const told = [...models].filter(([, apis]) => apis.size > 0);
  const chatting = told.filter(([id]) => chatsByName(id));
  const counted = chatting.length > 0 ? chatting : told;
  const count = (one: GatewayApi): number => counted.filter(([, apis]) => apis.has(one)).length;
  const best = gatewayApis.reduce((first, one) => (count(one) > count(first) ? one : first));
  if (count(best) > 0) return { api: best, assumed: false };
  const id = gatewayId?.toLowerCase() ?? "";
  const { providers } = known;
  const name = calledSo(id, known) ?? id;
  const usual = Object.hasOwn(providers, name) ? gatewayApis.find((one) => one === providers[name]!.defaultApi) : undefined;
  // Chat completions is the gateway's default for a provider.
  const silent = usual ?? api ?? "chat";
  return untold.size > 0 ? { api: silent, assumed: true } : { api: null, assumed: false };
}

/** Gives each provider its id in OpenCode. A known id goes to one provider at most, and first to a provider of that name. */
export function assignIds(
  groups: readonly Group[],
  apis: ReadonlyMap<Group, { api: GatewayApi | null }>,
  known: Known,
): Map<Group, string> {
  const { providers, refuses } = known;
  const ids = new Map<Group, string>();
  const taken = new Set<string>();
  const give = (group: Group, id: string): void => {
    ids.set(group, id);
    taken.add(id);
  };
  const fits = (id: string | null, api: GatewayApi | null): id is string =>
    id !== null &&
    Object.hasOwn(providers, id) &&
    !taken.has(id) &&
    api !== null &&
    Object.hasOwn(providers[id]!.wireFormats, api);
  const wishes: readonly ((group: Group) => string | null)[] = [
    ({ gatewayId }) => gatewayId?.toLowerCase() ?? null,
    ({ gatewayId }) => calledSo(gatewayId?.toLowerCase() ?? "", known),
    (group) => {
      const { api } = apis.get(group)!;
      // A provider of another name with an API that has the model in the body is not OpenAI: OpenCode would offer OpenAI's models for it.
      return api !== null && (group.gatewayId === null || !bodyApis.includes(api)) ? ownerOf(api, known) : null;
    },
  ];
  for (const wish of wishes) {
    for (const group of groups) {
      const id = ids.has(group) ? null : wish(group);
      if (fits(id, apis.get(group)!.api)) give(group, id);
    }
  }
  for (const group of groups)
    if (!ids.has(group))
      give(
        group,
        ownId(group, apis.get(group)!.api, (id) => taken.has(id) || Object.hasOwn(providers, id) || refuses(id)),
      );
  return ids;
}

function ownId({ gatewayId }: Group, api: GatewayApi | null, isTaken: (id: string) => boolean): string {
  const slug = (gatewayId ?? "gateway")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 32)
    .replaceAll(/^-+|-+$/g, "");
  const named = /^[a-z]/.test(slug) && !(slug in Object.prototype) ? slug : `gateway-${slug}`.replace(/-$/, "");
  const first = isTaken(named) && api !== null ? `${named}-${api}` : named;
  for (let count = 1; ; count++) {
    const id = count === 1 ? first : `${first}-${count}`;
    if (!isTaken(id)) return id;
  }
}
