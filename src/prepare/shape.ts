/** Chooses the dev containers for an environment. Pure. */
import { workspaceOf } from "../catalog/files.ts";
import { usageError } from "../errors.ts";
import { runtimeOf } from "../parts/connection-answer.ts";
import type { AnswerSources } from "../questions/resolve.ts";
import { questionOf } from "../questions/table.ts";
import type { Answers } from "../questions/types.ts";
import type { Containers } from "../repo/environment.ts";
import type { SpecEntries } from "../spec/spec.ts";
import type { Shape } from "../vocabulary.ts";

/** The shape for these answers. Throws if they name a missing dev container. */
export function shapeOf(containers: Containers, answers: Answers, spec: SpecEntries): Shape {
  if (containers.kind === "own") return { kind: "own" };
  const shape = featureShape(containers.files, answers, spec);
  if (shape.kind === "own" || !runtimeOf(answers).programs.includes("ts-unplug")) return shape;
  throw usageError(
    "ts-unplug-in-feature",
    `ts-unplug is built in a stage of a Dockerfile, but the environment is a Feature in ${shape.files.join(" and ")}, without a Dockerfile.`,
    "Use the connection userspace or tailscale, or  { kind: ts-unplug, on: host }",
    spec.connection?.place,
  );
}

function featureShape(files: readonly string[], { devcontainers }: Answers, spec: SpecEntries): Shape {
  if (devcontainers[0] === "all") {
    // Dev containers in subfolders have to be named: a folder may contain examples.
    const top = files.filter((path) => workspaceOf(path) === "");
    return top.length === 0 ? { kind: "own" } : { kind: "feature", files: top };
  }
  const missing = devcontainers.find((file) => !files.includes(file));
  if (missing !== undefined) {
    const there = `There are ${files.join(", ")}; all means every one.`;
    throw usageError("no-such-dev-container", `There is no dev container ${missing}.`, there, spec.devcontainers?.place);
  }
  return { kind: "feature", files: devcontainers };
}

/** The devcontainer.json files of the user's that get the Feature. */
export function featureFiles(shape: Shape): readonly string[] {
  return shape.kind === "feature" ? shape.files : [];
}

/** The dev containers that flag, variable, spec or lock name, before anything else is settled: those below the top are looked for by name. */
export function namedContainers({
  flags,
  given,
  env,
  spec,
  lock,
}: Pick<AnswerSources, "flags" | "given" | "env" | "spec" | "lock">): readonly string[] {
  const question = questionOf("devcontainers");
  const entry = given?.devcontainers ?? spec?.devcontainers;
  const typed = flags.devcontainers ?? (entry === undefined ? question.env.flatMap((name) => env[name] || [])[0] : undefined);
  const read = typed !== undefined ? question.parse(typed, {}) : entry !== undefined ? question.read(entry.value, {}) : null;
  // One that cannot be read is refused where all answers are.
  return read === null ? (lock?.devcontainers ?? []) : read.ok ? read.value : [];
}
