/** The answers that tests begin with. A new question is answered here once. */
import { pinnedRelease } from "../../src/catalog/release.ts";
import type { Answers } from "../../src/questions/types.ts";

/** Answers of a small environment: one provider, Debian, the network as it is, nothing switched on. */
export const plainAnswers: Answers = {
  name: "sample",
  url: "http://ai",
  fqdn: null,
  connection: "network",
  tailscale: null,
  providers: [{ id: "anthropic", api: "messages" }],
  model: "anthropic/claude-sonnet-5-5",
  smallModel: "anthropic/claude-haiku-4-5",
  style: "separate",
  opencode: pinnedRelease.version,
  managed: false,
  online: [],
  plugins: "allow",
  strict: false,
  otherProviders: [],
  chunkTimeout: 600_000,
  state: "container",
  attribution: [],
  codeowners: [],
  doctor: "repository",
  base: "debian",
  outputs: ["devcontainer"],
  devcontainers: ["all"],
  containerEnv: {},
  forwardPorts: [],
  hooks: {},
};
