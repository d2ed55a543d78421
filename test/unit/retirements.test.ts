/** Which models end and when, what is proposed on a day, and what is told of an environment that has one. */
import { describe, expect, test } from "vitest";
import { daysBetween, todayFrom } from "../../src/clock.ts";
import { endingsOf } from "../../src/catalog/compact.ts";
import { describeEnd, isWithin } from "../../src/catalog/notice.ts";
import { defaultsOf, providers, type WireFormat } from "../../src/catalog/providers.ts";
import { endOf, lastingModel, retirements } from "../../src/catalog/retirements.ts";
import { judgeEnds } from "../../src/doctor/judge/environment.ts";
import { readMadeFor } from "../../src/doctor/config/environment.ts";
import { findEnding } from "../../src/plan/findings/ending.ts";
import { moveModels } from "../../src/prepare/answers.ts";
import { proposeModel, proposeSmallModel } from "../../src/questions/parse-providers.ts";
import { questions } from "../../src/questions/table.ts";
import type { Answers, ProviderChoice, QuestionId, Source } from "../../src/questions/types.ts";
import { catalogue } from "../support/catalogue.ts";
import { plainAnswers } from "../support/answers.ts";

describe("the clock", () => {
  test("can be set, by a day and nothing else", () => {
    expect(todayFrom({ APERTURE_ENV_TODAY: "2026-11-25" })).toBe("2026-11-25");
    const now = new Date().toISOString().slice(0, 10);
    for (const wrong of ["", "tomorrow", "2026-13-01", "2026-11-25T00:00", " 2026-11-25"])
      expect([now, new Date().toISOString().slice(0, 10)]).toContain(todayFrom({ APERTURE_ENV_TODAY: wrong }));
    expect(todayFrom({})).toMatch(/^20\d\d-\d\d-\d\d$/);
  });

  test.each([
    ["2026-11-25", "2026-11-30", 5],
    ["2026-12-31", "2027-01-01", 1],
    ["2028-02-28", "2028-03-01", 2],
    ["2026-12-01", "2026-11-30", -1],
    ["2026-10-24", "2026-10-26", 2],
  ])("from %s to %s", (from, to, days) => {
    expect(daysBetween(from, to)).toBe(days);
  });

  test("the last day counts, and the day itself", () => {
    expect(isWithin("2027-01-24", "2026-11-25", 60)).toBe(true);
    expect(isWithin("2027-01-25", "2026-11-25", 60)).toBe(false);
    expect(isWithin("2020-01-01", "2026-11-25", 60)).toBe(true);
    expect(describeEnd("2026-11-26", "2026-11-25")).toBe("ends on 2026-11-26, as its vendor announced");
    expect(describeEnd("2026-11-25", "2026-11-25")).toBe("ended on 2026-11-25, as its vendor announced");
  });
});

const rows = Object.entries(retirements).flatMap(([provider, models]) =>
  Object.entries(models).map(([model, row]) => ({ provider, model, ...row })),
);

describe("the table", () => {
  test.each(rows)("$provider/$model: a day, and replacements that last and are in the catalogue", (row) => {
    const { provider, model, ends, replacements } = row;
    expect(Number.isNaN(Date.parse(ends))).toBe(false);
    expect(ends).toMatch(/^20\d\d-\d\d-\d\d$/);
    expect(catalogue[provider]!.models, "it stays in the catalogue").toHaveProperty([model]);
    expect(catalogue[provider]!.models[model]).not.toHaveProperty("status");
    expect(replacements.length).toBeGreaterThan(0);
    for (const one of replacements) {
      expect(catalogue[provider]!.models).toHaveProperty([one]);
      expect(Object.keys(retirements[provider]!)).not.toContain(one);
    }
    // In every wire format one is left.
    for (const api of Object.keys(providers[provider]!.wireFormats)) {
      const lacks = providers[provider]!.wireFormats[api as WireFormat]!.lacks;
      const end = endOf({ id: provider, api }, model)!;
      expect(end).toMatchObject({ provider, model, ends });
      expect(end.replacement !== null && lacks?.test(end.replacement) !== true, api).toBe(true);
    }
  });

  test("the day that decided this is in it", () => {
    expect(endOf({ id: "anthropic", api: "messages" }, "claude-sonnet-4-5")).toEqual({
      provider: "anthropic",
      model: "claude-sonnet-4-5",
      ends: "2026-11-30",
      replacement: "claude-sonnet-5-5",
    });
    expect(endOf({ id: "openai", api: "responses" }, "gpt-5")?.replacement).toBe("gpt-6.1-sol");
    expect(endOf({ id: "openai", api: "chat" }, "gpt-5")?.replacement).toBe("gpt-6-sol");
    expect(endOf({ id: "house", api: "chat" }, "claude-sonnet-4-5")).toBeNull();
    expect(endOf({ id: "anthropic", api: "messages" }, "constructor")).toBeNull();
    expect(endOf({ id: "constructor", api: "chat" }, "name")).toBeNull();
  });

  test("no proposed model is in it, also without a day, as for models of the compact style", () => {
    for (const { id, wireFormats } of Object.values(providers))
      for (const api of Object.keys(wireFormats) as WireFormat[]) {
        const { model, smallModel } = defaultsOf({ id, api })!;
        expect([endOf({ id, api }, model), endOf({ id, api }, smallModel)], `${id} ${api}`).toEqual([null, null]);
      }
  });
});

const google = (...models: string[]): ProviderChoice => ({
  id: "google",
  api: "generate-content",
  ...(models.length > 0 && { models: models.map((id) => ({ id })) }),
});

describe("what is proposed", () => {
  test.each([
    ["more than 90 days before its end, the model", "2026-09-01", "gemini-2.5-pro"],
    ["90 days before, what takes its place", "2026-09-02", "gemini-3.8-flash"],
    ["after it, too", "2027-01-01", "gemini-3.8-flash"],
  ])("%s", (_name, today, expected) => {
    expect(lastingModel(google(), "gemini-2.5-pro", today)).toBe(expected);
    expect(lastingModel(google(), "gemini-3.1-pro-preview", today)).toBe("gemini-3.1-pro-preview");
  });

  test("of a list, the first that lasts; where none does, the first", () => {
    const of = (...models: string[]): string => proposeModel({ providers: [google(...models)] }, "2026-11-25");
    expect(of("gemini-2.5-pro", "gemini-3.6-flash")).toBe("google/gemini-3.6-flash");
    expect(of("gemini-2.5-pro", "gemini-2.5-flash")).toBe("google/gemini-2.5-pro");
    expect(of()).toBe("google/gemini-3.8-flash");
    expect(proposeSmallModel({ providers: [google()], model: "google/gemini-3.8-flash" }, "2026-11-25")).toBe(
      "google/gemini-3.5-flash-lite",
    );
  });
});

const answersOf = (more: Partial<Answers>): Answers => ({ ...plainAnswers, ...more });
const old = answersOf({
  providers: [{ id: "anthropic", api: "messages" }, google("gemini-2.5-pro", "gemini-3.8-flash"), { id: "openai", api: "chat" }],
  model: "anthropic/claude-sonnet-4-5",
  smallModel: "openai/gpt-5-mini",
});
const place = (line: number): { value: unknown; place: { file: string; line: number } } => ({
  value: null,
  place: { file: "aperture-env.yaml", line },
});

describe("what is told", () => {
  test("each model of the answers once, with its place, from 60 days before its end", () => {
    const entries = { model: place(3), smallModel: place(4), providers: place(2) };
    const found = findEnding(old, entries, "2026-11-25");
    expect(found.map(({ code, where, message, hint }) => [code, where.line, message, hint])).toEqual([
      [
        "model-ending",
        3,
        "anthropic/claude-sonnet-4-5 ends on 2026-11-30, as its vendor announced",
        "run  npx create-aperture-env update --models  to replace it with anthropic/claude-sonnet-5-5",
      ],
      [
        "model-ending",
        2,
        "google/gemini-2.5-pro ends on 2026-12-01, as its vendor announced",
        "run  npx create-aperture-env update --models  to replace it with google/gemini-3.8-flash",
      ],
      [
        "model-ending",
        4,
        "openai/gpt-5-mini ends on 2026-12-11, as its vendor announced",
        "run  npx create-aperture-env update --models  to replace it with openai/gpt-6-luna",
      ],
    ]);
    expect(findEnding(old, null, "2027-01-01").map(({ where, message }) => [where, message.split(" ")[1]])).toEqual(
      Array(3).fill([{ file: "aperture-env.yaml" }, "ended"]),
    );
    expect(findEnding(old, entries, "2026-10-01").map(({ message }) => message.split(" ")[0])).toEqual([
      "anthropic/claude-sonnet-4-5",
    ]);
    expect(findEnding(old, entries, "2026-09-30")).toEqual([]);
  });

  test("in the compact style the models of its provider that nobody chose are those of this version, which last", () => {
    const compact = answersOf({ ...old, style: "compact", model: "openai/gpt-6-sol", smallModel: "openai/gpt-6-luna" });
    expect(endingsOf(compact).map(({ model }) => model)).toEqual(["gemini-2.5-pro"]);
  });
});

describe("update --models", () => {
  function resolutionOf(answers: Answers, sources: Partial<Record<QuestionId, Source>> = {}): Parameters<typeof moveModels>[0] {
    const resolved = questions.map((question) => ({
      question,
      value: answers[question.id],
      source: sources[question.id] ?? ("spec" as const),
      notes: [],
    }));
    return { answers, resolved, displaced: new Map() };
  }

  test("replaces models that end, in lists too, as a flag to be written; a model's settings are not copied to its replacement", () => {
    const limit = { context: 10, output: 5 };
    const answers = {
      ...old,
      providers: [...old.providers.slice(0, 1), { ...google(), models: [{ id: "gemini-2.5-flash", limit }] }, old.providers[2]!],
    };
    const moved = moveModels(resolutionOf(answers), "2026-11-25");
    expect(moved.answers).toMatchObject({ model: "anthropic/claude-sonnet-5-5", smallModel: "openai/gpt-6-luna" });
    expect(moved.answers.providers[1]!.models).toEqual([{ id: "gemini-3.5-flash-lite" }]);
    const changed = moved.resolved.filter(({ source }) => source === "flag");
    expect(changed.map(({ question }) => question.id)).toEqual(["providers", "model", "smallModel"]);
    expect(changed.flatMap(({ notes }) => notes)).toEqual([
      "anthropic/claude-sonnet-4-5 becomes anthropic/claude-sonnet-5-5",
      "google/gemini-2.5-flash becomes google/gemini-3.5-flash-lite",
      "openai/gpt-5-mini becomes openai/gpt-6-luna",
    ]);
    expect(moved.displaced.get("model")).toBe("anthropic/claude-sonnet-4-5");
  });

  test("a replacement that is listed already keeps its entry, and takes the place", () => {
    const moved = moveModels(resolutionOf({ ...old, model: "google/gemini-2.5-pro" }), "2026-11-25");
    expect(moved.answers.model).toBe("google/gemini-3.8-flash");
    expect(moved.answers.providers[1]!.models).toEqual([{ id: "gemini-3.8-flash" }]);
  });

  test("leaves alone what lasts, and what a flag says", () => {
    const early = resolutionOf(old);
    expect(moveModels(early, "2026-08-01").answers).toEqual(old);
    expect(moveModels(early, "2026-08-01").resolved).toEqual(early.resolved);
    const flagged = moveModels(resolutionOf(old, { model: "flag" }), "2026-11-25");
    expect(flagged.answers).toMatchObject({ model: "anthropic/claude-sonnet-4-5", smallModel: "openai/gpt-6-luna" });
  });
});

describe("the doctor", () => {
  const text = (ends: unknown): string => JSON.stringify({ origin: "http://ai", ends });
  const row = { model: "anthropic/claude-sonnet-4-5", on: "2026-11-30", replacement: "anthropic/claude-sonnet-5-5" };

  test("reports models of environment.json: a note before the day, a warning after it", () => {
    const { ends } = readMadeFor(text([row]))!;
    expect(judgeEnds({ ends }, "2026-09-30")).toEqual([]);
    expect(judgeEnds({ ends }, "2026-11-25")).toMatchObject([
      {
        code: "model-ending",
        severity: "note",
        message: "anthropic/claude-sonnet-4-5 ends on 2026-11-30, as its vendor announced",
        next: "npx create-aperture-env@latest update --models  for anthropic/claude-sonnet-5-5, and rebuild the image",
      },
    ]);
    expect(judgeEnds({ ends }, "2026-11-30")).toMatchObject([{ code: "model-ended", severity: "warning" }]);
  });

  test("takes nothing else for it", () => {
    for (const wrong of [
      undefined,
      null,
      {},
      "x",
      [1, null, {}, { model: "m" }, { model: "m", on: "soon" }, { on: "2026-11-30" }],
    ])
      expect(readMadeFor(text(wrong))!.ends).toEqual([]);
  });
});
