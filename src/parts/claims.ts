/** Where this program may ever write, put together from what each output claims. Pure. */
import type { Claim, ClaimedKey, Essential, Strategy } from "../vocabulary.ts";
import { outputs } from "../outputs/index.ts";

const opencodeConfig = /^(?:\.opencode\/)?opencode\.jsonc?$/;

/** What no output claims: the spec, what takes planned files out of what git ignores, and what bypasses the gateway. */
const common: readonly Claim[] = [
  { strategy: "seed", path: (path) => path === "aperture-env.yaml" },
  { strategy: "block", path: (path) => path === ".gitignore" },
  { strategy: "taken", path: (path) => opencodeConfig.test(path) },
];

/** A part of a file as a lock or a journal tells of it. */
export interface Claimed {
  readonly strategy: Strategy;
  /** Paths of keys, where the strategy has any. */
  readonly keys?: readonly (readonly string[])[];
}

/**
 * Whether this program writes to such a path in such a way. A lock decides what an update may replace and what a removal takes away, and a
 * journal what is written, so one that somebody wrote must not reach beyond.
 */
export function mayWrite(path: string, { strategy, keys = [] }: Claimed): boolean {
  return claims().some(
    (claim) =>
      claim.strategy === strategy &&
      claim.path(path) &&
      (claim.keys === undefined || keys.every(([first]) => first !== undefined && Object.hasOwn(claim.keys!, first))),
  );
}

/** Whether this program ever writes to such a path, in whatever way. */
export function mayWriteTo(path: string): boolean {
  return claims().some((claim) => claim.path(path));
}

/** What there is no environment without, where a value is part of it; null for all other values. */
export function findEssential(path: string, [first = ""]: readonly string[]): Essential | null {
  return findKey(path, first)?.essential ?? null;
}

/** What says whether two keys below a first one name one thing; null where only a key itself is the same. */
export function findSame(path: string, first: string): ((left: string, right: string) => boolean) | null {
  return findKey(path, first)?.isSame ?? null;
}

/** Whether a later line of that file counts before those of a block of ours. */
export function isLastCounting(path: string): boolean {
  return claims().some((claim) => claim.last === true && claim.path(path));
}

function findKey(path: string, first: string): ClaimedKey | null {
  for (const { strategy, path: matches, keys } of claims())
    if (strategy === "keys" && keys !== undefined && Object.hasOwn(keys, first) && matches(path)) return keys[first]!;
  return null;
}

/** Whether something that there is no environment without was put into that file. */
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
