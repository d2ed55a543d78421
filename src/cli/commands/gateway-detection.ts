/**
 * Asks a gateway what it serves, for `create`'s proposals: in the background, with a short timeout, and without consequences if it does not
 * answer. Loaded only if questions are asked, or on request.
 */
import { isAppError } from "../../errors.ts";
import { askForModels } from "../../gateway/discover.ts";
import { type Discovery, type GatewayModel, type GatewayProvider, type Known } from "../../gateway/listed.ts";
import { readModels } from "../../gateway/models.ts";
import { candidatesOf, nameIn, offer, proposeModel, proposeSmallModel, type Accepts } from "../../gateway/proposals.ts";
import type { Detect, Detected } from "../../questions/resolve.ts";
import type { Answers, Choice, Parsed, ProviderChoice, Question } from "../../questions/types.ts";

/** How to ask the gateway. */
export interface DetectionOptions {
  /** Asked immediately; null if not known yet. */
  readonly origin: string | null;
  /** In milliseconds, for each gateway. */
  readonly timeout: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly known: Promise<Known>;
  readonly accepts: Accepts<ProviderChoice>;
  /** Whether exactly the gateway's models are proposed. */
  readonly exact: boolean;
  /** Shows a person who waits that a gateway is asked, and the result. */
  readonly wait?: Wait;
}

/** Waits for a promise behind a spinner, and shows the result. */
export type Wait = <Value>(
  message: string,
  work: Promise<Value>,
  result: (value: Value) => { readonly ok: boolean; readonly message: string },
) => Promise<Value>;

/** A running detection. */
export interface Detection {
  readonly detect: Detect;
  /** Notes for the plan, after all questions are answered. */
  warnings(): readonly string[];
}

/** The part of a gateway's answer that this version can write. */
interface Served {
  readonly known: Known;
  readonly discovery: Discovery;
  readonly offers: ReadonlyMap<string, { readonly choice: ProviderChoice }>;
  readonly leftOut: readonly string[];
}

/** Starts asking. Never fails: without a list of models in time, nothing is proposed from it. */
export function detectGateway({ origin, timeout, env, known, accepts, exact, wait }: DetectionOptions): Detection {
  const asked = new Map<string, Promise<Served | string>>();
  const shown = new Set<string>();
  let last: { readonly origin: string; readonly served: Served | string } | null = null;
  const ask = (at: string): Promise<Served | string> => {
    const already = asked.get(at);
    if (already !== undefined) return already;
    const answer = askForModels({ origin: at, timeout, env })
      .then(async (body) => describe(body, await known, accepts, exact))
      .catch(giveUp);
    // A bug is reported where the answer is awaited, and only there.
    answer.catch(() => undefined);
    asked.set(at, answer);
    return answer;
  };
  if (origin !== null) void ask(origin);

  const detect: Detect = async (question, earlier, choices) => {
    if (!["providers", "model", "smallModel"].includes(question.id) || earlier.url === undefined) return null;
    const url = earlier.url;
    const served = await (wait === undefined || shown.has(url)
      ? ask(url)
      : wait(`Asking ${url} what it serves`, ask(url), (came) => sayServed(url, came)));
    shown.add(url);
    last = { origin: url, served };
    const fromCatalogue = async (): Promise<Detected | null> =>
      wait === undefined || question.id === "providers" ? null : chooseKnown(question, earlier, (await known).catalogue);
    if (typeof served === "string" || served.offers.size === 0) return fromCatalogue();
    const because = url;
    if (question.id === "providers") return proposeProviders(question, served, choices, because);
    const candidates = candidatesOf(served.discovery, (provider, model) => isChosen(provider, model, earlier));
    const found =
      question.id === "model"
        ? proposeModel(candidates, served.known)
        : proposeSmallModel(candidates, earlier.model ?? "", served.known);
    // The gateway lists none for these providers.
    if (found === null) return fromCatalogue();
    const listed = candidates.map(({ ref, model: { limit, end } }) => ({
      value: ref,
      label: ref,
      hint: [...describeContext(limit?.context), ...(end?.isTold === true ? [`ends ${end.on}`] : [])].join("; "),
    }));
    return { proposal: { value: found.ref, source: "detected", because }, choices: listed };
  };
  const warnings = (): readonly string[] => {
    if (last === null) return [];
    const { origin: at, served } = last;
    if (typeof served !== "string") return served.leftOut;
    // A person who waited has seen the result.
    return wait === undefined
      ? [
          `${at} did not answer, so providers and models come from the catalogue; find out why with  npx create-aperture-env discover ${at}`,
        ]
      : [];
  };
  return { detect, warnings };
}

/** Why there is no list, as a sentence. */
function giveUp(error: unknown): string {
  if (!isAppError(error)) throw error;
  return error.lines[0] ?? "";
}

function sayServed(url: string, served: Served | string): { ok: boolean; message: string } {
  const { host } = new URL(url);
  if (typeof served === "string") return { ok: false, message: `${served} The lists below come from the catalogue.` };
  const { providers } = served.discovery;
  const count = providers.reduce((sum, { models }) => sum + models.length, 0);
  const some = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;
  return served.offers.size === 0
    ? {
        ok: false,
        message: `${host} answers, but lists no model that OpenCode can use. The lists below come from the catalogue.`,
      }
    : { ok: true, message: `${host} answers: ${some(count, "model")} of ${some(providers.length, "provider")}` };
}

/** Models of the catalogue, if no gateway answered. */
function chooseKnown(question: Question, earlier: Partial<Answers>, catalogue: Known["catalogue"]): Detected {
  const ids = (earlier.providers ?? []).flatMap(({ id, models }) =>
    (models?.map((model) => model.id) ?? Object.keys(catalogue[id]?.models ?? {})).map((model) => `${id}/${model}`),
  );
  const choices = ids.filter((ref) => question.parse(ref, earlier).ok).map((ref) => ({ value: ref, label: ref }));
  return { proposal: null, choices };
}

function describeContext(context: number | undefined): string[] {
  return context === undefined ? [] : [`context ${context.toLocaleString("en")} tokens`];
}

function describe(body: unknown, known: Known, accepts: Accepts<ProviderChoice>, exact: boolean): Served {
  const discovery = readModels(body, known);
  const offers = new Map<string, { choice: ProviderChoice }>();
  const leftOut: string[] = [];
  for (const provider of discovery.providers) {
    const offered = offer(provider, known, accepts, exact);
    if (offered === null) continue;
    if ("why" in offered)
      leftOut.push(`the gateway also serves ${provider.gatewayId ?? provider.id}, which is left out: ${offered.why}`);
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
  // Answers are ids, each with the gateway's details.
  const parse = (text: string, earlier: Partial<Answers>): Parsed<never> => {
    // Of two of one name the later is meant.
    const chosen = new Map<string, ProviderChoice>();
    for (const id of text.split(",").filter((part) => part !== "")) {
      const offered = offers.get(id);
      const parsed = offered === undefined ? (question.parse(id, earlier) as Parsed<readonly ProviderChoice[]>) : null;
      if (parsed !== null && !parsed.ok) return parsed;
      for (const choice of parsed === null ? [offered!.choice] : parsed.value) chosen.set(choice.id, choice);
    }
    return chosen.size === 0
      ? (question.parse(text, earlier) as Parsed<never>)
      : { ok: true, value: [...chosen.values()] as never, notes: [] };
  };
  const own = discovery.providers.filter(({ id }) => offers.has(id) && !choices.some((choice) => choice.value === id));
  return {
    proposal: { value, source: "detected", because },
    asked: {
      ...question,
      parse,
      // A wire format that was typed stays.
      format: (chosen: readonly ProviderChoice[]) =>
        chosen
          .map((choice) => (offers.get(choice.id)?.choice.api === choice.api ? choice.id : question.format([choice] as never)))
          .join(","),
    } as Question,
    choices: [
      ...choices.filter((choice) => offers.has(choice.value)),
      ...own.map(({ id, name }) => ({ value: id, label: name === id ? id : `${name} (${id})` })),
    ],
  };
}

/** Whether a model can be named with the chosen providers. */
function isChosen(provider: GatewayProvider, model: GatewayModel, { providers }: Partial<Answers>): boolean {
  const choice = providers?.find(({ id }) => id === provider.id);
  if (choice === undefined || !model.apis.some((api) => api === choice.api)) return false;
  if (choice.models !== undefined) return choice.models.some(({ id }) => id === nameIn(provider, model));
  return provider.known;
}
