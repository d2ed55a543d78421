/** Repositories in memory: a plan applied to a map of texts, as the writer applies it to a disk. */
import { pinnedRelease } from "../../src/catalog/release.ts";
import { editJsonc } from "../../src/edit/editors.ts";
import { lockPath, parseLock, type Lock } from "../../src/lock/lock.ts";
import { buildPlan } from "../../src/plan/build.ts";
import { fails, observe, observeNoLock, observeStale, type Observation } from "../../src/plan/check.ts";
import { writesOf, type Settlement, type Plan } from "../../src/plan/plan.ts";
import { observeRemaining } from "../../src/plan/remaining.ts";
import { planRemoval } from "../../src/plan/remove.ts";
import type { Snapshot } from "../../src/plan/snapshot.ts";
import { demandOf, filesOf } from "../../src/parts/compose.ts";
import type { Answers } from "../../src/questions/types.ts";
import { renderEnvironment } from "../../src/render/render.ts";
import type { Shape, WantedFile } from "../../src/vocabulary.ts";
import { plainAnswers } from "./answers.ts";
import { catalogue } from "./catalogue.ts";

/** Texts by path. */
export type Texts = ReadonlyMap<string, string>;

/** The files of an environment of that shape. */
export const wantedFiles = (shape: Shape, answers: Partial<Answers> = {}): readonly WantedFile[] =>
  filesOf(demandOf({ ...plainAnswers, ...answers }, shape));

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
  settle: (path: string) => Settlement | null = () => null,
  generator = "1.0.0",
  restore = false,
): Plan {
  const rendered = renderEnvironment({
    answers,
    release: pinnedRelease,
    registry: "",
    shape,
    catalogue,
    doctor: "// doctor\n",
  });
  const plan = buildPlan({
    root: "/repository",
    pieces: rendered.pieces,
    spec: { text: rendered.spec, edited: null },
    revision: rendered.revision,
    snapshot: snapshotOf(texts),
    lock: lockOf(texts),
    nextLock: { generator, answers, opencode: pinnedRelease, registry: "" },
    taken: [],
    ignoreLines: [],
    settle,
    restore,
    warnings: [],
    findings: [],
    editors: editJsonc,
  });
  const made = { snapshot: snapshotOf(texts), demand: demandOf(answers, shape), editors: editJsonc };
  return { ...plan, remaining: observeRemaining(plan, made) };
}

/** What a check finds where spec and lock say the same, by the version that wrote the lock. */
export function checkOf(texts: Texts, shape: Shape, answers: Answers = plainAnswers): Observation[] {
  const lock = lockOf(texts);
  if (lock === null) return observeNoLock(texts.has(lockPath) ? "damaged" : "missing");
  const found = observe({
    lock,
    snapshot: snapshotOf(texts),
    changedKeys: [],
    demand: demandOf(answers, shape),
    editors: editJsonc,
  });
  return found.some(fails) ? found : [...found, ...observeStale(planUpdate(texts, shape, answers))];
}

/** The plan of a removal. */
export function planRemove(texts: Texts, settle: (path: string) => Settlement | null = () => null): Plan {
  return planRemoval({ root: "/repository", lock: lockOf(texts)!, snapshot: snapshotOf(texts), settle, editors: editJsonc });
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
