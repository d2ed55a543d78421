/** What many repositories have, side by side: as a table that fits, and as comma-separated values. Pure. */
import { formatShell } from "../render/escape.ts";
import { joined, shown, visible, type Paint, type Shown } from "../text/terminal.ts";
import { formatTable, type Row } from "./table.ts";

/** What there is to tell of one repository. */
export interface Overview {
  readonly directory: string;
  /** `fine`, `drift`, `skipped` or `failed`. */
  readonly status: string;
  /** Why it was skipped, or how it failed. */
  readonly why?: string;
  readonly has?: Environment;
}

/** What an environment is made of, and what there is to say of it. */
export interface Environment {
  readonly generator: string;
  readonly opencode: string;
  readonly url: string;
  readonly connection: string;
  readonly providers: readonly string[];
  readonly model: string;
  readonly small_model: string;
  /** Models of which the end is known. */
  readonly ends: readonly { readonly model: string; readonly on: string; readonly replacement: string | null }[];
  /** What leads past the gateway, by place. */
  readonly bypasses: readonly string[];
  /** What is not as spec and lock say, by path. */
  readonly drift: readonly string[];
}

/** A table that is at most so wide: what is too long goes on below. */
export function formatOverviews(overviews: readonly Overview[], columns: number, paint: Paint): Shown {
  const rows = overviews.map((overview): Row => {
    const { status } = overview;
    return { cells: cellsOf(overview), style: status === "skipped" ? "dim" : status === "failed" ? "red" : null };
  });
  return formatTable(["repository", "versions", "gateway", "models", "state"], rows, columns, paint);
}

function cellsOf({ directory, status, why, has }: Overview): string[][] {
  if (has === undefined) return [[visible(directory)], [visible(`${status}: ${why ?? ""}`)]];
  const { generator, opencode, url, connection, model, small_model: small, ends, bypasses, drift } = has;
  const state = [
    ...(drift.length === 0 ? [] : [`drift: ${count(drift.length, "file")}`]),
    ...ends.map(({ model: one, on }) => `${one} ends ${on}`),
    ...(bypasses.length === 0 ? [] : [`bypasses: ${count(bypasses.length, "place")}`]),
  ];
  return [
    [directory],
    [`generator ${generator}`, `OpenCode ${opencode}`],
    [url, connection],
    model === small ? [model] : [model, small],
    state.length === 0 ? ["fine"] : state,
  ].map((lines) => lines.map((line) => visible(line)));
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** Which of the models end, in how many repositories, and what to do about it. */
export function formatEnds(overviews: readonly Overview[]): Shown {
  const ends = new Map<string, { readonly on: string; readonly replacement: string | null; number: number }>();
  for (const { model, on, replacement } of overviews.flatMap(({ has }) => has?.ends ?? [])) {
    const known = ends.get(model) ?? { on, replacement, number: 0 };
    known.number++;
    ends.set(model, known);
  }
  return joined(
    [...ends].map(([model, { on, replacement, number }]) => {
      const what = shown`${model} ends on ${on}, in ${number === 1 ? "one repository" : `${number} repositories`}`;
      return replacement === null
        ? shown`${what}.\n`
        : shown`${what}:  npx create-aperture-env replace-model ${model} ${replacement} <folder ...>\n`;
    }),
  );
}

/** Where there is drift or a bypass: the command that says what it is, and what to do. */
export function formatNext(overviews: readonly Overview[]): Shown {
  const some = overviews.filter(({ has }) => has !== undefined && has.drift.length + has.bypasses.length > 0);
  if (some.length === 0) return shown``;
  const folders = some.length === 1 ? formatShell(some[0]!.directory) : "<folder ...>";
  return shown`Places, and what to do:  npx create-aperture-env check ${folders}\n`;
}

const fields = [
  "repository",
  "status",
  "generator",
  "opencode",
  "gateway",
  "connection",
  "providers",
  "model",
  "small_model",
  "ends",
  "bypasses",
  "drift",
  "why",
];

/** The first line of comma-separated values (RFC 4180). */
export const csvHeader: Shown = shown`${fields.join(",")}\r\n`;

/** A line of comma-separated values. */
export function formatCsv({ directory, status, why = "", has }: Overview): Shown {
  const list = (items: readonly string[] = []): string => items.join("; ");
  const values = [
    directory,
    status,
    has?.generator,
    has?.opencode,
    has?.url,
    has?.connection,
    list(has?.providers),
    has?.model,
    has?.small_model,
    list(has?.ends.map(({ model, on }) => `${model} ${on}`)),
    list(has?.bypasses),
    list(has?.drift),
    why,
  ];
  return shown`${values.map((value) => quote(visible(value ?? ""))).join(",")}\r\n`;
}

/** In quotes, where it needs them; and never what a spreadsheet would take for a formula (owasp.org, "CSV Injection"). */
function quote(text: string): string {
  const safe = /^[=+@\t-]/.test(text) ? `'${text}` : text;
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
