/** What is said where no way leads to the gateway. Pure. */
import type { Settings } from "./settings.ts";

/** What is said of a network that does not do. */
export function cannotReach({ origin }: Pick<Settings, "origin">, why: string): string {
  return `${origin} cannot be reached from here: ${why}`;
}

/** How an image gets the programs. */
export const haveTailscale =
  "use a machine in the tailnet, or add Tailscale to the image: write  tailscale: {}  below  aperture:  in aperture-env.yaml, run  npx create-aperture-env@latest update  and rebuild";
