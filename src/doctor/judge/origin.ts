/** The gateway's address as it was given. From values to values. */
import { parseOrigin } from "../../gateway/origin.ts";
import { normaliseUrl, trimmed } from "../config/launch.ts";
import { type Check, found, show } from "../types.ts";

/** The address, and what is wrong with it; without an origin nothing else can be asked. */
export function judgeOrigin(
  given: string | undefined,
  wanted: string,
  managed: boolean,
): { readonly origin: string | null; readonly checks: Check[] } {
  const typed = trimmed(given ?? "");
  const parsed = parseOrigin(normaliseUrl(typed || wanted));
  const from = typed ? "APERTURE_URL" : "The environment's gateway address";
  if (!parsed.ok) {
    // Of a variable that holds something else than an address nothing is shown: it may be anything.
    const isPath = parsed.code === "origin-path";
    const told = !typed || parsed.why.startsWith("the address holds");
    const why = told ? parsed.why : isPath ? "it has a path" : "it is not a valid address";
    const fix = !typed || isPath ? parsed.fix : "use scheme, host and port, such as http://ai or http://localhost:8080";
    return { origin: null, checks: [found("failure", "gateway", parsed.code, `${from} is not an origin`, show(why), show(fix))] };
  }
  const origin = parsed.value;
  const checks: Check[] = [];
  if (given !== undefined && typed === "")
    checks.push(
      found(
        "note",
        "gateway",
        "origin-empty",
        "APERTURE_URL is empty",
        `the launcher takes ${show(wanted)} instead; other programs may not`,
        "unset it, or set it to the gateway's address",
      ),
    );
  else if (given !== undefined && given !== origin && !managed)
    checks.push(
      found(
        "note",
        "gateway",
        "origin-spelling",
        `APERTURE_URL is ${show(given)}, and an origin is ${origin}`,
        "the launcher corrects that; other programs that read the variable may not",
        `write ${origin}`,
      ),
    );
  if (managed && typed && origin !== parseOriginOr(wanted))
    checks.push(
      found(
        "warning",
        "gateway",
        "origin-managed",
        "APERTURE_URL names another gateway than the configuration",
        `the configuration is managed, so OpenCode goes to ${show(wanted)}`,
        "change aperture.url in aperture-env.yaml, or unset the variable",
      ),
    );
  return { origin: managed ? parseOriginOr(wanted) : origin, checks };
}

function parseOriginOr(text: string): string | null {
  const parsed = parseOrigin(normaliseUrl(text));
  return parsed.ok ? parsed.value : null;
}
