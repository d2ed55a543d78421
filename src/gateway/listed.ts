/** The words for what a gateway lists, and the APIs that an environment can speak. */

/** The APIs that an environment can speak; where several serve equally many models, the first is taken, as the official client does. */
export const gatewayApis = ["responses", "messages", "chat", "generate-content", "vertex", "converse"] as const;

/** An API by the name that it has in a spec. */
export type GatewayApi = (typeof gatewayApis)[number];

/** In these the model stands in the body, where it can be written as `provider/model`. */
export const bodyApis: readonly GatewayApi[] = ["responses", "messages", "chat"];

/** What is proposed of a provider, without its name. */
export interface ProposedModels {
  readonly model: string;
  readonly smallModel: string;
}

/** What is known without a gateway: the providers that this version has by name, and the model catalogue. */
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
        /** What gateways call it, where that is not OpenCode's word for it. */
        readonly aliases: readonly string[];
        /** The API that is its own: models whose provider was not named are its, and so is what speaks an API that nobody else has. */
        readonly owns: GatewayApi | null;
      }
    >
  >;
  readonly catalogue: Readonly<
    Record<string, { readonly models: Readonly<Record<string, { readonly id: string; readonly [field: string]: unknown }>> }>
  >;
  /** Whether an id cannot be that of a provider of the team's own, because OpenCode takes it for something else. */
  refuses(id: string): boolean;
  /** When a model of a provider in an API ends; null where that is not known. */
  endOf(provider: string, api: GatewayApi, model: string): End | null;
}

/** The end of a model, seen from a day. */
export interface End {
  /** The first day on which it may not be there, as YYYY-MM-DD. */
  readonly on: string;
  /** What takes its place, a model of the same provider; null where nothing does. */
  readonly replacement: string | null;
  /** It is so near that it is told, or over. */
  readonly isTold: boolean;
  /** It is so near, or over, that the model is not proposed where another one is there. */
  readonly isNear: boolean;
}

/** How much a model reads and writes, in tokens. */
export interface Limit {
  readonly context: number;
  readonly output: number;
}

/** What the catalogue knows of a model. */
export interface Capabilities {
  readonly limit: Limit;
  /** It reasons before it answers. */
  readonly reasoning: boolean;
  /** It takes images. */
  readonly images: boolean;
}

/** A model as one provider lists it. */
export interface GatewayModel {
  readonly id: string;
  readonly apis: readonly GatewayApi[];
  /** From the catalogue, since gateways do not tell; null where it does not know the model. */
  readonly limit: Limit | null;
  readonly reasoning: boolean | null;
  readonly images: boolean | null;
  /** It answers in text, as far as its name tells: no embedding, image or speech model. */
  readonly chats: boolean;
  /** It has its provider's API, chats, and can be asked for. */
  readonly usable: boolean;
  /** When it ends, where that is known. */
  readonly end: End | null;
  /** Other providers of the gateway that list the same id: the gateway decides which one answers. */
  readonly alsoFrom: readonly string[];
  /** The name that means this one and no other; null where there is none, because the model stands in the path. */
  readonly unique: string | null;
}

/** A provider of the gateway. */
export interface GatewayProvider {
  /** What the gateway calls it; null where it named none. */
  readonly gatewayId: string | null;
  /** What OpenCode calls it: an id of its catalogue where it is that provider, else one of its own. */
  readonly id: string;
  readonly name: string;
  /** It is one that this version has by name. */
  readonly known: boolean;
  /** The API that most of its models have; null where they have none that an environment can speak. */
  readonly api: GatewayApi | null;
  /** The gateway did not say which API; it is the one that providers of this name have by default. */
  readonly assumed: boolean;
  /** In the order of their ids. */
  readonly models: readonly GatewayModel[];
}

/** What a gateway serves. */
export interface Discovery {
  readonly providers: readonly GatewayProvider[];
  /** Entries that were no model, or had an id that no model has. */
  readonly odd: number;
  /** Entries beyond what is read, or pages that were not asked for. */
  readonly isPart: boolean;
}

/** A provider while it is read. */
export interface Group {
  readonly gatewayId: string | null;
  readonly name: string | null;
  /** The API that its key was made from, where it has no id. */
  readonly api: GatewayApi | null;
  readonly models: Map<string, Set<GatewayApi>>;
  readonly untold: Set<string>;
}

/** Words in names of models that give or take something else than text: vectors, pictures, sound, films, verdicts. */
export const other =
  /(?:^|[-_./:])(?:embed(?:ding)?s?|nomic|bge|gte|minilm|image|images|imagen|imagine|dall|flux|stable|sdxl|canvas|reel|sonic|tts|voice|whisper|transcribe|transcription|speech|audio|realtime|live|moderation|rerank|reranker|guard|safeguard|sora|veo|video|lyria|ocr|instruct-0914|babbage|davinci|aqa)(?:$|[-_./:\d])/i;

/** Whether a model is one to chat with, as far as its name tells. */
export function chatsByName(id: string): boolean {
  return !other.test(id);
}

/** Whether a value is an object with keys. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
