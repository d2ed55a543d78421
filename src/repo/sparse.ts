/** Files of an environment that git tracks, but does not check out here, as in a sparse checkout: they look deleted, and are not. */
import { isDevcontainerPath } from "../catalog/files.ts";
import { decisionError, type AppError } from "../errors.ts";
import type { Lock } from "../lock/lock.ts";
import type { Snapshot } from "../plan/snapshot.ts";
import { listSome } from "../text/words.ts";
import type { Env } from "./guarded-environment.ts";
import { findSkipped } from "./git.ts";
import { findPlace, isSparse } from "./work-tree.ts";

/**
 * Of the missing paths those that git has and leaves out here; without a lock also the user's dev containers, which would get the environment. Git is
 * asked only where that may be.
 */
export async function findLeftOut(root: string, snapshot: Snapshot, lock: Lock | null, env: Env): Promise<readonly string[]> {
  const place = findPlace(root);
  if (place === null) return [];
  const missing = [...snapshot].flatMap(([path, { kind }]) => (kind === "nothing" ? [path] : []));
  // Without a sparse checkout, a single file may be left out: one that the lock knows, since all others are missing in most repositories.
  const isMissed = missing.some((path) => lock?.files[path] !== undefined && lock.files[path].deleted !== true);
  if (!isMissed && !isSparse(place.top)) return [];
  const theirs = lock === null ? [".devcontainer", ".devcontainer.json"] : [];
  const found = await findSkipped(root, [...missing, ...theirs], env);
  return [...new Set(found.filter((path) => missing.includes(path) || isDevcontainerPath(path)))];
}

/** That they would be taken for deleted. */
export function notCheckedOut(paths: readonly string[]): AppError {
  const are = paths.length === 1 ? "is" : "are";
  return decisionError(
    "not-checked-out",
    `Git tracks ${listSome(paths, 3)}, but ${are === "is" ? "it is" : "they are"} not checked out here (sparse checkout).`,
    "Check out all files with  git sparse-checkout disable  or commit the change on a branch with --branch.",
    { file: paths[0]! },
  );
}
