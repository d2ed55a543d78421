/**
 * What may be done with OpenCode's plugins, as data. OpenCode 1.18 cannot be kept from loading one: with `OPENCODE_PURE=1` none of its hooks is
 * called, and a second loader still fetches and runs its code (tried with 1.18.18, test/hostile/managed.test.ts). So `check` and the doctor hold
 * the repository to it.
 */
import type { Choice, PluginPolicy } from "../questions/types.ts";

/** All that can be chosen. */
export const pluginPolicies: readonly (Choice & { readonly value: PluginPolicy })[] = [
  { value: "allow", label: "allow", hint: "plugins are named" },
  { value: "pinned", label: "pinned", hint: "a package without its exact version fails the check" },
  { value: "refuse", label: "refuse", hint: "any plugin fails the check, and OpenCode calls none" },
];
