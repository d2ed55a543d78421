/** What requests carry for the gateway's log. From values to values. */
import type { Installation } from "../config/launch.ts";
import { type Check, fine, listed, show } from "../types.ts";

/** One line where it is on. `headers` is what the launcher makes; null where only the container knows. */
export function judgeAttribution({ attribution }: Installation, headers: string | null): Check[] {
  if (attribution.length === 0) return [];
  const names = attribution.map((name) => show(name));
  const said = (message: string): Check[] => [fine("config", "attribution", message)];
  if (headers === null) return said(`Headers for the gateway's log, in the container: ${listed(names, 16)}`);
  const sent = [...headers.matchAll(/"x-aperture-env-([a-z0-9-]+)": "([^"]*)"/g)].map(
    ([, name, value]) => [name!, value!] as const,
  );
  const rest = names.filter((name) => !sent.some(([other]) => other === name));
  const carried = listed(
    sent.map(([name, value]) => `${name} ${show(value)}`),
    16,
  );
  const without = rest.length === 0 ? "" : `${sent.length === 0 ? "" : "; "}no value here for ${listed(rest, 16)}`;
  return said(`Headers for the gateway's log: ${carried}${without}`);
}
