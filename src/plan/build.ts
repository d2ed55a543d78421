/**
 * Builds the plan from what is wanted, what is there and what the lock says was written. Pure. The rules for a file are in `own.ts`, `keys.ts`
 * and `lines.ts`; here is which files there are, and the lock that follows from them.
 */
import { wantedFiles, type Shape } from "../catalog/files.ts";
import { hashText, lockPath, lockVersion, formatLock, normalise, type Lock, type LockedFile } from "../lock/lock.ts";
import type { Rendered } from "../render/render.ts";
import { specPath } from "../spec/spec.ts";
import { devcontainerValues } from "./devcontainer.ts";
import type { Finding } from "./findings.ts";
import { planKeys, refusedEdit } from "./keys.ts";
import { planLines, type WantedLines } from "./lines.ts";
import { notAFile, planOwn, type Planned } from "./own.ts";
import type { Change, Choice, Plan, Write } from "./plan.ts";
import type { Found, Snapshot } from "./snapshot.ts";
import type { EditResult } from "../edit/splice.ts";
import { takeOut } from "./takeout.ts";

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
  /** The spec with what flags say written into it; null where they say nothing new. */
  readonly editedSpec: EditResult | null;
  /** Project files of the user's with what goes past the gateway taken out, by path. */
  readonly fixes: ReadonlyMap<string, EditResult>;
  /** Lines of a marked block for `.gitignore`; none where nothing is asked. */
  readonly ignoreLines: readonly string[];
  /** What to do with each conflict that can be settled. */
  readonly settle: (path: string) => Choice | null;
  readonly warnings: readonly string[];
  readonly findings: readonly Finding[];
}

/** Where lines for git stand that take planned files out of what it ignores. */
export const ignorePath = ".gitignore";

/** The paths that a plan has to know of. */
export function pathsToLookAt(shape: Shape, lock: Lock | null): string[] {
  const wanted = [...wantedFiles(shape).map((file) => file.path), ...(shape.kind === "feature" ? shape.files : [])];
  return [...new Set([specPath, lockPath, ignorePath, ...wanted, ...Object.keys(lock?.files ?? {})])];
}

/** Builds the plan. */
export function buildPlan(input: PlanInput): Plan {
  const { root, rendered, shape, snapshot, lock, nextLock, settle, warnings, findings } = input;
  const at = (path: string): Found => snapshot.get(path) ?? { kind: "nothing" };
  const known = lock?.files ?? {};
  const planned: Planned[] = [planSpec(input, at(specPath), known[specPath])];
  if (shape.kind === "feature") {
    for (const file of shape.files) {
      const values = devcontainerValues(file, nextLock.answers, rendered.revision);
      planned.push(planKeys(file, at(file), values, known[file]?.strategy === "keys" ? known[file] : undefined));
    }
  }
  for (const file of rendered.files) {
    const lines: WantedLines = { path: file.path, strategy: "lines", lines: file.text.split("\n").filter((line) => line !== "") };
    planned.push(
      file.strategy === "lines"
        ? planLines(lines, at(file.path), known[file.path])
        : planOwn(file, at(file.path), known[file.path], settle(file.path)),
    );
  }
  const ignored = planIgnore(input.ignoreLines, at(ignorePath), known[ignorePath]);
  if (ignored !== null) planned.push(ignored);
  for (const [path, edited] of input.fixes) planned.push({ change: planEdit(path, at(path), edited), locked: null });

  const wanted = new Set(planned.map(({ change }) => change.path));
  const dropped = Object.entries(known).flatMap(([path, file]): Change[] => {
    const change = wanted.has(path) ? null : takeOut(path, at(path), file, settle(path));
    return change === null ? [] : [change];
  });
  const changes = sortByPath([...planned.map(({ change }) => change), ...dropped]);
  const files = Object.fromEntries(
    planned.flatMap(({ change, locked }): [string, LockedFile][] => (locked === null ? [] : [[change.path, locked]])),
  );
  // What is in conflict over being dropped is still known the next time.
  for (const change of dropped) if (change.kind === "conflict") files[change.path] = known[change.path]!;
  const { generator, answers, opencode, registry } = nextLock;
  const next = formatLock({ lockVersion, generator, revision: rendered.revision, answers, opencode, registry, files });
  const before = at(lockPath);
  const made = { root, warnings, findings };
  return before.kind === "other"
    ? { ...made, changes: [...changes, notAFile(lockPath, before.what)], lock: null }
    : { ...made, changes, lock: planLock(before, next) };
}

/** The changes in the order of their paths. */
export function sortByPath(changes: readonly Change[]): Change[] {
  return [...changes].sort((left, right) => (left.path < right.path ? -1 : 1));
}

function planLock(before: Found, after: string): Write | null {
  if (before.kind !== "text") return { kind: "create", path: lockPath, after, executable: false };
  return normalise(before.text) === after
    ? null
    : { kind: "replace", path: lockPath, before: before.text, after, executable: false };
}

/** The spec is written once and then the user's, but for what flags ask to write into it. */
function planSpec({ rendered, editedSpec }: PlanInput, found: Found, locked: LockedFile | undefined): Planned {
  const path = specPath;
  if (found.kind === "other") return { change: notAFile(path, found.what), locked: locked ?? null };
  const entry = (text: string): LockedFile => ({ strategy: "seed", hash: hashText(text) });
  if (found.kind === "nothing")
    return { change: { kind: "create", path, after: rendered.spec, executable: false }, locked: entry(rendered.spec) };
  // Without a lock that knows it, the spec is ours where it is what we would have written.
  const known = locked ?? (normalise(found.text) === rendered.spec ? entry(rendered.spec) : null);
  if (editedSpec === null) return { change: { kind: "keep", path, why: "same" }, locked: known };
  const change = planEdit(path, found, editedSpec);
  const untouched = known !== null && hashText(normalise(found.text)) === known.hash;
  return { change, locked: untouched && change.kind === "edit" ? entry(normalise(change.after)) : known };
}

function planEdit(path: string, found: Found, edited: EditResult): Change {
  if (found.kind !== "text") return notAFile(path, found.kind === "other" ? found.what : "gone");
  if (!edited.ok) return refusedEdit(path, edited);
  return edited.text === found.text
    ? { kind: "keep", path, why: "same" }
    : { kind: "edit", path, before: found.text, after: edited.text, executable: false };
}

/** Lines of an earlier run stay: without them git would ignore the same files again. */
function planIgnore(lines: readonly string[], found: Found, locked: LockedFile | undefined): Planned | null {
  const all = [...new Set([...(locked?.lines ?? []), ...lines])];
  return all.length === 0 ? null : planLines({ path: ignorePath, strategy: "block", lines: all }, found, locked);
}
