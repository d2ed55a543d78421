/**
 * What OpenCode may use on the internet besides the gateway, as data; nothing by default. Its model list and its updates are not among
 * them: the model catalogue and the version are pinned, and every container has the same ones.
 */
import type { Choice } from "../questions/types.ts";

/** Everything that can be allowed. */
export const onlineUses: readonly Choice[] = [
  { value: "share", label: "share", hint: "shared sessions are uploaded to opencode.ai" },
  { value: "lsp", label: "lsp", hint: "language servers are downloaded if a configuration turns lsp on" },
];
