/** The doctor's vocabulary: what a check says. */
import { visible } from "../text/terminal.ts";
export type { Env } from "../vocabulary.ts";

/** From fine to broken. A note is worth knowing, a warning costs something, a failure keeps OpenCode from working through the gateway. */
export type Severity = "ok" | "note" | "warning" | "failure";

/** What was asked, for the table: one group of checks each. */
export type Group = "opencode" | "folders" | "config" | "connection" | "gateway" | "models" | "surroundings";

/** One thing that was looked at. */
export interface Check {
  /** Stable: the name of what was found, or that of the check where all is well. */
  readonly code: string;
  readonly group: Group;
  readonly severity: Severity;
  /** What is, as a sentence without its full stop. */
  readonly message: string;
  /** Why it is so, or what comes of it. */
  readonly cause: string | null;
  /** The next thing to try. */
  readonly next: string | null;
}

/** A whole examination. */
export interface Report {
  readonly verdict: Severity;
  /** The gateway that was judged, as an origin; null where none could be made out. */
  readonly origin: string | null;
  readonly checks: readonly Check[];
  readonly ms: number;
}

/** A check that found all well. */
export function fine(group: Group, code: string, message: string): Check {
  return { code, group, severity: "ok", message, cause: null, next: null };
}

/** A check that found something. */
export function found(
  severity: Exclude<Severity, "ok">,
  group: Group,
  code: string,
  message: string,
  cause: string,
  next: string,
): Check {
  return { code, group, severity, message, cause, next };
}

const ranks: readonly Severity[] = ["ok", "note", "warning", "failure"];

/** Negative where `left` is the milder one. */
export function compareSeverity(left: Severity, right: Severity): number {
  return ranks.indexOf(left) - ranks.indexOf(right);
}

/** The worst of all. */
export function worst(checks: readonly Check[]): Severity {
  return checks.reduce<Severity>((most, { severity }) => (compareSeverity(severity, most) > 0 ? severity : most), "ok");
}

/** A text of somebody else's (a path, a header, an address), fit for one line of a terminal, cut where it is long. */
export function show(text: string, longest = 200): string {
  return visible(text, longest);
}

/** Words as a list: `a, b and c`. */
export function listed(words: readonly string[], limit = 5): string {
  const some = words.length > limit ? [...words.slice(0, limit), `${words.length - limit} more`] : words;
  return some.length < 2 ? (some[0] ?? "") : `${some.slice(0, -1).join(", ")} and ${some.at(-1)}`;
}
