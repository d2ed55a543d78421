/** Whether a repository is what its spec and lock say. Pure; what was released elsewhere has no part in it. */
import { wantedFiles, type Shape } from "../catalog/files.ts";
import { readObject } from "../edit/jsonc.ts";
import { sameValue, valueAt } from "../edit/value.ts";
import { hashText, lockPath, normalise, type Lock, type LockedFile } from "../lock/lock.ts";
import { specPath } from "../spec/spec.ts";
import { bodiesOf } from "./lines.ts";
import type { Found, Snapshot } from "./snapshot.ts";

/** What is to say of one file. */
export interface Observation {
  readonly path: string;
  /** `spec-changed`, `missing`, `changed`, `not-added`, `stale`, `no-lock` and `outdated` fail a check; `edited`, `kept` and `deleted` are notes. */
  readonly state:
    | "spec-changed"
    | "missing"
    | "changed"
    | "not-added"
    | "stale"
    | "no-lock"
    | "outdated"
    | "edited"
    | "kept"
    | "deleted";
  /** As a sentence without its full stop. */
  readonly message: string;
  /** What to do; null for a note. */
  readonly hint: string | null;
}

const notes: readonly Observation["state"][] = ["edited", "kept", "deleted"];

/** Whether an observation fails a check. */
export function fails({ state }: Observation): boolean {
  return !notes.includes(state);
}

const update = "run  npx create-aperture-env update  and commit what it writes";

/** What a check looks at. */
export interface CheckInput {
  readonly lock: Lock;
  readonly snapshot: Snapshot;
  /** Keys of the spec whose answers are others than the lock has. */
  readonly changedKeys: readonly string[];
  /** The shape that spec and repository now ask for. */
  readonly shape: Shape;
}

/** The paths that a check has to know of. */
export function pathsToCheck(lock: Lock): string[] {
  return [...new Set([specPath, ...Object.keys(lock.files)])];
}

/** Everything that is not as spec and lock say, in the order of paths. */
export function observe({ lock, snapshot, changedKeys, shape }: CheckInput): Observation[] {
  const at = (path: string): Found => snapshot.get(path) ?? { kind: "nothing" };
  const wanted = shape.kind === "feature" ? shape.files : [];
  return [
    ...observeSpec(at(specPath), changedKeys),
    ...wanted
      .filter((path) => lock.files[path]?.strategy !== "keys")
      .map((path): Observation => ({
        path,
        state: "not-added",
        message: "the environment is not in this dev container yet",
        hint: update,
      })),
    ...Object.entries(lock.files)
      .filter(([path]) => path !== specPath)
      .flatMap(([path, file]) => observeFile(path, at(path), file)),
  ].sort((left, right) => (left.path < right.path ? -1 : 1));
}

/** That there is no lock to check by. */
export function observeNoLock(damaged: boolean): Observation[] {
  const message = damaged
    ? "is damaged or none of ours, so nothing can be checked by it"
    : "is not there: nothing was generated from the spec yet";
  return [
    {
      path: lockPath,
      state: "no-lock",
      message,
      hint: damaged ? "bring it back from git" : "run  npm create aperture-env@latest",
    },
  ];
}

/** Files that this version, which is the one that wrote the lock, would give otherwise. */
export function observeStale(paths: readonly string[]): Observation[] {
  return paths.map((path) => ({ path, state: "stale", message: "is not what the spec and the lock give", hint: update }));
}

function observeSpec(found: Found, changedKeys: readonly string[]): Observation[] {
  if (found.kind !== "text")
    return [{ path: specPath, state: "missing", message: "is missing, and the lock is not", hint: update }];
  if (changedKeys.length === 0) return [];
  const message = `${changedKeys.join(", ")} changed since the environment was generated`;
  return [{ path: specPath, state: "spec-changed", message, hint: update }];
}

function observeFile(path: string, found: Found, file: LockedFile): Observation[] {
  if (found.kind === "other") return [{ path, state: "changed", message: `is ${found.what}`, hint: "bring it back from git" }];
  if (found.kind === "nothing") {
    return file.deleted === true
      ? [{ path, state: "deleted", message: "was deleted, and stays so", hint: null }]
      : [{ path, state: "missing", message: "is missing", hint: `bring it back from git; or, if it shall stay away, ${update}` }];
  }
  switch (file.strategy) {
    case "own":
      return observeOwn(path, normalise(found.text), file);
    case "keys":
      return observeValues(path, found.text, file);
    case "lines":
    case "block":
      return observeLines(path, found.text, file);
    case "seed":
      return [];
  }
}

function observeOwn(path: string, text: string, { hash, ancestor, kept }: LockedFile): Observation[] {
  const found = hashText(text);
  if (found === hash) return [];
  if (found === kept) return [{ path, state: "kept", message: "was edited by hand, and kept so", hint: null }];
  if (ancestor !== undefined) return [{ path, state: "edited", message: "was edited by hand, as it may be", hint: null }];
  const decidedBy = wantedFiles({ kind: "own" }).find((wanted) => wanted.path === path)?.decidedBy ?? "";
  const instead = decidedBy === "" ? "" : `; what it says is for ${decidedBy} in the spec to decide`;
  return [{ path, state: "changed", message: "was edited by hand, and is generated", hint: `bring it back from git${instead}` }];
}

function observeValues(path: string, text: string, { values = [] }: LockedFile): Observation[] {
  const read = readObject(text);
  if (!read.ok)
    return [
      { path, state: "changed", message: `cannot be read: ${read.why} (${read.line}:${read.column})`, hint: "mend it there" },
    ];
  return values.flatMap(({ path: place, value, item }): Observation[] => {
    const current = valueAt(read.value, place);
    const there = item
      ? Array.isArray(current) && current.some((element) => sameValue(element, value))
      : sameValue(current, value);
    if (there) return [];
    const name = item ? `${place.join(" › ")} ${JSON.stringify(value)}` : place.join(" › ");
    // Without the Feature there is no environment in the dev container; all else in this file people are expected to edit.
    if (place[0] === "features") {
      const message = current === undefined ? `${name} is missing` : `${name} is another one than the lock has`;
      const hint = "bring it back from git; or take this file out of devcontainer.files in the spec, and update";
      return [
        { path, state: current === undefined ? "missing" : "changed", message, hint: current === undefined ? hint : update },
      ];
    }
    return [
      {
        path,
        state: "edited",
        message: `${name} was ${current === undefined || item ? "taken out" : "changed"} by hand`,
        hint: null,
      },
    ];
  });
}

function observeLines(path: string, text: string, { lines = [] }: LockedFile): Observation[] {
  const present = bodiesOf(text);
  return lines.every((line) => present.has(line))
    ? []
    : [{ path, state: "edited", message: "lines of ours were taken out by hand", hint: null }];
}
