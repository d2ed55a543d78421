/**
 * The policies for OpenCode's plugins, as data. Nothing keeps OpenCode 1.18 from loading a plugin: with `OPENCODE_PURE=1` none of its hooks is
 * called, and a second loader still fetches and runs its code (tried with 1.18.18, test/hostile/managed.test.ts). So `check` and the doctor
 * enforce the policy.
 */
import type { Choice, PluginPolicy } from "../questions/types.ts";

/** All policies. */
export const pluginPolicies: readonly (Choice & { readonly value: PluginPolicy })[] = [
  { value: "allow", label: "allow", hint: "plugins are allowed, and named in the plan" },
  { value: "pinned", label: "pinned", hint: "a plugin without an exact version fails the check" },
  { value: "refuse", label: "refuse", hint: "any plugin fails the check, and OpenCode calls none" },
];
