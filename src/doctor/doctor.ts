/** The doctor: looks at everything at once, with one deadline, and judges what was seen. */
import { existsSync } from "node:fs";
import { todayFrom } from "../clock.ts";
import { entriesAt, isObject, textAt, type JsonObject } from "./config/json.ts";
import { isManaged, type Installation } from "./config/launch.ts";
import { findChoices, type Choices } from "./config/providers.ts";
import { quoteFrom } from "./config/quote.ts";
import { load, resolveConfig } from "./config/resolve.ts";
import type { Filled } from "./config/substitute.ts";
import { parentOf } from "./config/world.ts";
import { type ConnectionFacts, withOtherWay } from "./judge/alone.ts";
import { judgeAttribution } from "./judge/attribution.ts";
import { judgeConfig } from "./judge/config.ts";
import { judgeEnds, judgeEnvironment } from "./judge/environment.ts";
import { formatsToTry } from "./judge/formats.ts";
import { judgeGateway } from "./judge/gateway.ts";
import { judgeOrigin } from "./judge/origin.ts";
import { judgeFolders, judgeLeftovers, judgePrograms, judgeSurroundings, type LocalFacts } from "./judge/local.ts";
import { judgeDebugConfig, judgeSent, judgeVersion } from "./judge/opencode.ts";
import { readHeaders } from "./probe/attribution.ts";
import { folderFilesIn, textOf, worldOf } from "./probe/files.ts";
import { configFolders, findLeftSessions, findPluginPackages, whyNotKept } from "./probe/leftovers.ts";
import { asLaunched, privatePlaces } from "./probe/launched.ts";
import { probeGateway, type GatewayProbe } from "./probe/network.ts";
import { findPrograms, isNoExec, readOnlyFolders } from "./probe/programs.ts";
import { run } from "./probe/run.ts";
import type { Seen } from "./probe/taken.ts";
import { judgeConnection, lookAtConnection, mayStillCome, takeWay } from "./node.ts";
import { sorted } from "./report.ts";
import { worst, type Check, type Env, type Report } from "./types.ts";

/** What is examined, and how. */
export interface Examination {
  readonly installation: Installation;
  /** The variables as they came. */
  readonly env: Env;
  readonly cwd: string;
  readonly uid: number | null;
  /** Asks OpenCode itself, too. */
  readonly deep: boolean;
  /** Sends one prompt with it. */
  readonly send: boolean;
  /** For all but the prompt, in milliseconds. */
  readonly timeout: number;
}

const promptTimeout = 60_000;
/** Two starts of a second each, more where other programs keep the machine busy. In milliseconds. */
const askingTimeout = 15_000;
/** For all that waits for nobody: a tenth of a second, a hundred times that where the machine is busy. In milliseconds. */
const judgingTime = 10_000;
/** For a daemon that has just begun, and for a handshake that a connection in a tailnet begins with; in milliseconds. */
const connectingTime = 8_000;
const handshakeTime = 12_000;

/** After how many milliseconds an examination has to be over, whatever it meets. */
export function longest({ installation, deep, send, timeout }: Examination): number {
  const connecting = installation.connect === undefined ? 0 : connectingTime + handshakeTime;
  const asking = deep ? Math.max(timeout, askingTimeout) : 0;
  return timeout + connecting + asking + (send ? promptTimeout + timeout : 0) + judgingTime;
}

/** Examines. Never throws for what it finds. */
export async function examine(examination: Examination): Promise<Report> {
  const started = performance.now();
  const { installation, env: given, cwd, uid, deep, send, timeout } = examination;
  const deadline = started + timeout;
  // Outside of a container there is nothing of it.
  const settings = installation.prefix === null ? null : (installation.connect ?? null);
  const [headers, taken] = await Promise.all([readHeaders(installation, given, cwd), takeWay(settings, given, uid)]);
  const asStarted = asLaunched(taken.env, installation, uid);
  const env: Env = {
    ...asStarted.env,
    ...(installation.attribution.length > 0 && { APERTURE_ENV_HEADERS: headers ?? undefined }),
  };
  const launched = { ...asStarted, env };
  const home = env["HOME"] || "/";
  // Links to a configuration are made as OpenCode starts; what they lead to is there already.
  const configHome = launched.linked === null ? {} : { XDG_CONFIG_HOME: parentOf(launched.linked.from) };
  const world = worldOf({ ...env, ...configHome }, cwd, home);
  const programs = findPrograms(env, installation.prefix);
  const binary = installation.prefix === null ? null : `${installation.prefix}/lib/aperture-env/opencode`;
  const asked = deep && binary !== null && programs.own?.binary === true ? askOpencode(binary, env, cwd, timeout) : null;

  const resolved = resolveConfig(world);
  const ownText = textOf(`${installation.share}/opencode.json`);
  const loaded = ownText === null ? null : load(ownText, installation.share, world, null);
  const own = loaded?.ok === true ? loaded : null;
  const managed = isManaged(installation, ownText);
  const { routes } = installation;
  const address = taken.env["APERTURE_URL"];
  const { origin, checks: originChecks } = judgeOrigin(
    address,
    taken.gateway === null ? installation.gateway : address!,
    managed,
  );
  const catalogueText = textOf(env["OPENCODE_MODELS_PATH"] ?? "");
  const authText = textOf(`${env["XDG_DATA_HOME"] || `${home}/.local/share`}/opencode/auth.json`);
  // What is stored, and what OpenCode gets of it.
  const stored = readObject(given["OPENCODE_AUTH_CONTENT"] || authText);
  const auth = readObject(env["OPENCODE_AUTH_CONTENT"] || authText);
  const wellKnown = Object.keys(stored).filter((id) => textAt(stored, id, "type") === "wellknown");
  const catalogue = catalogueText === null ? null : readObject(catalogueText);
  const choicesFor = (config: JsonObject): ReturnType<typeof findChoices> =>
    findChoices({ config, catalogue, auth, env, routes });

  const formatsFor = (models: Parameters<typeof formatsToTry>[2], inDepth = deep): ReturnType<typeof formatsToTry> =>
    formatsToTry(resolved.config, choicesFor(resolved.config), models, inDepth);
  const ask = (until: number): Promise<GatewayProbe> => probeGateway({ origin: origin!, env, deadline: until, formatsFor });
  const meant = new URL(taken.gateway ?? origin ?? "http://localhost");
  const look = (): Promise<Seen> => lookAtConnection(settings, taken, given, uid, meant.hostname);
  const asking = performance.now();
  const [first, early, answers] = await Promise.all([
    origin === null ? null : ask(deadline),
    settings === null ? null : look(),
    asked,
  ]);
  // What is the network's own matter is looked at only where it does not lead there.
  const isFirst = first !== null && isAnswered(first);
  let seen = early ?? (isFirst ? null : await look());
  let probe = first;
  if (probe !== null && !isFirst && settings !== null && seen !== null && mayStillCome(probe, seen, meant.hostname)) {
    probe = await ask(performance.now() + handshakeTime);
    seen = await look();
  }
  const facts: ConnectionFacts | null =
    probe === null || seen === null
      ? null
      : {
          settings,
          taken,
          seen,
          gateway: meant,
          probe,
          isAnswered: isAnswered(probe),
          waited: probe === first ? 0 : performance.now() - asking,
        };
  const connection = facts === null ? [] : judgeConnection(facts);
  const isExplained = connection.some(({ severity }) => severity === "failure");
  const filled = [...(own === null ? [] : [own.filled]), ...resolved.layers.map((layer) => layer.filled)];
  const secretive = resolved.problems.length > 0 || wellKnown.length > 0 || filled.some(putsIn);
  const debugged = answers === null ? null : judgeDebugConfig(answers.config, resolved.config, secretive);
  const config = debugged?.config ?? resolved.config;
  const choices = choicesFor(config);
  const quote = quoteFrom(filled, debugged?.config ?? null);

  const local: LocalFacts = {
    programs,
    launched,
    env: given,
    version: installation.version,
    readOnly: readOnlyFolders([...resolved.folders, ...(env["OPENCODE_CONFIG_DIR"] ? [env["OPENCODE_CONFIG_DIR"]] : [])]),
    noExec: isNoExec(env["BUN_TMPDIR"] || env["TMPDIR"] || "/tmp"),
    packages: findPluginPackages([...configFolders(world.env, home), ...resolved.folders]),
    notKept: whyNotKept(installation.volume, launched, home),
    leftSessions: findLeftSessions(launched, home, privatePlaces(given, uid)),
    opencodeFolders: resolved.folders.filter((folder) => folder !== `${home}/.opencode`),
  };
  const through = throughGateway(choices, origin);
  const atGateway =
    probe === null || isExplained
      ? []
      : judgeGateway({ probe, config, quote, choices: through, known: modelsOf(catalogue), timeout });
  const way = facts === null ? atGateway : withOtherWay(atGateway, facts);
  const inContainer = installation.prefix !== null;
  // Then nothing of what lies there is elsewhere.
  const isOwnFirst = programs.opencodes[0] === programs.own?.launcher;
  const checks: Check[] = [
    ...judgePrograms(local),
    ...(answers === null ? [] : judgeVersion(answers.version, programs.own?.stamp ?? null)),
    ...(inContainer ? [...judgeFolders(local), ...judgeLeftovers(local)] : []),
    ...judgeEnvironment(installation),
    ...judgeEnds(installation, todayFrom(given)),
    ...judgeConfig({
      resolved: { ...resolved, config },
      quote,
      choices,
      installation,
      launched,
      own: own?.value ?? null,
      origin,
      managed,
      given: isOwnFirst ? { ...given, APERTURE_ENV_PREFIX: undefined } : given,
      storedKeys: Object.keys(stored).filter(
        (id) => textAt(stored, id, "type") === "api" && !["", "-"].includes(textAt(stored, id, "key")?.trim() ?? ""),
      ),
      storedLogins: Object.keys(stored).filter((id) => textAt(stored, id, "type") === "oauth"),
      wellKnown,
      folderFiles: folderFilesIn([...resolved.folders, ...configFolders(env, home)]),
      catalogueMissing: catalogueText === null && existsSync(`${installation.share}/models.json`),
    }),
    ...judgeAttribution(installation, headers),
    ...(debugged?.checks ?? []),
    ...originChecks,
    ...connection,
    ...way,
    ...judgeSurroundings(local),
  ];
  if (send && origin !== null) {
    const sent = await sendPrompt(installation, given, cwd, origin, secretive);
    // OpenCode retries quotas without a word, and of refusals it shows as much as it likes: the gateway itself says why.
    const again = sent.every(({ severity }) => severity !== "failure")
      ? null
      : await probeGateway({
          origin,
          env,
          deadline: performance.now() + timeout,
          formatsFor: (models) => formatsFor(models, true),
        });
    const why =
      again === null ? [] : judgeGateway({ probe: again, config, quote, choices: through, known: modelsOf(catalogue), timeout });
    checks.push(
      ...why.filter(({ code }) => code.startsWith("gateway-") && !checks.some((check) => check.code === code)),
      ...sent,
    );
  }
  return { verdict: worst(checks), origin, checks: sorted(checks), ms: performance.now() - started };
}

/** Whether a gateway answered, and not a proxy, a login page, or another host with its name. */
function isAnswered({ models }: GatewayProbe): boolean {
  return "status" in models && /\bjson\b/i.test(models.type);
}

/** Those of the providers that ask this gateway. */
function throughGateway(choices: Choices, origin: string | null): Choices {
  const providers = choices.providers.filter(({ addresses }) =>
    addresses.some(({ url }) => URL.canParse(url) && new URL(url).origin === origin),
  );
  return { ...choices, providers };
}

/** Every model that the environment's catalogue knows, whether it can be chosen or not. */
function modelsOf(catalogue: JsonObject | null): ReadonlySet<string> {
  return new Set(Object.keys(catalogue ?? {}).flatMap((id) => entriesAt(catalogue, id, "models").map(([name]) => name)));
}

async function askOpencode(
  binary: string,
  env: Env,
  cwd: string,
  timeout: number,
): Promise<Record<"version" | "config", Awaited<ReturnType<typeof run>>>> {
  const options = { env, cwd, timeout: Math.max(timeout, askingTimeout) };
  const [version, config] = await Promise.all([run([binary, "--version"], options), run([binary, "debug", "config"], options)]);
  return { version, config };
}

async function sendPrompt({ prefix }: Installation, env: Env, cwd: string, origin: string, secretive: boolean): Promise<Check[]> {
  const program = prefix === null ? "opencode" : `${prefix}/bin/opencode`;
  const prompt = "Answer with the one word: ok";
  const ran = await run([program, "run", "--title", "aperture-doctor", prompt], { env, cwd, timeout: promptTimeout });
  return judgeSent(ran, origin, promptTimeout / 1000, secretive);
}

/** What the environment's own file puts in: the gateway's address and what requests carry for its log, both made by the launcher. */
const ours: readonly string[] = ["{env:APERTURE_URL}", "{env:APERTURE_ENV_HEADERS}"];

/** Whether something is put into a text that no report may show. */
function putsIn({ spans }: Filled): boolean {
  return spans.some(({ written }) => !ours.includes(written));
}

function readObject(text: string | null): JsonObject {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
