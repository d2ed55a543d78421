/** Plans and outcomes for people. Colour only where the caller says that a terminal reads. */
import { styleText } from "node:util";
import { formatPlace } from "../errors.ts";
import { fails, type Observation } from "../plan/check.ts";
import type { Finding } from "../plan/findings.ts";
import { changesOf, type Change, type Plan } from "../plan/plan.ts";
import type { Resolved } from "../questions/resolve.ts";

/** Paints where the reader is a terminal. */
export type Paint = (style: "green" | "yellow" | "red" | "dim", text: string) => string;

/** A paint for that stream: none where it is not a terminal or NO_COLOR is set. */
export function paintFor(stream: { readonly isTTY?: boolean }, env: Readonly<Record<string, string | undefined>>): Paint {
  const colour = stream.isTTY === true && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
  return (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text);
}

const glyphs = { create: "+", replace: "~", edit: "~", remove: "-", keep: "=", conflict: "!" } as const;
const styles = { create: "green", replace: "yellow", edit: "yellow", remove: "yellow", keep: "dim", conflict: "red" } as const;
const reasons = {
  same: "up to date",
  edited: "edited by you, kept",
  deleted: "deleted by you, stays so",
  left: "yours, left as it is",
} as const;

/** The answers with where each came from: nothing is decided silently. */
export function formatAnswers(resolved: readonly Resolved[], paint: Paint): string {
  const shown = resolved
    // What nobody asked for is not worth a line.
    .filter(({ question, source }) => question.optional !== true || source !== "default")
    .map(({ question, value, source, because }) => ({
      key: question.key.join("."),
      value: question.format(value).replaceAll("\n", ", "),
      from: because === undefined ? source : `${source}: ${because}`,
    }));
  const widths = {
    key: Math.max(...shown.map((row) => row.key.length)),
    value: Math.max(...shown.map((row) => row.value.length)),
  };
  return shown
    .map((row) => `  ${row.key.padEnd(widths.key)}  ${row.value.padEnd(widths.value)}  ${paint("dim", row.from)}`)
    .join("\n");
}

/** The plan, a line for each file. */
export function formatPlan(plan: Plan, paint: Paint): string {
  return changesOf(plan)
    .map((change) => `  ${paint(styles[change.kind], glyphs[change.kind])} ${plain(change.path)}${remark(change, paint)}`)
    .join("\n");
}

function remark(change: Change, paint: Paint): string {
  const notes = ("notes" in change ? (change.notes ?? []) : []).map((note) => `\n      ${plain(note)}`).join("");
  if (change.kind === "keep") return paint("dim", `  ${reasons[change.why]}${notes}`);
  if (change.kind === "edit") return paint("dim", `  your text stays around the change${notes}`);
  if (change.kind !== "conflict") return "";
  return `\n      ${change.where === undefined ? "" : `${formatPlace(change.where)}: `}${paint("red", change.why)}\n      ${change.fix}`;
}

/** Findings, each with its place, what comes of it and what to do; empty where there are none. */
export function formatFindings(findings: readonly Finding[]): string {
  return findings
    .map(
      ({ where, message, hint }) => `Note: ${plain(`${formatPlace(where)}: ${message}`)}.\n      ${plain(upperFirst(hint))}.\n`,
    )
    .join("");
}

/** A text of somebody else's, such as a file's name, without what a terminal would take for an order. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (unit) => `\\u{${unit.codePointAt(0)!.toString(16)}}`);
}

function upperFirst(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

/** Observations of a check, a few lines each. */
export function formatObservations(observations: readonly Observation[], paint: Paint): string {
  return observations
    .map((observation) => {
      const { path, message, hint } = observation;
      const line = fails(observation) ? `  ${paint("red", "!")} ${path}  ${message}` : paint("dim", `  = ${path}  ${message}`);
      return `${line}\n${hint === null ? "" : `      ${upperFirst(hint)}.\n`}`;
    })
    .join("");
}

/** A whole check. */
export function formatCheck(observations: readonly Observation[], paint: Paint): string {
  const failing = observations.filter(fails).length;
  const list = formatObservations(observations, paint);
  const verdict =
    failing === 0
      ? "Fine: everything is as spec and lock say."
      : `${failing} ${failing === 1 ? "thing is" : "things are"} not as spec and lock say.`;
  return `${list}${list === "" ? "" : "\n"}${verdict}\n`;
}

/** Conflicts and what of the user's was met, a line each, for a report of many repositories. */
export function formatProblems(plan: Plan): string {
  return changesOf(plan)
    .flatMap((change) => {
      if (change.kind === "conflict") return [`! ${change.path} ${change.why}`, `  ${change.fix}`];
      if (change.kind === "keep" && change.why !== "same") return [`= ${change.path}  ${reasons[change.why]}`];
      return [];
    })
    .map((line) => `\n    ${line}`)
    .join("");
}

/** How many files of each kind, as a sentence. */
export function formatCounts(plan: Plan): string {
  const all = changesOf(plan);
  const count = (...kinds: readonly Change["kind"][]): number => all.filter((change) => kinds.includes(change.kind)).length;
  const parts = [
    [count("create"), "new"],
    [count("replace", "edit"), "changed"],
    [count("remove"), "removed"],
    [count("keep"), "as they are"],
    [count("conflict"), "in conflict"],
  ] as const;
  const said = parts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  return said.join(", ");
}
