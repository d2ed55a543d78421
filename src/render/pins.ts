/**
 * The keys that a managed configuration sets only to protect them. OpenCode merges objects key by key and the managed file last, so a key that
 * it lacks keeps the value of a project's file. It therefore sets each key of a provider that could redirect a prompt. Pure.
 *
 * Read in OpenCode 1.18.18 (`Provider.state` and the loading of a package): a model's package is its own `provider.npm`, else the provider's
 * `npm`; its address is `options.baseURL` unless that is empty, else its own `provider.api`; and only models of the `whitelist` are offered.
 */
import type { EmittedProvider, Settings } from "./emission.ts";

/** A provider of which no other configuration can change the address, the key, the models or a model's package. `npm` is what speaks for it. */
export function pinProvider(provider: EmittedProvider, npm: string): EmittedProvider {
  const given = new Map(provider.models);
  const pins = new Map<string, Settings>([...given.keys()].map((key) => [key, { id: key, provider: { npm } }]));
  for (const [id, model] of Object.entries(provider.catalogue?.models ?? {})) {
    const speaks = { provider: { npm: packageOf(model) ?? npm } };
    pins.set(id, { id, ...speaks });
    // A mode has a name of its own, but is requested by the name of its model.
    for (const mode of modesOf(id, model)) pins.set(mode, speaks);
  }
  return {
    ...provider,
    npm,
    // With an empty address each model's own counts, and a project cannot replace that one.
    options: { baseURL: "", ...provider.options },
    whitelist: [...pins.keys()],
    blacklist: [],
    models: [...pins].map(([key, pinned]) => [key, { ...pinned, ...given.get(key) }] as const),
  };
}

/** OpenCode turns each mode into a separate model. */
function modesOf(id: string, model: Settings): string[] {
  const { modes = {} } = (model["experimental"] ?? {}) as { readonly modes?: Settings };
  return Object.keys(modes).map((mode) => `${id}-${mode}`);
}

/** The package that the catalogue names for this model alone. */
function packageOf(model: Settings): string | undefined {
  return (model["provider"] as { readonly npm?: string } | undefined)?.npm;
}
