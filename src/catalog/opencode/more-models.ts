/** The model catalogue of the providers that are not proposed (src/catalog/models.ts): a file for each, written by `npm run refresh`. */
import amazonBedrock from "./models/amazon-bedrock.json" with { type: "json" };
import deepseek from "./models/deepseek.json" with { type: "json" };
import google from "./models/google.json" with { type: "json" };
import googleVertex from "./models/google-vertex.json" with { type: "json" };
import groq from "./models/groq.json" with { type: "json" };
import mistral from "./models/mistral.json" with { type: "json" };
import openrouter from "./models/openrouter.json" with { type: "json" };
import togetherai from "./models/togetherai.json" with { type: "json" };
import xai from "./models/xai.json" with { type: "json" };

/** All of them, by id. The published program has them as one compressed file (src/scripts/build.mjs). */
export const more = {
  ...amazonBedrock,
  ...deepseek,
  ...google,
  ...googleVertex,
  ...groq,
  ...mistral,
  ...openrouter,
  ...togetherai,
  ...xai,
};
