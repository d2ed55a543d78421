/** Names that a connection gives to a container, where Docker Compose makes it. Pure. */
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
      `Docker Compose makes the dev container of ${path}, so what the connection says of names cannot be given to it there.`,
      `Write  ${said.join("  and  ")}  below the service ${read.compose.service} in ${read.composeFiles.join(" or ")}, and let aperture.connection be  network`,
      { file: path },
    );
  }
}
