/** What a gateway serves, as a table for people and as one JSON object for programs. Pure. */
import type { Discovery, GatewayModel, GatewayProvider } from "../gateway/listed.ts";
import { nameIn } from "../gateway/proposals.ts";
import type { Merged } from "../spec/discovered.ts";
import { fold, joined, shown, visible, type Paint, type Showable, type Shown } from "../text/terminal.ts";

/** Models of one provider that are shown one by one; `--json` has all. */
const maxRows = 30;

type Row = readonly [provider: string, api: string, model: string, context: string, output: string, remark: string];

/**
 * The table: a line for each model, providers in the order in which they are proposed. Where a line would be longer than `columns`, names of models and
 * remarks go on below.
 */
export function formatDiscovery(
  discovery: Discovery,
  { model, smallModel }: Pick<Merged, "model" | "smallModel">,
  paint: Paint,
  columns = Number.POSITIVE_INFINITY,
): Shown {
  const rows: Row[] = [["provider", "api", "model", "context", "output", ""]];
  for (const provider of discovery.providers) {
    const picked = pick(provider, [model, smallModel]);
    for (const [index, one] of picked.entries()) {
      const { context, output } = one.limit ?? { context: "-", output: "-" };
      const [name, api] = index === 0 ? [provider.id, `${provider.api ?? "-"}${provider.assumed ? "?" : ""}`] : ["", ""];
      rows.push([
        visible(name),
        visible(api),
        visible(one.id),
        String(context),
        String(output),
        remarkOn(provider, one, model, smallModel),
      ]);
    }
    const more = provider.models.length - picked.length;
    if (more > 0) rows.push(["", "", `… and ${more} more (--json has all)`, "", "", ""]);
  }
  const width = (column: number): number =>
    Math.max(...rows.map((row) => (row[2].startsWith("…") && column === 2 ? 0 : row[column]!.length)));
  const widths = [0, 1, 2, 3, 4].map(width);
  const tooMuch = widths.reduce((sum, size) => sum + size + 2, 0) - columns;
  widths[2] = Math.max(12, widths[2]! - Math.max(0, tooMuch));
  return joined(
    rows.flatMap((row, index): Showable[] => {
      const [name = "", ...rest] = row[2].startsWith("…") ? [row[2]] : fold(row[2], widths[2]!);
      const texts = [row[0], row[1], name, row[3], row[4]];
      const cells = widths.map((size, column) => (column >= 3 ? texts[column]!.padStart(size) : texts[column]!.padEnd(size)));
      const line = `  ${cells.join("  ")}`;
      if (index === 0) return [paint("dim", line.trimEnd())];
      const behind = " ".repeat(6 + widths[0]! + widths[1]!);
      const more = rest.map((part) => `${behind}${part}`);
      if (row[5] === "") return [line.trimEnd(), ...more];
      if (line.length + 2 + row[5].length <= columns) return [shown`${line}  ${paint("dim", row[5])}`, ...more];
      return [
        line.trimEnd(),
        ...more,
        ...fold(row[5], Math.max(12, columns - behind.length)).map((part) => shown`${behind}${paint("dim", part)}`),
      ];
    }),
    "\n",
  );
}

/** Not the first ones, which may all be old: what is proposed is always shown, and what cannot be used comes last. */
function pick(provider: GatewayProvider, proposed: readonly (string | null)[]): readonly GatewayModel[] {
  const { models } = provider;
  if (models.length <= maxRows) return models;
  const rank = (one: GatewayModel): number => (proposed.includes(refOf(provider, one)) ? 0 : one.usable ? 1 : 2);
  const chosen = new Set([...models].sort((left, right) => rank(left) - rank(right)).slice(0, maxRows));
  return models.filter((one) => chosen.has(one));
}

function refOf(provider: GatewayProvider, model: GatewayModel): string {
  return `${provider.id}/${nameIn(provider, model)}`;
}

function remarkOn(provider: GatewayProvider, model: GatewayModel, main: string | null, small: string | null): string {
  const { alsoFrom, unique } = model;
  const ref = refOf(provider, model);
  const also =
    alsoFrom.length === 0
      ? null
      : `also of ${alsoFrom.join(", ")}: ${unique === null ? "no name selects this one" : `${unique} selects this one`}`;
  const roles = [ref === main ? "model" : null, ref === small ? "small_model" : null];
  const unfit = whyUnfit(provider, model);
  const end = model.end?.isTold === true ? `ends ${model.end.on}` : null;
  return [...roles, unfit, end, also].filter((part) => part !== null).join("; ");
}

function whyUnfit({ api }: GatewayProvider, { apis, chats, usable, unique }: GatewayModel): string | null {
  if (apis.length === 0) return "no API that OpenCode speaks here";
  if (!chats) return "no chat model";
  if (api !== null && !apis.includes(api)) return `only ${apis.join(", ")}`;
  // Where no name means it, that is said beside this.
  return usable || unique === null ? null : `cannot be used with ${api ?? "its API"}`;
}

/** A sentence on how much there is. */
export function formatCount(origin: string, { providers }: Discovery): string {
  const count = providers.reduce((sum, { models }) => sum + models.length, 0);
  return `${origin} serves ${count} ${count === 1 ? "model" : "models"} of ${providers.length} ${providers.length === 1 ? "provider" : "providers"} to you.`;
}

/** What is to be known of the list as a whole, as sentences without their full stop. */
export function remarks({ providers, odd, isPart }: Discovery): string[] {
  const all = providers.flatMap(({ models }) => models);
  const usable = all.filter((model) => model.usable);
  const unlimited = usable.filter(({ limit }) => limit === null).length;
  const shared = new Set(all.filter(({ alsoFrom }) => alsoFrom.length > 0).map(({ id }) => id)).size;
  const assumed = providers.filter((provider) => provider.assumed).map(({ id }) => id);
  const onlyClaude = all.length > 0 && all.every(({ id }) => /claude/i.test(id));
  return [
    ...(usable.length === 0
      ? ["none of these models can be used by OpenCode here: they are not chat models, or have another API"]
      : []),
    ...(unlimited > 0
      ? [
          `${unlimited} of these models ${unlimited === 1 ? "is" : "are"} unknown here: context limit unknown, so auto-compaction is off; set context and output for them, and  images: true  and  reasoning: true  where they support it`,
        ]
      : []),
    ...(shared > 0
      ? [
          `${shared} of these models ${shared === 1 ? "is" : "are"} listed by several providers: the gateway decides which one serves the plain name`,
        ]
      : []),
    ...(assumed.length > 0 ? [`the gateway does not state the API of ${assumed.join(", ")}; the usual one is assumed`] : []),
    ...(onlyClaude
      ? [
          "only Claude models are listed: if others are missing, a grant is missing, or a proxy changes the user agent (the gateway gives Claude Code a shorter list)",
        ]
      : []),
    ...(odd > 0 ? [`${odd} ${odd === 1 ? "entry is" : "entries are"} skipped: not models, or with invalid names`] : []),
    ...(isPart ? ["the list is longer than what was read"] : []),
  ];
}

/** The fields of the JSON object that say what is served. */
export function describeDiscovery({ providers }: Discovery): object[] {
  return providers.map((provider) => {
    const { id, gatewayId, name, known, api, assumed, models } = provider;
    return {
      id,
      gatewayId,
      name,
      known,
      api,
      assumed,
      models: models.map(({ end, ...model }) => ({
        ...model,
        ends: end?.on ?? null,
        replacement: end?.replacement ?? null,
        ref: model.usable ? refOf(provider, { ...model, end }) : null,
      })),
    };
  });
}
