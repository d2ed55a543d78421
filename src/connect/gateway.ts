/** Whether the gateway answers by what runs here. */
import { ask } from "../gateway/http/client.ts";

/**
 * Asks until it has answered: a node that has only just begun stalls the first request for some seconds, and answers others with 502 before it knows its
 * peers. `proxy` is asked in the place of the origin's own host; null where that is on the loopback. `deadline` counts as `performance.now()` does.
 */
export async function answersAt(origin: string, proxy: URL | null, deadline: number): Promise<boolean> {
  const url = new URL("/v1/models", origin);
  const { hostname, port } = proxy ?? url;
  for (;;) {
    const answer = await ask({
      url,
      host: hostname,
      port: Number(port || 80),
      proxy,
      headers: { "user-agent": "aperture-connect" },
      body: null,
      deadline,
    });
    if ("status" in answer && answer.status !== 502) return true;
    if (performance.now() + 200 >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
