/**
 * Asks a gateway which models it serves: `GET /v1/models`, once, without credentials, and without following redirects.
 *
 * The user agent is our own because Aperture gives Claude Code a shorter list (tailscale/aperture-cli, docs/adding-a-client.md).
 */
import { generatorVersion } from "../version.ts";
import { explainAnswer, explainFailure, notJson, parseAnswer, type Answer } from "./explain.ts";
import { ask } from "./http/client.ts";
import { findRoute } from "./proxy.ts";

/** What is asked, and how long. */
export interface ModelsQuestion {
  /** As `parseOrigin` gives it. */
  readonly origin: string;
  /** In milliseconds, for the whole request: name, connection and complete answer. */
  readonly timeout: number;
  /** Variables, for proxies. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Gives the answer's JSON, unchecked. Throws an environment error (exit 4) that explains the fault and the next step if there is no connection, no
 * answer in time, another status, or no JSON.
 */
export async function askForModels({ origin, timeout, env }: ModelsQuestion): Promise<unknown> {
  const url = new URL("/v1/models", origin);
  const route = findRoute(url, env);
  const about = { url, timeout, proxy: route.proxy?.host ?? null, unused: route.unused };
  const target = route.proxy ?? url;
  const answer = await ask({
    url,
    host: target.hostname.replace(/^\[|\]$/g, ""),
    port: Number(target.port || (target.protocol === "https:" ? 443 : 80)),
    proxy: route.proxy,
    headers: { "user-agent": `create-aperture-env/${generatorVersion}` },
    body: null,
    deadline: performance.now() + timeout,
  });
  const wrong = "phase" in answer ? explainFailure(answer, about) : explainAnswer(answer, about);
  if (wrong !== null) throw wrong;
  const { text } = answer as Answer;
  const parsed = parseAnswer(text);
  if (!parsed.ok) throw notJson(text, about);
  return parsed.value;
}
