/** Plans and outcomes for people. Colour only where the caller says that a terminal reads. */
import { styleText } from "node:util";
import { formatPlace } from "../errors.ts";
import { changesOf, type Change, type Plan } from "../plan/plan.ts";
import type { Resolved } from "../questions/resolve.ts";

/** Paints where the reader is a terminal. */
export type Paint = (style: "green" | "yellow" | "red" | "dim", text: string) => string;

/** A paint for that stream: none where it is not a terminal or NO_COLOR is set. */
export function paintFor(stream: { readonly isTTY?: boolean }, env: Readonly<Record<string, string | undefined>>): Paint {
  const colour = stream.isTTY === true && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
  return (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text);
}

const glyphs = { create: "+", replace: "~", edit: "~", keep: "=", conflict: "!" } as const;
const styles = { create: "green", replace: "yellow", edit: "yellow", keep: "dim", conflict: "red" } as const;
const reasons = { same: "up to date", edited: "edited by you, kept", deleted: "deleted by you, stays so" } as const;

/** The answers with where each came from: nothing is decided silently. */
export function formatAnswers(resolved: readonly Resolved[], paint: Paint): string {
  const shown = resolved.map(({ question, value, source, because }) => ({
    key: question.key.join("."),
    value: question.format(value),
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
    .map((change) => `  ${paint(styles[change.kind], glyphs[change.kind])} ${change.path}${remark(change, paint)}`)
    .join("\n");
}

function remark(change: Change, paint: Paint): string {
  if (change.kind === "keep") return paint("dim", `  ${reasons[change.why]}`);
  if (change.kind === "edit") return paint("dim", "  your text stays around the change");
  if (change.kind !== "conflict") return "";
  return `\n      ${change.where === undefined ? "" : `${formatPlace(change.where)}: `}${paint("red", change.why)}\n      ${change.fix}`;
}

/** How many files of each kind, as a sentence. */
export function formatCounts(plan: Plan): string {
  const all = changesOf(plan);
  const count = (...kinds: readonly Change["kind"][]): number => all.filter((change) => kinds.includes(change.kind)).length;
  const parts = [
    [count("create"), "new"],
    [count("replace", "edit"), "changed"],
    [count("keep"), "as they are"],
    [count("conflict"), "in conflict"],
  ] as const;
  const said = parts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  return said.join(", ");
}
