/**
 * What a gateway serves, for what `create` proposes: asked in the background, with little patience, and of no consequence where it does not
 * answer. Loaded only where somebody is asked, or wants it.
 */
import { isAppError } from "../../errors.ts";
import { askForModels } from "../../gateway/discover.ts";
import { type Discovery, type GatewayModel, type GatewayProvider, type Known } from "../../gateway/listed.ts";
import { readModels } from "../../gateway/models.ts";
import { candidatesOf, nameIn, offer, proposeModel, proposeSmallModel, type Accepts } from "../../gateway/proposals.ts";
import type { Detect, Detected } from "../../questions/resolve.ts";
import type { Answers, Choice, Parsed, ProviderChoice, Question } from "../../questions/types.ts";

/** Where and how to ask. */
export interface DetectionOptions {
  /** Asked at once; null where it is not known yet. */
  readonly origin: string | null;
  /** In milliseconds, for each gateway that is asked. */
  readonly timeout: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly known: Promise<Known>;
  readonly accepts: Accepts<ProviderChoice>;
  /** Whether exactly the gateway's models are to be proposed. */
  readonly exact: boolean;
}

/** A detection that is under way. */
export interface Detection {
  readonly detect: Detect;
  /** What is to be said in the plan, once all is answered. */
  warnings(): readonly string[];
}

/** What a gateway serves that this version can write. */
interface Served {
  readonly known: Known;
  readonly discovery: Discovery;
  readonly offers: ReadonlyMap<string, { readonly choice: ProviderChoice }>;
  readonly leftOut: readonly string[];
}

/** Begins to ask. Never fails: where no list of models comes in time, nothing is proposed. */
export function detectGateway({ origin, timeout, env, known, accepts, exact }: DetectionOptions): Detection {
  const asked = new Map<string, Promise<Served | null>>();
  let last: { readonly origin: string; readonly served: Served | null } | null = null;
  const ask = (at: string): Promise<Served | null> => {
    const already = asked.get(at);
    if (already !== undefined) return already;
    const answer = askForModels({ origin: at, timeout, env })
      .then(async (body) => describe(body, await known, accepts, exact))
      .catch(giveUp);
    // A defect comes out where the answer is waited for, and nowhere else.
    answer.catch(() => undefined);
    asked.set(at, answer);
    return answer;
  };
  if (origin !== null) void ask(origin);

  const detect: Detect = async (question, earlier, choices) => {
    if (!["providers", "model", "smallModel"].includes(question.id) || earlier.url === undefined) return null;
    const served = await ask(earlier.url);
    last = { origin: earlier.url, served };
    if (served === null || served.offers.size === 0) return null;
    const because = earlier.url;
    if (question.id === "providers") return proposeProviders(question, served, choices, because);
    const candidates = candidatesOf(served.discovery, (provider, model) => isChosen(provider, model, earlier));
    const found =
      question.id === "model"
        ? proposeModel(candidates, served.known)
        : proposeSmallModel(candidates, earlier.model ?? "", served.known);
    return found === null ? null : { proposal: { value: found.ref, source: "detected", because } };
  };
  const warnings = (): readonly string[] => {
    if (last === null) return [];
    const { origin: at, served } = last;
    return (
      served?.leftOut ?? [
        `${at} did not say what it serves, so providers and models are proposed without it:  npx create-aperture-env discover ${at}  tells why`,
      ]
    );
  };
  return { detect, warnings };
}

function giveUp(error: unknown): null {
  if (!isAppError(error)) throw error;
  return null;
}

function describe(body: unknown, known: Known, accepts: Accepts<ProviderChoice>, exact: boolean): Served {
  const discovery = readModels(body, known);
  const offers = new Map<string, { choice: ProviderChoice }>();
  const leftOut: string[] = [];
  for (const provider of discovery.providers) {
    const offered = offer(provider, known, accepts, exact);
    if (offered === null) continue;
    if ("why" in offered)
      leftOut.push(`the gateway serves ${provider.gatewayId ?? provider.id}, too, which is left out: ${offered.why}`);
    else {
      offers.set(provider.id, offered);
      leftOut.push(...offered.notes);
    }
  }
  return { known, discovery, offers, leftOut };
}

function proposeProviders(
  question: Question,
  { discovery, offers }: Served,
  choices: readonly Choice[],
  because: string,
): Detected {
  const value = [...offers.values()].map(({ choice }) => choice);
  // Answers are ids; what the gateway said of each stands behind them.
  const parse = (text: string, earlier: Partial<Answers>): Parsed<never> => {
    const chosen: ProviderChoice[] = [];
    for (const id of text.split(",").filter((part) => part !== "")) {
      const offered = offers.get(id);
      const parsed = offered === undefined ? (question.parse(id, earlier) as Parsed<readonly ProviderChoice[]>) : null;
      if (parsed !== null && !parsed.ok) return parsed;
      chosen.push(...(parsed === null ? [offered!.choice] : parsed.value));
    }
    return chosen.length === 0
      ? (question.parse(text, earlier) as Parsed<never>)
      : { ok: true, value: chosen as never, notes: [] };
  };
  const own = discovery.providers.filter(({ id }) => offers.has(id) && !choices.some((choice) => choice.value === id));
  return {
    proposal: { value, source: "detected", because },
    asked: {
      ...question,
      parse,
      format: (chosen: readonly ProviderChoice[]) => chosen.map(({ id }) => id).join(","),
    } as Question,
    choices: [
      ...choices.map((choice) =>
        offers.has(choice.value) ? choice : { ...choice, hint: "the gateway does not list it to you" },
      ),
      ...own.map(({ id, name }) => ({ value: id, label: name === id ? id : `${name} (${id})` })),
    ],
  };
}

/** Whether a model can be named with the providers that were chosen. */
function isChosen(provider: GatewayProvider, model: GatewayModel, { providers }: Partial<Answers>): boolean {
  const choice = providers?.find(({ id }) => id === provider.id);
  if (choice === undefined || !model.apis.some((api) => api === choice.api)) return false;
  if (choice.models !== undefined) return choice.models.some(({ id }) => id === nameIn(provider, model));
  return provider.known;
}
