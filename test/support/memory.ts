/** Repositories in memory: a plan applied to a map of texts, as the writer applies it to a disk. */
import { pinnedRelease } from "../../src/catalog/release.ts";
import type { Shape } from "../../src/catalog/files.ts";
import { lockPath, parseLock, type Lock } from "../../src/lock/lock.ts";
import { buildPlan } from "../../src/plan/build.ts";
import { writesOf, type Choice, type Plan } from "../../src/plan/plan.ts";
import { planRemoval } from "../../src/plan/remove.ts";
import type { Snapshot } from "../../src/plan/snapshot.ts";
import type { Answers } from "../../src/questions/types.ts";
import { renderEnvironment } from "../../src/render/render.ts";
import { catalogue } from "./catalogue.ts";

/** Texts by path. */
export type Texts = ReadonlyMap<string, string>;

/** Answers of a small environment. */
export const plainAnswers: Answers = {
  name: "sample",
  url: "http://ai",
  connection: "network",
  providers: [{ id: "anthropic", api: "messages" }],
  model: "anthropic/claude-sonnet-4-5",
  smallModel: "anthropic/claude-haiku-4-5",
  style: "separate",
  opencode: pinnedRelease.version,
  managed: false,
  online: [],
  base: "debian",
  outputs: ["devcontainer"],
  devcontainers: ["all"],
  containerEnv: {},
  forwardPorts: [],
  hooks: {},
};

/** What lies there, as a plan sees it. */
export function snapshotOf(texts: Texts): Snapshot {
  return new Map([...texts].map(([path, text]) => [path, { kind: "text", text }]));
}

/** The lock among them, or null. */
export function lockOf(texts: Texts): Lock | null {
  const text = texts.get(lockPath);
  return text === undefined ? null : parseLock(text);
}

/** The plan of an update, or of the first run where there is no lock. */
export function planUpdate(
  texts: Texts,
  shape: Shape,
  answers: Answers = plainAnswers,
  settle: (path: string) => Choice | null = () => null,
  generator = "1.0.0",
): Plan {
  return buildPlan({
    root: "/repository",
    rendered: renderEnvironment({ answers, release: pinnedRelease, registry: "", shape, catalogue, doctor: "// doctor\n" }),
    shape,
    snapshot: snapshotOf(texts),
    lock: lockOf(texts),
    nextLock: { generator, answers, opencode: pinnedRelease, registry: "" },
    editedSpec: null,
    fixes: new Map(),
    ignoreLines: [],
    settle,
    warnings: [],
    findings: [],
  });
}

/** The plan of a removal. */
export function planRemove(texts: Texts, settle: (path: string) => Choice | null = () => null): Plan {
  return planRemoval({ root: "/repository", lock: lockOf(texts)!, snapshot: snapshotOf(texts), settle });
}

/** The texts after a plan. */
export function applied(texts: Texts, plan: Plan): Texts {
  const result = new Map(texts);
  for (const write of writesOf(plan)) {
    if (write.kind === "remove") result.delete(write.path);
    else result.set(write.path, write.after);
  }
  return result;
}
