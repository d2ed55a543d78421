/** Types for the models that a gateway lists, and the APIs that an environment supports. */

/** The APIs that an environment supports. If several serve equally many models, the first is used, as in the official client. */
export const gatewayApis = ["responses", "messages", "chat", "generate-content", "vertex", "converse"] as const;

/** An API by its name in a spec. */
export type GatewayApi = (typeof gatewayApis)[number];

/** APIs with the model in the body, where `provider/model` is possible. */
export const bodyApis: readonly GatewayApi[] = ["responses", "messages", "chat"];

/** Proposals for a provider, without its name. */
export interface ProposedModels {
  readonly model: string;
  readonly smallModel: string;
}

/** What is known without a gateway: the providers of this version, and the model catalogue. */
export interface Known {
  readonly providers: Readonly<
    Record<
      string,
      {
        readonly id: string;
        readonly name: string;
        /** `lacks`: models of the catalogue that cannot be used in that wire format, whatever a gateway says. */
        readonly wireFormats: Readonly<
          Partial<Record<GatewayApi, { readonly lacks?: RegExp | null; readonly defaults?: ProposedModels | null }>>
        >;
        readonly defaultApi: string;
        readonly defaults: ProposedModels;
        /** Names that gateways use for it, other than OpenCode's. */
        readonly aliases: readonly string[];
        /** The API that belongs to it alone: models of this API belong to this provider if the gateway names none. */
        readonly owns: GatewayApi | null;
      }
    >
  >;
  readonly catalogue: Readonly<
    Record<string, { readonly models: Readonly<Record<string, { readonly id: string; readonly [field: string]: unknown }>> }>
  >;
  /** Whether an id cannot be that of a team's own provider, because OpenCode uses it for another one. */
  refuses(id: string): boolean;
  /** When a model of a provider in an API ends; null if that is not known. */
  endOf(provider: string, api: GatewayApi, model: string): End | null;
}

/** The end of a model, relative to a day. */
export interface End {
  /** The first day on which it may be gone, as YYYY-MM-DD. */
  readonly on: string;
  /** Its replacement, a model of the same provider; null if there is none. */
  readonly replacement: string | null;
  /** Near enough to be reported, or over. */
  readonly isTold: boolean;
  /** So near, or over, that another model is proposed if there is one. */
  readonly isNear: boolean;
}

/** A model's limits, in tokens. */
export interface Limit {
  readonly context: number;
  readonly output: number;
}

/** What the catalogue says about a model. */
export interface Capabilities {
  readonly limit: Limit;
  /** It reasons before it answers. */
  readonly reasoning: boolean;
  /** It accepts images. */
  readonly images: boolean;
}

/** A model as one provider lists it. */
export interface GatewayModel {
  readonly id: string;
  readonly apis: readonly GatewayApi[];
  /** From the catalogue, because gateways do not say; null if the model is not in it. */
  readonly limit: Limit | null;
  readonly reasoning: boolean | null;
  readonly images: boolean | null;
  /** It answers in text, judged by its name: it is no embedding, image or speech model. */
  readonly chats: boolean;
  /** It has its provider's API, answers in text, and has an unambiguous name. */
  readonly usable: boolean;
  /** When it ends, if that is known. */
  readonly end: End | null;
  /** Other providers of the gateway that list the same id: the gateway decides which one answers. */
  readonly alsoFrom: readonly string[];
  /** The name that means only this one; null if there is none, because the model is in the path. */
  readonly unique: string | null;
}

/** A provider of the gateway. */
export interface GatewayProvider {
  /** The gateway's name for it; null if the gateway names no provider. */
  readonly gatewayId: string | null;
  /** Its id in OpenCode: that of the catalogue if it is such a provider, else one of its own. */
  readonly id: string;
  readonly name: string;
  /** It is one of this version's providers. */
  readonly known: boolean;
  /** The API of most of its models; null if an environment supports none of their APIs. */
  readonly api: GatewayApi | null;
  /** The gateway did not name the API; it is the default of this provider. */
  readonly assumed: boolean;
  /** In the order of their ids. */
  readonly models: readonly GatewayModel[];
}

/** What a gateway serves. */
export interface Discovery {
  readonly providers: readonly GatewayProvider[];
  /** The number of entries that are no model, or have an invalid id. */
  readonly odd: number;
  /** More entries than are read, or more pages. */
  readonly isPart: boolean;
}

/** A provider while the list is read. */
export interface Group {
  readonly gatewayId: string | null;
  readonly name: string | null;
  /** The API that its key was made from, where it has no id. */
  readonly api: GatewayApi | null;
  readonly models: Map<string, Set<GatewayApi>>;
  readonly untold: Set<string>;
}

/** Words in names of models that give or take other things than text: vectors, images, audio, video, ratings. */
const other =
  /(?:^|[-_./:])(?:embed(?:ding)?s?|nomic|bge|gte|minilm|image|images|imagen|imagine|dall|flux|stable|sdxl|canvas|reel|sonic|tts|voice|whisper|transcribe|transcription|speech|audio|realtime|live|moderation|rerank|reranker|guard|safeguard|sora|veo|video|lyria|ocr|instruct-0914|babbage|davinci|aqa)(?:$|[-_./:\d])/i;

/** Whether a model answers in text, judged by its name. */
export function chatsByName(id: string): boolean {
  return !other.test(id);
}
