/** The stages of a Dockerfile in another order: what people wrote into a stage goes with it. */
import { describe, expect, test } from "vitest";
import { editJsonc } from "../../src/edit/editors.ts";
import { mergeLines } from "../../src/edit/merge3.ts";
import { sayLines } from "../../src/edit/resolution.ts";
import { alignStages } from "../../src/edit/stages.ts";
import { hashText } from "../../src/lock/lock.ts";
import { takeOut } from "../../src/plan/pieces/index.ts";
import { planOwn } from "../../src/plan/pieces/own.ts";
import { processorTime } from "../support/processor-time.ts";

const first = "# An environment.\n\n# Fetches.\nFROM node AS opencode\nRUN fetch\n";
const dev = "FROM devbase AS dev\nCOPY --from=opencode /out/ /\nRUN sh install.sh\nENV A=1\n";
const ci = "FROM cibase AS ci\nCOPY --from=opencode /out/ /\nRUN sh install.sh\nENV A=1\n";
const command = 'CMD ["bash"]\n';
const was = `${first}\n${dev}\n${ci}${command}`;
const now = `${first}\n${ci}${command}\n${dev}`;

/** What an update makes of `mine` that was written as `was`. */
const merged = (mine: string): string | null => {
  const aligned = alignStages(mine, was.split("\n"), now);
  return aligned === null ? null : mergeLines(aligned.mine, aligned.ancestor, now);
};

describe("a stage that moves", () => {
  const behind = (stage: string, line: string): string => stage.replace("RUN sh install.sh\n", `RUN sh install.sh\n${line}\n`);
  const rows: readonly (readonly [what: string, mine: string, after: string | null])[] = [
    ["nothing of the user's", was, now],
    ["a line in dev", was.replace(dev, behind(dev, "RUN tools")), now.replace(dev, behind(dev, "RUN tools"))],
    ["a line in ci", was.replace(ci, behind(ci, "RUN tools")), now.replace(ci, behind(ci, "RUN tools"))],
    [
      "a line at the end of dev, and one at the end of ci",
      was.replace(dev, `${dev}RUN last\n`).replace(command, `${command}USER 1\n`),
      now.replace(dev, `${dev}RUN last\n`).replace(command, `${command}USER 1\n`),
    ],
    ["another base of dev", was.replace("FROM devbase", "FROM ours:1"), now.replace("FROM devbase", "FROM ours:1")],
    [
      "a stage that dev copies from, with its comment",
      was.replace(dev, `# Tools.\nFROM go AS tools\nRUN build\n\n${behind(dev, "COPY --from=tools /t /t")}`),
      now.replace(dev, `# Tools.\nFROM go AS tools\nRUN build\n\n${behind(dev, "COPY --from=tools /t /t")}`),
    ],
    ["a stage at the end", `${was}\nFROM ci AS test\nRUN npm test\n`, `${now}\nFROM ci AS test\nRUN npm test\n`],
    ["ci stands on dev", was.replace("FROM cibase", "FROM dev"), null],
    ["ci copies from dev", was.replace(ci, behind(ci, "COPY --from=DEV /x /x")), null],
    ["ci mounts dev", was.replace(ci, behind(ci, "RUN --mount=type=bind,from=dev,target=/x true")), null],
    ["a stage between them stands on dev", was.replace(ci, `FROM dev AS more\nRUN more\n\n${ci}`), null],
    ["ci is gone", was.replace(`\n${ci}${command}`, ""), now.replace(`${ci}${command}\n`, "")],
    ["the order is today's already", now.replace(dev, behind(dev, "RUN tools")), now.replace(dev, behind(dev, "RUN tools"))],
    ["ci stands there twice", `${was}\n${ci}`, null],
    ["text that may hold what looks like a stage", was.replace(dev, behind(dev, "RUN <<END\nFROM x\nEND")), null],
  ];

  test.each(rows)("%s", (_what, mine, after) => {
    expect(merged(mine)).toBe(after);
  });

  test("a comment above a stage goes with it, also with a blank line between", () => {
    const headed = (stage: string): string => `# The target.\n\n${stage}`;
    const [written, wanted] = [was.replace(dev, headed(dev)), now.replace(dev, headed(dev))];
    const aligned = alignStages(written.replace("ENV A=1\n", "ENV A=1\n# mine\n"), written.split("\n"), wanted);
    expect(mergeLines(aligned!.mine, aligned!.ancestor, wanted)).toBe(wanted.replace(/ENV A=1\n$/, "ENV A=1\n# mine\n"));
  });

  test("line ends of the user's stay", () => {
    const mine = was.replace(dev, behind(dev, "RUN tools")).replaceAll("\n", "\r\n");
    expect(merged(mine)).toBe(now.replace(dev, behind(dev, "RUN tools")).replaceAll("\n", "\r\n"));
  });

  test.each([
    ["comments above a stage", `${"#\n".repeat(400_000)}FROM x AS y\n`],
    ["stages", "FROM x\n".repeat(100_000)],
    [
      "stages that stand on each other",
      Array.from({ length: 20_000 }, (_, index) => `FROM s${index - 1} AS s${index}\n`).join(""),
    ],
    ["lines of ours and others", `${"RUN sh install.sh\n".repeat(50_000)}${"RUN sh other.sh\n".repeat(50_000)}`],
  ])("many %s take no longer than they are long", (_what, more) => {
    const started = processorTime();
    const mine = was.replace(dev, `${more}${dev}`);
    const aligned = alignStages(mine, was.split("\n"), now);
    if (aligned !== null) mergeLines(aligned.mine, aligned.ancestor, now, null, sayLines);
    sayLines(mine.split("\n"), more.split("\n"), now.split("\n"));
    sayLines(mine.split("\n"), more.split("\n"), []);
    expect(processorTime() - started).toBeLessThan(10_000);
  });

  test("where no order changes, both texts are as they were", () => {
    const mine = was.replace("FROM node", "FROM \\\n  node");
    expect(alignStages(mine, was.split("\n"), was)).toEqual({ mine, ancestor: was.split("\n") });
  });
});

test("an update moves the user's line with its stage, and is a conflict where a stage cannot move", () => {
  const path = ".devcontainer/Dockerfile";
  const locked = { strategy: "own", hash: hashText(was), ancestor: was.split("\n") } as const;
  const piece = { path, strategy: "own", decidedBy: "base", edited: true, executable: false, text: now } as const;
  const handling = {
    settle: null,
    restore: false,
    meant: { url: "http://ai", revision: "0123456789ab", doctor: "repository" as const },
    decisive: [],
  };
  const plan = (text: string) => planOwn(piece, { kind: "text", text }, locked, handling, editJsonc(path));
  const mine = was.replace(dev, dev.replace("ENV A=1", "RUN tools\nENV A=1"));
  const { change, locked: next } = plan(mine);
  expect(change).toMatchObject({ kind: "edit", after: now.replace(dev, dev.replace("ENV A=1", "RUN tools\nENV A=1")) });
  expect(next).toMatchObject({ hash: hashText(now) });
  expect(plan(was.replace("FROM cibase", "FROM dev")).change).toMatchObject({ kind: "conflict", choices: ["keep", "replace"] });
  // Where the person has brought the two together, it is settled.
  const places = now.replace(dev, `${dev}\n# Your layers: below this line.\n`);
  const settled = planOwn(
    { ...piece, text: places },
    { kind: "text", text: `${places}RUN tools\n` },
    locked,
    handling,
    editJsonc(path),
  );
  expect(settled.change).toMatchObject({ kind: "keep", why: "edited" });
  // Kept in the order of before, it is never mixed up later.
  const kept = was.replace("FROM cibase", "FROM dev");
  const later = { ...piece, text: now.replaceAll("ENV A=1", "ENV A=2") };
  const known = { strategy: "own", hash: hashText(now), ancestor: now.split("\n"), kept: hashText(kept) } as const;
  expect(planOwn(later, { kind: "text", text: kept }, known, handling, editJsonc(path)).change).toMatchObject({
    kind: "conflict",
  });
  // Untouched it is replaced, and goes as a whole.
  expect(plan(was).change).toMatchObject({ kind: "replace", after: now });
  expect(takeOut(path, { kind: "text", text: now }, next!, null, editJsonc)).toMatchObject({ kind: "remove" });
});
