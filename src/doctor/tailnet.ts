/** How a tailnet's machines get their names. Pure. */

/** How the resolver is set up (resolv.conf(5)). */
export interface Resolver {
  readonly servers: readonly string[];
  readonly search: readonly string[];
}

/** Where MagicDNS answers on every machine of a tailnet (Tailscale documentation, "MagicDNS"). */
export const magicDns = "100.100.100.100";

/** The name by which MagicDNS would know a short one; null where it is not asked, its domain is not known, or the name is no short one. */
export function nameInTailnet(name: string, { servers, search }: Resolver): string | null {
  const domain = search.find((each) => each.endsWith(".ts.net")) ?? (search.length === 1 ? search[0] : undefined);
  return servers.includes(magicDns) && domain !== undefined && !name.includes(".") ? `${name}.${domain}` : null;
}
