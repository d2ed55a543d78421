/** A daemon of Tailscale, asked how it is. */
import { askStatus } from "../../connect/local-api.ts";
import { findMachine, type TailnetStatus } from "../../connect/status.ts";
import type { Failure } from "../../gateway/explain.ts";
import { ask } from "../../gateway/http/client.ts";
import { findRoute } from "../../gateway/proxy.ts";
import type { Env } from "../../vocabulary.ts";

/** In milliseconds, for what answers at once or not at all. */
export const patience = 1500;
const vendorsControl = "https://controlplane.tailscale.com";

/** A daemon that has just begun is asked again until it knows its peers; it stands still meanwhile where nobody has logged in. */
export async function untilKnown(socket: string, host: string, deadline: number): Promise<TailnetStatus | Failure> {
  for (;;) {
    const status = await askStatus(socket, performance.now() + patience);
    const isSettled =
      "phase" in status ||
      status.health.some((said) => said.includes("login error")) ||
      !["NoState", "Starting", "Running"].includes(status.state) ||
      (status.state === "Running" && (status.self?.online === true || findMachine(status, host) !== null));
    if (isSettled || performance.now() + 250 > deadline) return status;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Why the control server does not answer; null where it does, only a proxy may lead there, or somebody is logged in. Any answer will do. */
export async function whyNoControl(
  status: TailnetStatus | Failure | null,
  server: string | null,
  given: Env,
): Promise<string | null> {
  const isOut = status !== null && !("phase" in status) && status.state !== "Running" && status.loginUrl === null;
  if (!isOut || status.state === "Stopped") return null;
  const url = new URL("/key?v=1", server ?? vendorsControl);
  const route = findRoute(url, given);
  if (route.proxy !== null || route.unused !== null) return null;
  const answer = await ask({
    url,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port || (url.protocol === "https:" ? 443 : 80)),
    proxy: null,
    headers: { "user-agent": "aperture-doctor" },
    body: null,
    deadline: performance.now() + patience,
  });
  return "phase" in answer ? `${url.host}: ${answer.code}` : null;
}
