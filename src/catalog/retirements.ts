/**
 * Models that their vendors switch off, as data: the day, and what to take instead.
 *
 * Sources, read on 25 November 2026:
 *
 * - anthropic: platform.claude.com, "Claude Sonnet 4.5" ("retires on November 30, 2026. Recommended replacement: Claude Sonnet 5.5").
 * - openai: developers.openai.com, "Deprecations". For gpt-5-mini it recommends gpt-6.1-terra, which OpenCode's catalogue does not know yet (without
 *   limits nothing is compacted), so it is gpt-6-luna here, which OpenAI recommends in place of the other small ones.
 * - google: ai.google.dev, "Gemini deprecations"; from that day on requests go to the replacement without a word.
 * - google-vertex: docs.cloud.google.com, "Model versions and lifecycle"; the replacements are those of Google's other API.
 * - deepseek: the change log of its API ("deepseek-v4-flash" and its variants retired on 10 September 2026, served by deepseek-flash since).
 * - groq: its deprecations page, as quoted in public repositories.
 * - togetherai: a model that OpenCode's catalogue of that day does not have any more.
 *
 * Amazon Bedrock has dates of its own, and none is known for what is proposed here; nor for claude-haiku-4-5.
 */

import { isWithin, proposedUntil } from "./notice.ts";
import { providers, type WireFormat } from "./providers.ts";

/** What a vendor announced of a model. */
export interface Retirement {
  /** The first day on which it may not be there, as YYYY-MM-DD. */
  readonly ends: string;
  /** What to take instead, the best first: a wire format may lack one. Models of the same provider, of which no end is known. */
  readonly replacements: readonly string[];
}

/** A model, and when it ends. */
export interface Ending {
  readonly provider: string;
  readonly model: string;
  /** As YYYY-MM-DD. */
  readonly ends: string;
  /** A model of the same provider that takes its place; null where none does in this wire format. */
  readonly replacement: string | null;
}

/** Rows of a table: models that end on one day and have the same replacements. */
type Row = readonly [ends: string, models: readonly string[], ...replacements: string[]];

const rows: Readonly<Record<string, readonly Row[]>> = {
  anthropic: [["2026-11-30", ["claude-sonnet-4-5", "claude-sonnet-4-5-20250929"], "claude-sonnet-5-5"]],
  openai: [
    ["2026-08-10", ["gpt-5.2-chat-latest", "gpt-5.3-chat-latest"], "gpt-5.5"],
    ["2026-12-11", ["gpt-5", "gpt-5-pro", "o3", "o3-pro"], "gpt-6.1-sol", "gpt-6-sol"],
    ["2026-12-11", ["gpt-5-mini", "gpt-5-nano"], "gpt-6-luna"],
    ["2027-01-14", ["gpt-4o", "gpt-4o-2024-08-06", "gpt-4o-2024-11-20", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini"], "gpt-6-luna"],
    ["2027-04-01", ["gpt-5.1", "gpt-5.3-codex"], "gpt-6.1-sol", "gpt-6-sol"],
    ["2027-04-01", ["gpt-5.4-nano"], "gpt-6-luna"],
  ],
  google: [
    ["2026-12-01", ["gemini-2.5-pro"], "gemini-3.8-flash"],
    ["2026-12-01", ["gemini-2.5-flash"], "gemini-3.5-flash-lite"],
  ],
  "google-vertex": [
    ["2026-10-16", ["gemini-2.5-pro"], "gemini-3.8-flash"],
    ["2026-10-16", ["gemini-2.5-flash", "gemini-2.5-flash-lite"], "gemini-3.5-flash-lite"],
  ],
  deepseek: [["2026-09-10", ["deepseek-v4-flash"], "deepseek-flash"]],
  groq: [["2026-08-16", ["llama-3.3-70b-versatile"], "openai/gpt-oss-120b"]],
  togetherai: [["2026-09-30", ["moonshotai/Kimi-K2.6"], "moonshotai/Kimi-K3"]],
};

/** Models with a known end date, by provider. */
export const retirements: Readonly<Record<string, Readonly<Record<string, Retirement>>>> = Object.fromEntries(
  Object.entries(rows).map(([provider, table]) => [
    provider,
    Object.fromEntries(
      table.flatMap(([ends, models, ...replacements]) => models.map((model) => [model, { ends, replacements }])),
    ),
  ]),
);

/** Ids of models with a known end date, by provider. */
export const retiringModels: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(retirements).map(([provider, models]) => [provider, Object.keys(models)]),
);

/** When a model of a provider ends, whatever day it is; null if no end date is known. */
export function endOf({ id, api }: { readonly id: string; readonly api: string }, model: string): Ending | null {
  const known = Object.hasOwn(retirements, id) ? retirements[id]! : {};
  if (!Object.hasOwn(known, model)) return null;
  const { ends, replacements } = known[model]!;
  const lacks = providers[id]?.wireFormats[api as WireFormat]?.lacks ?? null;
  return { provider: id, model, ends, replacement: replacements.find((one) => lacks?.test(one) !== true) ?? null };
}

/** The model itself, or its replacement if it is too close to its end date to be proposed. */
export function lastingModel(choice: { readonly id: string; readonly api: string }, model: string, today: string): string {
  const end = endOf(choice, model);
  return end !== null && isWithin(end.ends, today, proposedUntil) ? (end.replacement ?? model) : model;
}
