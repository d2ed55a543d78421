/** How pods of a cluster reach a gateway in a tailnet: through a Service of Tailscale's operator, or each pod as a node. Pure. */
import { isTailnetAddress } from "../catalog/tailnet.ts";
import { exampleFqdn } from "../questions/parse-fqdn.ts";
import type { Answers } from "../questions/types.ts";
import type { Refusal } from "../vocabulary.ts";
import { keyOf } from "./node.ts";

/** What the pods need. */
export interface Egress {
  /** The gateway's origin as a pod reaches it. */
  readonly url: string;
  /** The Service for the gateway, and the annotation by which the operator finds the gateway; null if pods reach its address directly. */
  readonly service: { readonly name: string; readonly annotation: "tailnet-fqdn" | "tailnet-ip"; readonly target: string } | null;
  /** The variable with the key if each pod is a node; else null. */
  readonly key: string | null;
}

/** Valid names of Services (RFC 1035, as Kubernetes' API wants it). */
const serviceName = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Names of the machine itself, or of a container's host. */
const here = /^(?:localhost|.*\.localhost|127\.\d+\.\d+\.\d+|::1?|0\.0\.0\.0|host\.(?:docker|containers)\.internal)$/;

/** The way to the gateway, or the reason why there is none. `userspace` needs nothing of the cluster; every other connection becomes `network`. */
export function egressOf(answers: Pick<Answers, "url" | "fqdn" | "managed" | "connection" | "tailscale">): Egress | Refusal {
  const { url, fqdn, managed } = answers;
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  if (here.test(host))
    return {
      why: `${host} is the pod or its node inside of a pod, and aperture.url is ${url}`,
      fix: "set the gateway's own origin, such as http://ai",
    };
  const { connection } = answers;
  const way = typeof connection === "string" ? connection : (connection["kubernetes"] ?? connection.kind);
  if (way === "userspace") return { url, service: null, key: keyOf(answers) };
  const isNode = isTailnetAddress(host);
  const isShort = !/[.:]/.test(host);
  const whole = fqdn ?? (host.endsWith(".ts.net") ? host : null);
  if (isShort && whole === null)
    return {
      why: `Tailscale's operator needs the machine's full name, and aperture.url has the short name ${host}`,
      fix: `add the full name with --fqdn ${host}.example.ts.net (aperture.fqdn in the spec); the DNS page of the tailnet's admin console shows the domain`,
    };
  if (whole === null && !isNode) return { url, service: null, key: null };
  if (protocol === "https:")
    return {
      why: `pods reach the gateway through a Service whose name is in no certificate, and aperture.url is ${url}`,
      fix: "set the gateway's http origin; WireGuard encrypts it",
    };
  const first = isShort ? host : (whole ?? "").split(".")[0]!;
  const name = serviceName.test(first) ? first : "gateway";
  const reached = `http://${name}${port === "" ? "" : `:${port}`}`;
  if (managed && reached !== url)
    return {
      why: `opencode.managed fixes the address ${url}, but pods reach the gateway at ${reached}`,
      fix: `set opencode.managed to false, or aperture.url to ${reached} and aperture.fqdn to ${whole ?? exampleFqdn}`,
    };
  return {
    url: reached,
    key: null,
    service: {
      name,
      ...(whole === null ? { annotation: "tailnet-ip", target: host } : { annotation: "tailnet-fqdn", target: whole }),
    },
  };
}
