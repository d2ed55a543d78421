/**
 * Faults on demand: errors of a gateway or its network, to see how a client reacts.
 *
 * The behaviour in each case: Aperture documentation, "Troubleshooting", "How grants work" and "Set per-user spending limits". OpenCode's reaction:
 * observed with opencode-ai 1.18.
 */

/** Every fault except the statuses, with a description for people. */
export const faultWords = {
  html: "200 with a page of HTML, as from a captive portal",
  redirect: "302 to a login page",
  "no-role": "403, as without a role on the gateway",
  guardrail: "403 to prompts, as from a guardrail that blocks them",
  hook: "503 to prompts, as from a hook that fails closed",
  quota: "429 to prompts, with Retry-After, as for a quota that is used up",
  "quota-unreadable": "429 to prompts, as for a quota that the gateway cannot parse",
  stall: "headers, then nothing",
  reset: "headers, then a connection reset",
  close: "the connection ends before any answer",
  cut: "the connection ends in the middle of the answer",
  slow: "one word of the answer a second",
  empty: "no models at all",
  "no-responses": "OpenAI's models on chat completions only, 404 on /v1/responses",
} as const;

/** A fault in the form of the command line. */
export type Fault = keyof typeof faultWords | `status=${number}`;

/** How an answer is sent: complete and at once, or with a fault. */
export type Manner = "plain" | Extract<Fault, "stall" | "reset" | "close" | "cut" | "slow">;

/** Reads a fault: one of the words, or `status=` and an error status, 400 to 599. Null for any other text. */
export function parseFault(text: string): Fault | null {
  if (/^status=[45]\d\d$/.test(text)) return text as Fault;
  return Object.hasOwn(faultWords, text) ? (text as Fault) : null;
}

/**
 * The fault that a model's name requests, as `fault-slow` or `fault-429`, so that one gateway can show all faults. Null for every other name, and for
 * `fault-empty`, which concerns the list only.
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

/** How to send with these faults; the first of them that concerns sending decides. */
export function mannerOf(faults: readonly Fault[]): Manner {
  const manners: readonly Manner[] = ["close", "reset", "stall", "cut", "slow"];
  return manners.find((manner) => faults.some((fault) => fault === manner)) ?? "plain";
}
