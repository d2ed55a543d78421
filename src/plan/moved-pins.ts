/** Digests of images that were moved in generated files, and not in the lock: a bot that reads Dockerfiles does that. Pure. */
import { isDigest } from "../catalog/image-reference.ts";
import { linesByName, withoutPins } from "../edit/pinned-lines.ts";
import { normalise, type Lock } from "../lock/lock.ts";
import { updateHint, type Observation } from "./observation.ts";
import type { Snapshot } from "./snapshot.ts";

/** One of them, with its place. */
export interface MovedPin {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly image: string;
  readonly digest: string;
}

/**
 * Finds them, for these images, in files that people may edit. A digest that the lock has moved itself does not count: then the lock is newer. Neither
 * does an image with several new digests.
 */
export function findMovedPins({ files, pins = {} }: Lock, snapshot: Snapshot, images: readonly string[]): MovedPin[] {
  const found = Object.entries(files).flatMap(([path, { ancestor }]): MovedPin[] => {
    const state = snapshot.get(path);
    if (ancestor === undefined || state?.kind !== "text") return [];
    const text = normalise(state.text);
    if (text === ancestor.join("\n")) return [];
    const had = linesByName(ancestor);
    return text.split("\n").flatMap((line, index) => {
      const before = had.get(withoutPins(line));
      if (before === undefined || before === line) return [];
      return images.flatMap((image): MovedPin[] => {
        const [was, digest] = [digestIn(before, image), digestIn(line, image)];
        return digest !== undefined && digest !== was && was === pins[image] ? [{ path, line: index + 1, image, digest }] : [];
      });
    });
  });
  return found.filter(({ image, digest }) => found.every((other) => other.image !== image || other.digest === digest));
}

function digestIn(line: string, image: string): string | undefined {
  const word = line.split(/[\s"]+/).find((each) => each.startsWith(`${image}@`));
  return word === undefined || !isDigest(word.slice(image.length + 1)) ? undefined : word.slice(image.length + 1);
}

/** They fail a check: the lock has to say what is built. */
export function observeMovedPins(moved: readonly MovedPin[]): Observation[] {
  return moved.map(({ path, line, image }) => ({
    path,
    state: "changed",
    message: `has another digest of ${image} than the lock`,
    hint: updateHint,
    where: { file: path, line, column: 1 },
  }));
}
