/** What the launcher says before a prompt, where the gateway accepts no connection. From values to values. */
import { shown, type Shown } from "../text/terminal.ts";
import { formatVerdict } from "./report.ts";
import type { Report } from "./types.ts";

/** In milliseconds: the answer is waited for this long, and the whole examination ends after this, so that a start is never a second later. */
export const promptTimes = { answer: 400, whole: 600 };

/** A line for the terminal, and whether the gateway is certainly not there. */
export interface Warning {
  readonly line: Shown;
  readonly isCertain: boolean;
}

/** Failures that waiting does not mend. A silent name server or gateway may only be slow, and a gateway that answers is OpenCode's matter. */
const certain =
  /^(?:name-(?!server-silent)|proxy|network-gone|origin-https-short|gateway-(?:refused|unreachable|proxy|certificate|speaks-http)$)/;

/** Of a report what is about the gateway; null where that works. */
export function warnBeforePrompt(report: Report): Warning | null {
  const checks = report.checks.filter(
    ({ group, severity }) => (group === "gateway" || group === "connection") && severity === "failure",
  );
  const [first] = checks;
  if (first === undefined) return null;
  const isCertain = certain.test(first.code);
  const said = formatVerdict({ ...report, verdict: "failure", checks });
  const skip = isCertain ? " APERTURE_ENV_PROBE=0 skips this check." : "";
  return { line: shown`opencode (aperture-env): ${said!}${skip}\n`, isCertain };
}
