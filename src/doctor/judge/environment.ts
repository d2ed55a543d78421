/** Whether it is known what the environment was made for, and whether that lasts. From values to values. */
import { isOver, isWithin, toldFrom } from "../../catalog/notice.ts";
import type { Installation } from "../config/launch.ts";
import { found, show, type Check } from "../types.ts";

/** Nothing where environment.json says it. */
export function judgeEnvironment({ share, prefix, toldBy }: Installation): Check[] {
  const file = show(`${share}/environment.json`);
  const rebuild = "npx create-aperture-env@latest update, and rebuild the image";
  if (toldBy === "caller")
    return [
      found(
        "note",
        "config",
        "environment-older",
        `${file} is missing, or was not written by this environment`,
        "environments of an older version have none, so the paths of their providers are known only from their packages",
        rebuild,
      ),
    ];
  if (toldBy === null)
    return [
      found(
        "warning",
        "config",
        "environment-unreadable",
        `${file} cannot be read`,
        "the gateway, the version of OpenCode and the providers that this environment was made for are not known",
        prefix === null ? rebuild : "rebuild the image",
      ),
    ];
  return [];
}

/** Models of the environment that end within 60 days, or have ended; `today` as YYYY-MM-DD. */
export function judgeEnds({ ends }: Pick<Installation, "ends">, today: string): Check[] {
  return ends
    .filter(({ on }) => isWithin(on, today, toldFrom))
    .map(({ model, on, replacement }) => {
      const next =
        replacement === ""
          ? "choose another model in aperture-env.yaml, and rebuild the image"
          : `npx create-aperture-env@latest update --models  for ${show(replacement)}, and rebuild the image`;
      return isOver(on, today)
        ? found(
            "warning",
            "models",
            "model-ended",
            `${show(model)} ended on ${on}, as its vendor announced`,
            "prompts to it fail, or another model answers them",
            next,
          )
        : found(
            "note",
            "models",
            "model-ending",
            `${show(model)} ends on ${on}, as its vendor announced`,
            "from then on prompts to it fail, or another model answers them",
            next,
          );
    });
}
