/** What OpenCode gets of providers: types only. */
import type { WireFormat } from "../catalog/wire-formats.ts";

/** Settings of a model in OpenCode's configuration. */
export type Settings = Readonly<Record<string, unknown>>;

/** What a package calls on the gateway, in which wire format. */
export interface EmittedRoute {
  readonly api: WireFormat;
  readonly path: string;
  readonly npm: string;
}

/** One provider as OpenCode gets it. */
export interface EmittedProvider {
  readonly id: string;
  /** How its models are reached: each wire format with the package that speaks it. */
  readonly routes: readonly EmittedRoute[];
  /** Set if the catalogue does not say it. */
  readonly name: string | null;
  readonly npm: string | null;
  readonly options: Readonly<Record<string, string | number>>;
  /** The only models that are offered; null for all. */
  readonly whitelist: readonly string[] | null;
  /** Models that are not offered; null if none are excluded. */
  readonly blacklist: readonly string[] | null;
  /** Settings of models that the catalogue lacks. */
  readonly models: readonly (readonly [key: string, settings: Settings])[];
  /** Its part of the catalogue; null where it has none. */
  readonly catalogue: { readonly fields: Settings; readonly models: Readonly<Record<string, Settings>> } | null;
}

/** All that OpenCode gets of providers. */
export interface Emission {
  readonly providers: readonly EmittedProvider[];
  /** The chosen models by the names that they have there. */
  readonly model: string;
  readonly smallModel: string;
}
