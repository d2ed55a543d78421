/** A report for people and for programs. From values to values. */
import { fold, joined, json, painter, shown, visible, type Shown } from "../text/terminal.ts";
import { compareSeverity, type Check, type Group, type Report, type Severity } from "./types.ts";

const titles: Readonly<Record<Group, string>> = {
  opencode: "OpenCode",
  folders: "folders",
  config: "configuration",
  connection: "connection",
  gateway: "gateway",
  models: "models",
  surroundings: "around it",
};
const glyphs: Readonly<Record<Severity, string>> = { ok: "✓", note: "·", warning: "!", failure: "✗" };
const styles = { ok: "green", note: "dim", warning: "yellow", failure: "red" } as const;

/** A table, at most so wide: a line for each check, two more under what was found. What is too long goes on below. */
export function formatReport({ checks, verdict, origin, ms }: Report, colour: boolean, columns = Infinity): Shown {
  const paint = painter(colour);
  const width = Math.max(...Object.values(titles).map((title) => title.length));
  const indent = " ".repeat(width + 6);
  const below = (text: string, more = ""): Shown =>
    joined(fold(visible(text), Math.max(columns - indent.length - more.length, 24)), `\n${indent}${more}`);
  const sayCheck = ({ message, severity, code }: Check): Shown => {
    if (severity === "ok") return below(message);
    const last = fold(visible(message), Math.max(columns - indent.length, 24)).at(-1)!;
    const between = last.length + code.length + 4 > columns - indent.length ? shown`\n${indent}` : "  ";
    return shown`${below(message)}${between}${paint("dim", `(${code})`)}`;
  };
  const lines = (Object.keys(titles) as Group[]).flatMap((group) =>
    checks
      .filter((check) => check.group === group)
      .flatMap((check, index) => [
        shown`  ${paint(styles[check.severity], glyphs[check.severity])} ${paint("dim", (index === 0 ? titles[group] : "").padEnd(width))}  ${sayCheck(check)}`,
        ...(check.cause === null ? [] : [shown`${indent}${below(sentence(check.cause))}`]),
        ...(check.next === null ? [] : [shown`${indent}${paint("bold", "→")} ${below(sentence(check.next), "  ")}`]),
      ]),
  );
  const count = (severity: Severity): number => checks.filter((check) => check.severity === severity).length;
  const counted = [
    [count("failure"), "failure"],
    [count("warning"), "warning"],
    [count("note"), "note"],
  ]
    .filter(([number]) => number !== 0)
    .map(([number, word]) => `${number} ${word}${number === 1 ? "" : "s"}`);
  const words: Readonly<Record<Severity, string>> = {
    ok: "Fine: OpenCode works through the gateway.",
    note: "Fine: OpenCode works through the gateway.",
    warning: "It works, but see the warnings.",
    failure: "It does not work yet: see what is marked ✗.",
  };
  const seconds = `${(ms / 1000).toFixed(2)} s`;
  const numbers = [...counted, seconds].join(", ");
  const between = words[verdict].length + numbers.length < columns ? " " : shown`\n`;
  const summary = shown`${paint(styles[verdict], words[verdict])}${between}${paint("dim", numbers)}`;
  return shown`${joined([`OpenCode through ${origin ?? "the gateway"}`, "", ...lines, "", summary], "\n")}\n`;
}

/** One JSON object, a line. */
export function formatJson({ verdict, origin, checks, ms }: Report): Shown {
  return shown`${json({ schemaVersion: 1, verdict, origin, ms: Math.round(ms), checks })}\n`;
}

/** What the launcher says when a person starts OpenCode where it cannot work: one line. Null where it can. */
export function formatVerdict({ checks, verdict }: Report): Shown | null {
  if (verdict !== "failure") return null;
  const failures = checks.filter(({ severity }) => severity === "failure");
  const [first] = failures as [Check];
  const more = failures.length > 1 ? ` (and ${failures.length - 1} more)` : "";
  return shown`${first.message}${more}. ${sentence(first.next ?? "")} aperture-doctor checks again.`;
}

/** Checks in the order in which they are shown: by group, the worst first. */
export function sorted(checks: readonly Check[]): Check[] {
  const groups = Object.keys(titles);
  return [...checks].sort(
    (left, right) => groups.indexOf(left.group) - groups.indexOf(right.group) || compareSeverity(right.severity, left.severity),
  );
}

/** With a capital and a full stop; a question keeps its mark. */
function sentence(text: string): string {
  return `${upperFirst(text)}${text.endsWith("?") ? "" : "."}`;
}

function upperFirst(text: string): string {
  // A command is written as it is typed.
  return /^(?:npx|opencode|docker|tailscale|aperture-(?:doctor|connect))\b/.test(text)
    ? text
    : `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
