/** Which coding models of a provider the catalogue keeps: those that teams use, not everything that a reseller lists. */

/** A choice among the models of one provider. */
export interface Selection {
  /** Only models of this many months before the provider's newest one, because resellers never delist models. */
  readonly months?: number;
  /** Only ids of this form. */
  readonly keep?: RegExp;
  /** No ids of this form. */
  readonly drop?: RegExp;
}

/** By provider; all models for coding of the others are kept. */
export const selections: Readonly<Record<string, Selection>> = {
  // Gemma, and models for robots and browsers, are not served to coding agents.
  google: { keep: /^gemini-(?!robotics|2\.5-computer)/ },
  // Its other models are not at `publishers/google`.
  "google-vertex": { keep: /^gemini-/ },
  // Vendors of models for code, in every region. A vendor's small model is older than a year before there is a newer one.
  "amazon-bedrock": {
    months: 15,
    keep: /anthropic\.claude|qwen3-(?:coder|next|235b)|deepseek|kimi|glm|minimax|gpt-oss-120b|nova-premier|mistral-large|devstral/,
  },
  // The larger vendors, without the free and fast variants, dated snapshots, and small, vision and voice models.
  openrouter: {
    months: 12,
    keep: /^~?(?:anthropic|openai|google|x-ai|deepseek|qwen|moonshotai|z-ai|minimax|mistralai)\//,
    drop: /:|-fast$|-chat\b|gemma|gpt-oss-safeguard|-vl-|glm-[\d.]+v|voxtral|ministral|customtools|lite-preview|-20\d{6}$|-0\d-\d+$|-\d{1,2}b\b/,
  },
  togetherai: { months: 15 },
};
