/**
 * Faults on demand: what stands between a client and its model when something is wrong, for trying out how a client takes it.
 *
 * What a gateway or its network does in each case: Aperture documentation, "Troubleshooting", "How grants work" and "Set per-user spending
 * limits". What OpenCode makes of it: observed with opencode-ai 1.18.
 */

/** Every fault but the statuses, with what it does, for people. */
export const faultWords = {
  html: "200 with a page of HTML, as from a captive portal",
  redirect: "302 to a login page",
  "no-role": "403, as without a role on the gateway",
  guardrail: "403 to prompts, as where a guardrail blocks them",
  hook: "503 to prompts, as from a hook that fails closed",
  quota: "429 to prompts, with Retry-After, as of a quota that is used up",
  "quota-unreadable": "429 to prompts, as of a quota that the gateway cannot parse",
  stall: "headers, then nothing",
  reset: "headers, then a connection reset",
  close: "the connection ends before any answer",
  cut: "the connection ends in the middle of the answer",
  slow: "one word of the answer a second",
  empty: "no models at all",
  "no-responses": "OpenAI's models on chat completions only, 404 on /v1/responses",
} as const;

/** A fault as it is written on the command line. */
export type Fault = keyof typeof faultWords | `status=${number}`;

/** How an answer is sent: whole and at once, or in one of the ways that go wrong. */
export type Manner = "plain" | Extract<Fault, "stall" | "reset" | "close" | "cut" | "slow">;

/** Reads a fault, or gives null: one of the words, or `status=` and an error status, 400 to 599. */
export function parseFault(text: string): Fault | null {
  if (/^status=[45]\d\d$/.test(text)) return text as Fault;
  return Object.hasOwn(faultWords, text) ? (text as Fault) : null;
}

/**
 * The fault that a model's name asks for, so that one gateway has them all: `fault-slow`, `fault-429`. Null for every other name, and for
 * `fault-empty`, which no single request can show.
 */
export function faultOfModel(name: string): Fault | null {
  const word = /^(?:[^/]+\/)?fault-(.+)$/.exec(name)?.[1] ?? "";
  const fault = parseFault(/^\d+$/.test(word) ? `status=${word}` : word);
  return fault === "empty" ? null : fault;
}

/** The status of a `status=` fault, or null. */
export function statusOf(fault: Fault): number | null {
  return fault.startsWith("status=") ? Number(fault.slice("status=".length)) : null;
}

/** How to send under these faults; the first that says so decides. */
export function mannerOf(faults: readonly Fault[]): Manner {
  const manners: readonly Manner[] = ["close", "reset", "stall", "cut", "slow"];
  return manners.find((manner) => faults.some((fault) => fault === manner)) ?? "plain";
}
