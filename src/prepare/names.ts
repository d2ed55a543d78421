/** Host names that a connection adds to a container of Docker Compose. Pure. */
import { usageError } from "../errors.ts";
import { runArgsOf } from "../parts/container.ts";
import { readDevcontainer } from "../plan/findings/devcontainer.ts";
import type { Snapshot } from "../plan/snapshot.ts";
import type { Demand } from "../vocabulary.ts";

/** Throws where a dev container of the user's comes from a Compose file, which takes no `runArgs`; with the keys that say the same there. */
export function refuseNamesInCompose({ shape, runtime }: Pick<Demand, "shape" | "runtime">, snapshot: Snapshot): void {
  if (shape.kind === "own" || runArgsOf(runtime).length === 0) return;
  for (const path of shape.files) {
    const found = snapshot.get(path);
    const read = found?.kind === "text" ? readDevcontainer(found.text) : null;
    if (read === null || read.compose === null) continue;
    const { hosts, servers, search } = runtime.names;
    const keys = {
      extra_hosts: hosts.map(({ name, address }) => `${name}:${address}`),
      dns: servers,
      dns_search: search,
    };
    const said = Object.entries(keys).flatMap(([key, values]) =>
      values.length === 0 ? [] : [`${key}: ${JSON.stringify(values)}`],
    );
    throw usageError(
      "names-in-compose",
      `Docker Compose creates the dev container of ${path}, so the connection cannot add host names to it.`,
      `Write  ${said.join("  and  ")}  below the service ${read.compose.service} in ${read.composeFiles.join(" or ")}, and let aperture.connection be  network`,
      { file: path },
    );
  }
}
