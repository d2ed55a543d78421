/**
 * What OpenCode does for a provider by its id alone, whatever the environment's files say: as data. Its ids are those of OpenCode's own catalogue,
 * most of which no environment has. Found by their names in the binary of 1.18.18, and tried (test/opencode/doctor.test.ts).
 */

/** Variables that switch a provider of the catalogue inside of OpenCode on, where that one is in use. */
export const switchedOnBy: Readonly<Record<string, readonly string[]>> = {
  "github-copilot": ["GITHUB_TOKEN"],
  huggingface: ["HF_TOKEN"],
  "amazon-bedrock": ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK"],
  "google-vertex": ["GOOGLE_CLOUD_PROJECT"],
  anthropic: ["ANTHROPIC_API_KEY"],
  openai: ["OPENAI_API_KEY"],
  google: ["GEMINI_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"],
  openrouter: ["OPENROUTER_API_KEY"],
  groq: ["GROQ_API_KEY"],
  xai: ["XAI_API_KEY"],
  mistral: ["MISTRAL_API_KEY"],
  deepseek: ["DEEPSEEK_API_KEY"],
};

/** Variables that take the place of the vendor's address. */
export const addressedBy: Readonly<Record<string, string>> = { anthropic: "ANTHROPIC_BASE_URL", openai: "OPENAI_BASE_URL" };

/** The one id for which the option `endpoint` is an address; under any other its requests go to the vendor. */
export const takesEndpoint = "amazon-bedrock";

/** Keys that programs take from the environment; none of them is sent where the placeholder is in the configuration. */
export const keyVariables =
  /^(?:ANTHROPIC|OPENAI|GEMINI|GOOGLE|GOOGLE_GENERATIVE_AI|OPENROUTER|GROQ|XAI|MISTRAL|DEEPSEEK|AZURE|AZURE_OPENAI|COHERE|OPENCODE|CEREBRAS|TOGETHER|PERPLEXITY|FIREWORKS)_(?:API_KEY|AUTH_TOKEN)$/;
