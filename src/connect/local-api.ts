/**
 * The one client of the LocalAPI, which Tailscale's daemon offers on a socket (ipn/localapi of tailscale.com 1.102): HTTP, and the name of the host is
 * always the same. A daemon answers its own account and root, and others as far as they may only look.
 */
import type { Failure } from "../gateway/explain.ts";
import { ask } from "../gateway/http/client.ts";
import { readStatus, type TailnetStatus } from "./status.ts";

/**
 * Asks a daemon where it stands. `deadline` counts as `performance.now()` does. Never throws: where no daemon answers, that says how far it came
 * (`ENOENT` no socket, `ECONNREFUSED` nobody behind it, `EACCES` not for this account, `TIMEOUT`).
 */
export async function askStatus(socket: string, deadline: number): Promise<TailnetStatus | Failure> {
  const answer = await ask({
    url: new URL("http://local-tailscaled.sock/localapi/v0/status"),
    host: "local-tailscaled.sock",
    port: 0,
    socket,
    proxy: null,
    headers: {},
    body: null,
    deadline,
  });
  if ("phase" in answer) return answer;
  const status = answer.status === 200 ? readStatus(answer.text) : null;
  return status ?? { phase: "answer", code: "NO_STATUS", detail: `${answer.status}` };
}
