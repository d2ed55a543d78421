/** Which dev containers an environment goes into. Pure. */
import { usageError } from "../errors.ts";
import type { Answers } from "../questions/types.ts";
import type { Containers } from "../repo/environment.ts";
import type { SpecEntries } from "../spec/spec.ts";
import type { Shape } from "../vocabulary.ts";

/** The shape that answers ask for here. Throws where they name a dev container that is not there. */
export function shapeOf(containers: Containers, { devcontainers }: Answers, spec: SpecEntries | null): Shape {
  if (containers.kind === "own") return { kind: "own" };
  if (devcontainers[0] === "all") return { kind: "feature", files: containers.files };
  const missing = devcontainers.find((file) => !containers.files.includes(file));
  if (missing !== undefined) {
    const there = `There are ${containers.files.join(", ")}; all takes every one.`;
    throw usageError("no-such-dev-container", `There is no dev container ${missing}.`, there, spec?.devcontainers?.place);
  }
  return { kind: "feature", files: devcontainers };
}

/** The devcontainer.json files of the user's that get the Feature. */
export function featureFiles(shape: Shape): readonly string[] {
  return shape.kind === "feature" ? shape.files : [];
}
