/** What OpenCode itself said: in depth, its version and its configuration; and its answer to one prompt. From values to values. */
import { findGuardrail } from "../../gateway/explain.ts";
import { linesOf } from "../../text/terminal.ts";
import { at, parseJsonc, type JsonObject, isObject } from "../config/json.ts";
import type { Ran } from "../probe/run.ts";
import { fine, found, show, type Check } from "../types.ts";

/** What is compared with our own reading. */
const compared = ["model", "small_model", "enabled_providers", "disabled_providers", "share", "provider"];

/** The version that the binary says, against the one that is written beside it. */
export function judgeVersion(ran: Ran, stamp: string | null): Check[] {
  const version = ran.stdout.trim();
  if (ran.late)
    return [
      found(
        "warning",
        "opencode",
        "binary-slow",
        "OpenCode did not report its version in time",
        "this machine is slow, or OpenCode hangs",
        "try again, with --timeout 20",
      ),
    ];
  if (ran.status !== 0)
    return [
      found(
        "failure",
        "opencode",
        "binary-broken",
        "OpenCode does not run",
        lastLine(ran.stderr || ran.stdout),
        "rebuild the image",
      ),
    ];
  if (stamp !== null && version !== stamp)
    return [
      found(
        "warning",
        "opencode",
        "version",
        `The binary is OpenCode ${show(version)}, and ${show(stamp)} is written beside it`,
        "it was replaced, or has updated itself",
        "rebuild the image",
      ),
    ];
  return [fine("opencode", "opencode-runs", `OpenCode ${show(version)} runs`)];
}

/** In place of OpenCode's words, which quote a configuration with everything put in. */
const unsaid =
  "its message is not shown, because the configuration inserts variables or files:  opencode debug config  shows them";

/**
 * The configuration as OpenCode resolves it, and whether that is what was read here; the value is to be judged instead of ours.
 * `secretive`: the configuration puts something in that is not to be shown.
 */
export function judgeDebugConfig(
  ran: Ran,
  ours: JsonObject,
  secretive: boolean,
): { readonly checks: Check[]; readonly config: JsonObject | null } {
  if (ran.late)
    return {
      config: null,
      checks: [
        found(
          "warning",
          "opencode",
          "binary-slow",
          "OpenCode did not show its configuration in time",
          "this machine is slow, or OpenCode hangs",
          "try again, with --timeout 20",
        ),
      ],
    };
  const parsed = ran.status === 0 ? parseJsonc(ran.stdout) : null;
  if (parsed === null || !parsed.ok || !isObject(parsed.value))
    return {
      config: null,
      checks: [
        found(
          "failure",
          "config",
          "config-refused",
          "OpenCode does not start with this configuration",
          secretive ? unsaid : firstLine(ran.stderr || ran.stdout),
          "fix the named setting",
        ),
      ],
    };
  const theirs = parsed.value;
  const different = compared.filter((key) => !same(at(theirs, key), at(ours, key)));
  if (different.length === 0)
    return { config: theirs, checks: [fine("config", "config-deep", "OpenCode resolves its configuration as it was read here")] };
  return {
    config: theirs,
    checks: [
      found(
        "note",
        "config",
        "config-differs",
        `OpenCode resolves ${different.join(", ")} differently than it was read here`,
        "a server, a plugin or an organisation contributes to it; the checks use what OpenCode says",
        "opencode debug config  shows it",
      ),
    ],
  };
}

/** OpenCode leaves out of objects what it does not know. */
function same(theirs: unknown, ours: unknown): boolean {
  if (isObject(theirs) && isObject(ours)) return Object.keys(theirs).every((key) => same(theirs[key], ours[key]));
  if (Array.isArray(theirs) && Array.isArray(ours))
    return theirs.length === ours.length && theirs.every((each, index) => same(each, ours[index]));
  return theirs === ours;
}

/** The result of one prompt. With `secretive`, as above, neither OpenCode's output nor the answer is shown, because both may repeat secrets. */
export function judgeSent(ran: Ran, origin: string, seconds: number, secretive: boolean): Check[] {
  const where = `${origin}/ui/`;
  if (ran.late)
    return [
      found(
        "failure",
        "models",
        "send-timeout",
        `OpenCode had no answer to a prompt within ${seconds} s`,
        "it retries silently on 429 and 5xx, and if the gateway is unreachable",
        `check whether the request is on ${where}, and run aperture-doctor --deep`,
      ),
    ];
  const refused = ran.status === 0 ? null : findGuardrail(`${ran.stderr}${ran.stdout}`);
  if (refused !== null)
    return [
      found(
        "failure",
        "models",
        refused.code,
        `${origin} ${refused.what}`,
        "the prompt is refused; OpenCode shows the gateway's message",
        refused.hint.replace(/\.$/, ""),
      ),
    ];
  if (ran.status !== 0)
    return [
      found(
        "failure",
        "models",
        "send-failed",
        `OpenCode had no answer to a prompt (exit ${ran.status ?? "by a signal"})`,
        secretive ? unsaid : reasonIn(ran.stderr || ran.stdout),
        `look for the request on ${where}`,
      ),
    ];
  const answer = secretive ? "" : `: ${show(ran.stdout.trim(), 60)}`;
  return [fine("models", "send", `A prompt was answered${answer}. It is on ${where}`)];
}

/** What OpenCode gives as the reason: the message of an error that it prints as an object, else the last line with a word in it. */
function reasonIn(text: string): string {
  const lines = linesOf(text);
  const message = lines.findLast((line) => /"?message"?: *"/.test(line));
  const last = lines.findLast((line) => /[a-z]{2}/i.test(line));
  return show(message?.replace(/^.*?"?message"?: *"|",?$/g, "") ?? last ?? "it said nothing");
}

function lastLine(text: string): string {
  return show(linesOf(text).at(-1) ?? "it said nothing");
}

function firstLine(text: string): string {
  return show(linesOf(text)[0] ?? "it said nothing");
}
