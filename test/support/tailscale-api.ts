/**
 * What Tailscale's servers have and a control server of a test has not: the API in which an OAuth client and a workload identity make themselves keys
 * (tailscale.com/api). Everything else goes on to the control server, so that a node needs one address for both, as with Tailscale's own.
 */
import { createServer as createHttpServer } from "node:http";
import { connect, createServer, type AddressInfo } from "node:net";
import { onDispose } from "./docker.ts";
import type { Tailnet } from "./tailnet.ts";

/** A request for a token or a key. */
export interface Asked {
  readonly path: string;
  readonly authorization: string;
  readonly body: string;
}

/** The API, and what it was asked. */
export interface TailscaleApi {
  readonly url: string;
  /** Gives what it was asked since the last time. */
  take(): readonly Asked[];
}

/** Starts it beside the control server; it goes with the rest. */
export async function startTailscaleApi(tailnet: Tailnet): Promise<TailscaleApi> {
  const { hostname, port } = new URL(tailnet.url);
  let asked: Asked[] = [];
  const api = createHttpServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString("utf8")));
    request.on("end", () => {
      const path = request.url ?? "";
      asked.push({ path, authorization: request.headers.authorization ?? "", body });
      void (async () => {
        const answer = path.endsWith("/keys")
          ? { id: "k1", key: await tailnet.key() }
          : { access_token: "token-of-an-hour", token_type: "Bearer", expires_in: 3600 };
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
      })();
    });
  });
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (first: Buffer) => {
      socket.pause();
      if (first.toString("latin1").startsWith("POST /api/v2/")) {
        socket.unshift(first);
        api.emit("connection", socket);
        socket.resume();
        return;
      }
      const control = connect(Number(port), hostname);
      control.on("error", () => socket.destroy());
      control.write(first);
      socket.pipe(control).pipe(socket);
    });
  });
  await new Promise<void>((done) => server.listen(0, hostname, done));
  onDispose(async () => {
    server.close();
    api.closeAllConnections();
  });
  return {
    url: `http://${hostname}:${(server.address() as AddressInfo).port}`,
    take: () => {
      const taken = asked;
      asked = [];
      return taken;
    },
  };
}
