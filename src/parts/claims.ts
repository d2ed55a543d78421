/** The paths that this program may write, combined from the outputs' claims. Pure. */
import type { Claim, ClaimedKey, Essential, Strategy } from "../vocabulary.ts";
import { outputs } from "../outputs/index.ts";

const opencodeConfig = /^(?:\.opencode\/)?opencode\.jsonc?$/;

/** Paths outside of outputs' claims: the spec, .gitignore lines for planned files, and project files that bypass the gateway. */
const common: readonly Claim[] = [
  { strategy: "seed", path: (path) => path === "aperture-env.yaml" },
  { strategy: "block", path: (path) => path === ".gitignore" },
  { strategy: "taken", path: (path) => opencodeConfig.test(path) },
];

/** A part of a file as recorded in a lock or a journal. */
export interface Claimed {
  readonly strategy: Strategy;
  /** Paths of keys, if the strategy has keys. */
  readonly keys?: readonly (readonly string[])[];
}

/**
 * Whether this program writes to such a path in such a way. A lock decides what an update may replace and what a removal deletes, and a journal
 * decides what is written, so a forged one must not reach other paths.
 */
export function mayWrite(path: string, { strategy, keys = [] }: Claimed): boolean {
  return claims().some(
    (claim) =>
      claim.strategy === strategy &&
      claim.path(path) &&
      (claim.keys === undefined || keys.every(([first]) => first !== undefined && Object.hasOwn(claim.keys!, first))),
  );
}

/** Whether this program writes to such a path in any way. */
export function mayWriteTo(path: string): boolean {
  return claims().some((claim) => claim.path(path));
}

/** The essential part of the environment that a value belongs to; null for all other values. */
export function findEssential(path: string, [first = ""]: readonly string[]): Essential | null {
  return findKey(path, first)?.essential ?? null;
}

/** The comparison of two keys below this first key; null if only equal keys name the same thing. */
export function findSame(path: string, first: string): ((left: string, right: string) => boolean) | null {
  return findKey(path, first)?.isSame ?? null;
}

/** Whether later lines of that file override those of our block. */
export function isLastCounting(path: string): boolean {
  return claims().some((claim) => claim.last === true && claim.path(path));
}

function findKey(path: string, first: string): ClaimedKey | null {
  for (const { strategy, path: matches, keys } of claims())
    if (strategy === "keys" && keys !== undefined && Object.hasOwn(keys, first) && matches(path)) return keys[first]!;
  return null;
}

/** Whether an essential part of the environment was written to that file. */
export function carriesEnvironment(
  path: string,
  { values = [] }: { readonly values?: readonly { readonly path: readonly string[] }[] },
): boolean {
  return values.some((value) => findEssential(path, value.path) !== null);
}

let all: readonly Claim[] | undefined;

function claims(): readonly Claim[] {
  return (all ??= [...common, ...outputs.flatMap((output) => output.claims)]);
}
