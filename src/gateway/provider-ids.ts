/** What the providers of a gateway's list are called here, and which API each is taken to speak. Pure. */
import { type GatewayApi, type Group, type Known, bodyApis, chatsByName, gatewayApis } from "./listed.ts";

/** The provider that a gateway means by a name of its own, or null. */
function calledSo(name: string, { providers }: Known): string | null {
  return Object.values(providers).find(({ aliases }) => aliases.includes(name))?.id ?? null;
}

/** Whose API it is, or null. */
function ownerOf(api: GatewayApi, { providers }: Known): string | null {
  return Object.values(providers).find(({ owns }) => owns === api)?.id ?? null;
}

/** The API that most of a provider's models have, of those that chat; where none is told, the one that its name stands for. */
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
  // Chat completions is what a provider has on the gateway unless its configuration says another.
  const silent = usual ?? api ?? "chat";
  return untold.size > 0 ? { api: silent, assumed: true } : { api: null, assumed: false };
}

/** Gives each provider its id in OpenCode: a known one to one provider at most, first to those that are called so. */
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
      // One who speaks a body API under a name of its own is no OpenAI: a known provider's models would be offered for it.
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
