/** Where names go that a connection gives, for dev containers of the user's that Docker Compose makes: it takes no `runArgs`. Pure. */
import { isComposePath } from "../catalog/files.ts";
import { isTree, valueAt } from "../edit/value.ts";
import { AppError, usageError } from "../errors.ts";
import { serviceNames } from "../parts/container.ts";
import { readDevcontainer, type Devcontainer } from "../plan/findings/devcontainer.ts";
import type { Composed, Runtime } from "../vocabulary.ts";
import { fileAt, ownerOf, type Projects } from "./beside.ts";

/** One place for each of those dev containers. Throws for one whose files cannot be edited so, with the keys to write by hand. */
export function composedOf(devcontainers: readonly string[], runtime: Runtime, projects: Projects): readonly Composed[] {
  return devcontainers.flatMap((path) => {
    const read = readDevcontainer(projects.textOf(path) ?? "");
    if (read === null || read.compose === null) return [];
    const place = placeFor(path, read, runtime, projects);
    if (place !== null) return [place];
    const said = Object.entries(serviceNames(runtime)).map(([key, values]) => `${key}: ${JSON.stringify(values)}`);
    throw usageError(
      "names-in-compose",
      `Docker Compose creates the dev container of ${path}, and its files cannot be edited to add host names.`,
      `Write  ${said.join("  and  ")}  below the service ${read.compose.service} in ${read.composeFiles.join(" or ")}, and let aperture.connection be  network`,
      { file: path },
    );
  });
}

/** The last file that has the service: what it says counts. Null where that is none to edit, or has there what no list is. */
function placeFor(devcontainer: string, read: Devcontainer, runtime: Runtime, projects: Projects): Composed | null {
  try {
    const files = read.composeFiles.map((named) => fileAt(devcontainer, named, projects));
    const owner = ownerOf(read.compose!.service, files, devcontainer, null);
    const file = files.findLast(({ services }) => isTree(services[owner]));
    if (file === undefined || !isComposePath(file.path)) return null;
    const isOpen = Object.keys(serviceNames(runtime)).every((key) => {
      const there = valueAt(file.services, [owner, key]);
      return there === undefined || Array.isArray(there) || (typeof there === "string" && key !== "extra_hosts");
    });
    return isOpen ? { devcontainer, file: file.path, owner } : null;
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}
