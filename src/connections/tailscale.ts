/**
 * Tailscale in the environment's own container, by the vendor's Feature: it brings the programs, the capabilities that it needs, a volume for the
 * login, and an entrypoint that starts the daemon. It does not log in where secrets come later than entrypoints run, as in Codespaces
 * (github.com/tailscale/codespace, issue 53), so the environment's own step does.
 */
import { daemonSocket } from "../catalog/tailnet.ts";
import { pinnedTailscale, tailscaleFeature } from "../catalog/tailscale.ts";
import { connectBy, loginVolume, secretsOf } from "../parts/node.ts";
import { nothing } from "../parts/runtime.ts";
import type { Connection } from "../vocabulary.ts";

/** It needs an output that takes Features. */
export const tailscale: Connection = {
  value: "tailscale",
  label: "tailscale",
  hint: "Tailscale in the container, by its official Feature",
  about: "Tailscale runs in the container, by its official Feature",
  needs: ["secret", "feature"],
  options: {},
  runtime: (answers) => ({
    ...nothing,
    secrets: secretsOf(answers),
    // The Feature's own one has the login of its daemon. Where that has no device, the container is a node as in userspace, by another one.
    volumes: [loginVolume],
    features: [
      {
        id: answers.tailscale?.feature ?? tailscaleFeature,
        options: { version: answers.tailscale?.version ?? pinnedTailscale.version },
      },
    ],
    // Where the entrypoint's daemon listens (src/tailscale/tailscaled-entrypoint.sh there).
    connect: connectBy(answers, "tailscale", { socket: daemonSocket, folder: loginVolume.path }),
  }),
};
