/**
 * What OpenCode may ask of the internet beside the gateway, as data; nothing of it by default. Its list of models and its updates are not among
 * them: the model catalogue and the version are pinned, and every container has the same ones.
 */
import type { Choice } from "../questions/types.ts";

/** All that can be allowed. */
export const onlineUses: readonly Choice[] = [
  { value: "share", label: "share", hint: "sessions that somebody shares go to opencode.ai" },
  { value: "lsp", label: "lsp", hint: "language servers are fetched where a configuration turns lsp on" },
];
