/** Real OpenCode where a stream of the gateway falls silent, and where it is only slow. */
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { startMockGateway, type MockGateway } from "../../src/gateway/mock/server.ts";
import { opencodeBinary } from "../support/opencode.ts";
import { install, makePlace, removeFolders, run, type Ran } from "./environment.ts";

const available = (await opencodeBinary()) !== null;

/** A model of each proposed wire format. */
const models = {
  "anthropic/claude-sonnet-5-5": "/v1/messages",
  "openai/gpt-5": "/v1/responses",
} as const;

describe.skipIf(!available)("a stream", () => {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const server of open.splice(0)) await server.close();
  });
  afterAll(removeFolders);

  /** Listens before the gateway, and decides for each prompt how it is passed on: `silent` lets headers and the first piece through, then nothing. */
  const listen = async (gateway: MockGateway, mannerOf: (asked: number) => "plain" | "silent"): Promise<string> => {
    let asked = 0;
    const server: Server = createServer((incoming, outgoing) => {
      const manner = incoming.method === "POST" ? mannerOf((asked += 1)) : "plain";
      const passed = request(
        gateway.origin + incoming.url!,
        { method: incoming.method, headers: { ...incoming.headers, host: new URL(gateway.origin).host } },
        (answer) => {
          outgoing.writeHead(answer.statusCode!, answer.headers);
          if (manner === "plain") answer.pipe(outgoing);
          else answer.once("data", (piece) => (outgoing.write(piece), answer.destroy()));
          answer.on("error", () => undefined);
        },
      );
      incoming.pipe(passed);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    open.push({ close: () => (server.closeAllConnections(), server.close()) });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  const start = async (faults: readonly "slow"[] = []): Promise<MockGateway> => {
    const gateway = await startMockGateway({
      models: Object.entries(models).map(([full, path]) => {
        const [id = "", model = ""] = full.split("/");
        return { id: model, provider: { id, name: id }, endpoints: [path] };
      }),
      faults,
    });
    open.push(gateway);
    return gateway;
  };

  const ask = async (model: string, origin: string, chunkTimeout: number | false, timeout: number): Promise<Ran> => {
    const installation = await install({ chunkTimeout });
    return run([installation.opencode, "run", "--title", "test", "--model", model, "hi"], {
      place: makePlace(),
      env: { ...installation.env, APERTURE_URL: origin },
      timeout,
    });
  };

  test.each(Object.keys(models))("of %s that falls silent is ended after chunkTimeout and asked for again", async (model) => {
    let asked = 0;
    const origin = await listen(await start(), (count) => ((asked = count), count === 1 ? "silent" : "plain"));
    const ran = await ask(model, origin, 1500, 60_000);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stdout).toContain(`answering as ${model.split("/")[1]}. You said: hi`);
    expect(asked).toBe(2);
  });

  test("that falls silent is waited for without the setting, so the retry is the timeout's effect", async () => {
    let asked = 0;
    const origin = await listen(await start(), (count) => ((asked = count), count === 1 ? "silent" : "plain"));
    const ran = await ask("anthropic/claude-sonnet-5-5", origin, false, 20_000);
    expect(ran.stderr).toContain("ended after 20000 ms");
    expect(asked).toBe(1);
  });

  test("that is slow, but writes, is not cut off", async () => {
    const model = "anthropic/claude-sonnet-5-5";
    const gateway = await start(["slow"]);
    const begun = Date.now();
    const ran = await ask(model, gateway.origin, 2500, 60_000);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stdout).toContain(`answering as ${model.split("/")[1]}. You said: hi`);
    expect(Date.now() - begun).toBeGreaterThan(3 * 2500);
    expect(gateway.requests.filter(({ method }) => method === "POST")).toHaveLength(1);
  });
});
