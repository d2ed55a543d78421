/** Sends an answer: at once, word by word, or with a fault. */
import type { ServerResponse } from "node:http";
import type { Reply } from "./routes.ts";

/** Between two pieces of a stream, in milliseconds: long enough for each to be a separate chunk, as from a model. */
const pieceGap = 5;

/** The same for a slow answer. */
const slowGap = 1000;

/** In milliseconds, so that sent data arrives before the connection breaks: a reset discards what the client has not read. */
const breakDelay = 50;

/** Sends everything except the end. Stops if the client has disconnected. */
export async function sendBeginning(response: ServerResponse, { status, headers, body, manner, words }: Reply): Promise<void> {
  if (manner === "close") return;
  const slow = manner === "slow";
  const whole = typeof body === "string";
  if (whole && slow) await wait(response, words * slowGap);
  if (response.destroyed) return;
  const length = whole ? { "content-length": Buffer.byteLength(body) } : {};
  response.writeHead(status, { ...headers, ...length, "cache-control": "no-store", "x-content-type-options": "nosniff" });
  if (manner === "stall" || manner === "reset") return response.flushHeaders();
  const cut = manner === "cut";
  if (whole) {
    if (cut) response.write(body.slice(0, body.length / 2));
    return;
  }
  for (const [index, piece] of body.slice(0, cut ? Math.ceil(body.length / 2) : body.length).entries()) {
    // Not after the last one: clients then do not wait for the end of the stream.
    if (index > 0) await wait(response, slow ? slowGap : pieceGap);
    if (response.destroyed) return;
    response.write(piece);
  }
}

/** Ends the answer, leaves it open until the client disconnects, or breaks the connection. */
export async function sendEnd(response: ServerResponse, { body, manner }: Reply): Promise<void> {
  switch (manner) {
    case "stall":
      return wait(response);
    case "close":
      return void response.destroy();
    case "reset":
      await wait(response, breakDelay);
      return void response.socket?.resetAndDestroy();
    case "cut":
      await wait(response, breakDelay);
      return void response.destroy();
    default:
      response.end(typeof body === "string" ? body : "");
  }
}

/** Waits that long, or without a limit, until the connection ends. */
async function wait(response: ServerResponse, ms?: number): Promise<void> {
  if (response.destroyed) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      response.removeListener("close", end);
      resolve();
    };
    const timer = ms === undefined ? undefined : setTimeout(end, ms);
    response.once("close", end);
  });
}
