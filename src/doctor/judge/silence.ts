/** Whether OpenCode asks others than the gateway. From values to values. */
import { textAt } from "../config/json.ts";
import { isAllowed, silencingVariables } from "../config/launch.ts";
import { isOn } from "../config/resolve.ts";
import { type Check, found, listed } from "../types.ts";
import type { ConfigFacts } from "./config-facts.ts";

/** The switches that keep OpenCode from asking others, and what turns them off. */
export function judgeSilence({ launched: { env }, resolved, installation }: ConfigFacts): Check[] {
  const checks: Check[] = [];
  const off = silencingVariables.flatMap(({ name, use }) => (isOn(env[name]) || isAllowed(installation, use) ? [] : [name]));
  if (off.length > 0)
    checks.push(
      found(
        "note",
        "config",
        "switch-off",
        `${listed(off)} ${off.length === 1 ? "is" : "are"} turned off`,
        "OpenCode then contacts other servers on its own",
        "unset them",
      ),
    );
  const isShared = textAt(resolved.config, "share") !== "disabled" && !isOn(env["OPENCODE_DISABLE_SHARE"]);
  if (isShared && !isAllowed(installation, "share"))
    checks.push(
      found(
        "warning",
        "config",
        "share",
        "Sessions can be shared",
        "shared sessions are uploaded to opencode.ai",
        'set share to "disabled", or allow it with opencode.online: [share]',
      ),
    );
  if ((env["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? "") !== "")
    checks.push(
      found(
        "warning",
        "config",
        "telemetry",
        "OTEL_EXPORTER_OTLP_ENDPOINT is set",
        "OpenCode sends traces of every session there",
        "unset it for OpenCode if other programs need it",
      ),
    );
  return checks;
}
