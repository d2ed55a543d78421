/** Which images an environment is built from, and by which digests. What asks registries is loaded only where it is needed. */
import { fetchImage } from "../catalog/bases.ts";
import { hasOnlyTag, type Pins } from "../catalog/image-reference.ts";
import { goImage } from "../catalog/ts-unplug.ts";
import type { Lock } from "../lock/lock.ts";
import { demandOf, imagesOfOutputs } from "../parts/compose.ts";
import type { Answers } from "../questions/types.ts";
import { findMovedPins } from "../plan/moved-pins.ts";
import type { Snapshot } from "../plan/snapshot.ts";
import { describeBase } from "../render/context.ts";
import type { Shape } from "../vocabulary.ts";
import type { Request } from "./survey.ts";

/** The images that generated files name by a tag, each once. A dev container of the user's names its own. */
export function imagesOf(answers: Answers, shape: Shape): string[] {
  const demand = demandOf(answers, shape);
  const { programs, service } = demand.runtime;
  const named = imagesOfOutputs(demand).map(([, image]) => image);
  const beside = [...(service === null ? [] : [service.image]), ...named];
  if (shape.kind !== "own") return beside.filter(hasOnlyTag);
  const { dev, ci } = describeBase(answers.base);
  const taken = programs.includes("tailscale") ? (answers.tailscale?.image ?? []) : [];
  const building = programs.includes("ts-unplug") ? [goImage] : [];
  return [...new Set([ci, dev, fetchImage, ...building, ...[taken].flat(), ...beside])].filter(hasOnlyTag);
}

/**
 * Their digests: those of the lock, or that were moved in a file of ours since, and with `--pins` those that the registries state now. An image of which no digest can be had keeps the one of
 * the lock, or its tag, with a word: a machine without a network is no reason not to write.
 */
export async function choosePins(
  images: readonly string[],
  lock: Lock | null,
  snapshot: Snapshot,
  { pins, target, env }: Request,
): Promise<{ readonly pins: Pins; readonly warnings: readonly string[] }> {
  const moved = lock === null ? [] : findMovedPins(lock, snapshot, images);
  const locked = { ...lock?.pins, ...Object.fromEntries(moved.map(({ image, digest }) => [image, digest])) };
  const kept = Object.fromEntries(Object.entries(locked).filter(([image]) => images.includes(image)));
  if (pins !== true) {
    const open = Object.keys(locked).length === 0 ? [] : images.filter((image) => !Object.hasOwn(kept, image));
    return {
      pins: kept,
      warnings: open.map((image) => `${image} has no digest yet: run  npx create-aperture-env update --pins`),
    };
  }
  const { askForDigests, pinsOf } = await import("../registry/images.ts");
  const answers = await askForDigests(images, { target: target.root, env });
  const warnings = [...answers].flatMap(([image, found]) =>
    "why" in found ? [`${image} keeps its ${Object.hasOwn(kept, image) ? "digest" : "tag"}: ${found.why}`] : [],
  );
  return { pins: { ...kept, ...pinsOf(answers) }, warnings };
}
