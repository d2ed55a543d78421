/** How pods of a cluster reach a gateway that is in a tailnet: by a Service that Tailscale's operator leads there. Pure. */
import { exampleFqdn } from "../questions/parse-fqdn.ts";
import type { Answers } from "../questions/types.ts";
import type { Refusal } from "../vocabulary.ts";

/** What a cluster has to have for it. */
export interface Egress {
  /** The gateway's origin as a pod reaches it. */
  readonly url: string;
  /** The Service that stands for the gateway, and what the operator finds it by; null where the cluster reaches its address by itself. */
  readonly service: { readonly name: string; readonly annotation: "tailnet-fqdn" | "tailnet-ip"; readonly target: string } | null;
}

/** What Services may be called (RFC 1035, as Kubernetes' API wants it). */
const serviceName = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Addresses of nodes (tailscale.com/kb/1015/100.x-addresses, kb/1033/ip-and-dns-addresses). */
const nodes = /^(?:100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.\d+|fd7a:115c:a1e0:.*)$/;

/** Names that are the machine itself, or the one below a container. */
const here = /^(?:localhost|.*\.localhost|127\.\d+\.\d+\.\d+|::1?|0\.0\.0\.0|host\.(?:docker|containers)\.internal)$/;

/** The way there, or why there is none. */
export function egressOf({ url, fqdn, managed }: Pick<Answers, "url" | "fqdn" | "managed">): Egress | Refusal {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  if (here.test(host))
    return {
      why: `${host} in a pod is the pod itself or its node, and aperture.url is ${url}`,
      fix: "give the gateway's own origin, as http://ai",
    };
  const isNode = nodes.test(host);
  const isShort = !/[.:]/.test(host);
  const whole = fqdn ?? (host.endsWith(".ts.net") ? host : null);
  if (isShort && whole === null)
    return {
      why: `Tailscale's operator finds machines by their whole name, and aperture.url has only the short one, ${host}`,
      fix: `give it, too, as --fqdn ${host}.example.ts.net (aperture.fqdn in the spec); the page DNS of the tailnet's admin console has what comes behind ${host}`,
    };
  if (whole === null && !isNode) return { url, service: null };
  if (protocol === "https:")
    return {
      why: `pods reach the gateway by a Service of the cluster, whose name is in no certificate, and aperture.url is ${url}`,
      fix: "give the gateway's http origin; WireGuard encrypts it",
    };
  const first = isShort ? host : (whole ?? "").split(".")[0]!;
  const name = serviceName.test(first) ? first : "gateway";
  const reached = `http://${name}${port === "" ? "" : `:${port}`}`;
  if (managed && reached !== url)
    return {
      why: `opencode.managed has the address itself, ${url}, and pods reach the gateway as ${reached}`,
      fix: `let opencode.managed be false, or aperture.url ${reached} and aperture.fqdn ${whole ?? exampleFqdn}`,
    };
  return {
    url: reached,
    service: {
      name,
      ...(whole === null ? { annotation: "tailnet-ip", target: host } : { annotation: "tailnet-fqdn", target: whole }),
    },
  };
}
