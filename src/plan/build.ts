/**
 * Builds the plan from what is wanted, what is there and what the lock says was written. Pure.
 *
 * The rules: what is not there is created; what is as we wrote it is replaced; what the user edited stays where nothing new would come, is
 * merged line by line where people are expected to edit and is a conflict otherwise; what the user deleted stays deleted; what the lock does not know is the user's and never replaced.
 */
import { hashText, lockPath, formatLock, type Lock, type LockedFile } from "../lock/lock.ts";
import { ensureValue, readObject } from "../edit/jsonc.ts";
import { mergeLines } from "../edit/merge3.ts";
import { featurePath } from "../render/context.ts";
import type { Rendered, RenderedFile } from "../render/render.ts";
import type { Shape } from "../catalog/files.ts";
import { specPath } from "../spec/spec.ts";
import type { Change, Plan, Write } from "./plan.ts";

/** What lies at a path: its text, nothing, or something that is not a text file of this repository. */
export type Found =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "nothing" }
  | { readonly kind: "other"; readonly what: string };

/** The state of the repository at the planned paths. */
export type Snapshot = ReadonlyMap<string, Found>;

/** Everything that a plan is made from. */
export interface PlanInput {
  readonly root: string;
  readonly rendered: Rendered;
  readonly shape: Shape;
  readonly snapshot: Snapshot;
  /** The lock on disk, null where there is none or it is damaged. */
  readonly lock: Lock | null;
  /** The lock to write, but for what is known only after planning. */
  readonly nextLock: Omit<Lock, "files" | "revision" | "lockVersion">;
  readonly warnings: readonly string[];
}

/** The paths that a plan has to know of. */
export function pathsToLookAt(rendered: Rendered, shape: Shape): string[] {
  return [specPath, lockPath, ...rendered.files.map((file) => file.path), ...(shape.kind === "feature" ? [shape.file] : [])];
}

/** Builds the plan. */
export function buildPlan(input: PlanInput): Plan {
  const { rendered, shape, snapshot, lock } = input;
  const changes: Change[] = [];
  const files: Record<string, LockedFile> = {};
  const at = (path: string): Found => snapshot.get(path) ?? { kind: "nothing" };

  const spec = at(specPath);
  if (spec.kind === "nothing") changes.push({ kind: "create", path: specPath, after: rendered.spec, executable: false });
  else if (spec.kind === "text") changes.push({ kind: "keep", path: specPath, why: "same" });
  else changes.push(notAFile(specPath, spec.what));

  if (shape.kind === "feature") {
    const change = planFeatureKey(shape.file, at(shape.file), featurePath(shape), rendered.revision);
    changes.push(change);
    if ("after" in change) files[shape.file] = { strategy: "keys", hash: hashText(change.after) };
    else if (change.kind === "keep")
      files[shape.file] = lock?.files[shape.file] ?? {
        strategy: "keys",
        hash: hashText((at(shape.file) as { text: string }).text),
      };
  }
  for (const file of rendered.files) {
    const locked = lock?.files[file.path];
    const change = planOwn(file, at(file.path), locked);
    changes.push(change);
    const written = "after" in change || (change.kind === "keep" && change.why === "same");
    if (written)
      files[file.path] = { strategy: "own", hash: hashText(file.text), ...(file.edited && { ancestor: file.text.split("\n") }) };
    else if (locked !== undefined) files[file.path] = locked;
  }
  const sorted = changes.sort((left, right) => (left.path < right.path ? -1 : 1));
  const next = formatLock({
    lockVersion: 1,
    generator: input.nextLock.generator,
    revision: rendered.revision,
    answers: input.nextLock.answers,
    opencode: input.nextLock.opencode,
    registry: input.nextLock.registry,
    files,
  });
  const before = at(lockPath);
  if (before.kind === "other")
    return { root: input.root, changes: [...sorted, notAFile(lockPath, before.what)], lock: null, warnings: input.warnings };
  return { root: input.root, changes: sorted, lock: planLock(before, next), warnings: input.warnings };
}

function planLock(before: Found, after: string): Write | null {
  if (before.kind !== "text") return { kind: "create", path: lockPath, after, executable: false };
  return before.text.replaceAll("\r\n", "\n") === after
    ? null
    : { kind: "replace", path: lockPath, before: before.text, after, executable: false };
}

function planOwn(file: RenderedFile, found: Found, locked: LockedFile | undefined): Change {
  const { path, text: after, executable } = file;
  if (found.kind === "other") return notAFile(path, found.what);
  if (found.kind === "nothing")
    return locked === undefined ? { kind: "create", path, after, executable } : { kind: "keep", path, why: "deleted" };
  const before = found.text;
  // A checkout on Windows may have turned line ends; that is not an edit.
  if (before.replaceAll("\r\n", "\n") === after) return { kind: "keep", path, why: "same" };
  if (locked === undefined) {
    return {
      kind: "conflict",
      path,
      why: "is there and was not written by create-aperture-env",
      fix: "move it away, or take what you need of it into a file of another name",
    };
  }
  if (hashText(before.replaceAll("\r\n", "\n")) === locked.hash) return { kind: "replace", path, before, after, executable };
  if (locked.hash === hashText(after)) return { kind: "keep", path, why: "edited" };
  const merged = locked.ancestor === undefined ? null : mergeLines(before, locked.ancestor, after);
  if (merged !== null && (!path.endsWith(".json") || readObject(merged).ok)) {
    return merged === before ? { kind: "keep", path, why: "edited" } : { kind: "edit", path, before, after: merged, executable };
  }
  return {
    kind: "conflict",
    path,
    why: "was edited by hand, and the spec or this version now gives something else",
    fix: "take your edit out, or delete the file and its entry in the lock, and run again",
  };
}

function planFeatureKey(path: string, found: Found, key: string, revision: string): Change {
  if (found.kind !== "text") return notAFile(path, found.kind === "other" ? found.what : "gone");
  const edited = ensureValue(found.text, ["features", key, "revision"], revision);
  if (!edited.ok) {
    return {
      kind: "conflict",
      path,
      why: `cannot be edited: ${edited.why}`,
      fix: "mend it there, and run again",
      where: { file: path, line: edited.line, column: edited.column },
    };
  }
  return edited.text === found.text
    ? { kind: "keep", path, why: "same" }
    : { kind: "edit", path, before: found.text, after: edited.text, executable: false };
}

function notAFile(path: string, what: string): Change {
  return { kind: "conflict", path, why: `is ${what}`, fix: "move it away, and run again" };
}
