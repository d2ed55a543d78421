/** What outputs for jobs are made from. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { actions, newestTag } from "../../src/catalog/actions.ts";
import { attributionVariables, devcontainersCli, hostOf, nameTags, tagsOfJobs } from "../../src/parts/jobs.ts";
import { plainAnswers as answers } from "../support/answers.ts";

test("jobs run the Dev Containers CLI that this program is tried with", () => {
  const { dependencies } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")) as {
    dependencies: Readonly<Record<string, string>>;
  };
  expect(devcontainersCli).toBe(dependencies["@devcontainers/cli"]);
});

test("every action is pinned by a commit, and this project's own workflows use the same ones", () => {
  const own = readFileSync(join(import.meta.dirname, "../../.github/workflows/ci.yml"), "utf8");
  for (const { repository, tag, commit } of Object.values(actions)) {
    expect([tag, commit]).toEqual([expect.stringMatching(/^v\d+\.\d+\.\d+$/), expect.stringMatching(/^[0-9a-f]{40}$/)]);
    if (own.includes(`${repository}@`)) expect(own).toContain(`${repository}@${commit} # ${tag}`);
  }
});

describe("the newest tag of an action", () => {
  const [a, b, c] = ["a", "b", "c"].map((sign) => sign.repeat(40)) as [string, string, string];
  test.each([
    ["by numbers", `${a}\trefs/tags/v9.0.0\n${b}\trefs/tags/v10.0.0\n${c}\trefs/tags/v10`, { tag: "v10.0.0", commit: b }],
    ["an annotated one by its commit", `${a}\trefs/tags/v1.2.3\n${b}\trefs/tags/v1.2.3^{}\n`, { tag: "v1.2.3", commit: b }],
    ["no prerelease", `${a}\trefs/tags/v1.2.3-rc1\n`, null],
    ["none", "", null],
  ])("%s", (_name, listing, newest) => expect(newestTag(listing)).toEqual(newest));
});

test("the variables that attribution reads, as far as the CI system or a person sets them", () => {
  const of = (...attribution: string[]): readonly string[] => attributionVariables({ ...answers, attribution }, "GITHUB_");
  expect(of()).toEqual([]);
  expect(of("repository", "run", "team=payments", "cost-center=$COST_CENTER", "revision")).toEqual([
    "GITHUB_REPOSITORY",
    "GITHUB_RUN_ID",
    "COST_CENTER",
  ]);
});

test.each([
  ["http://ai", "ai"],
  ["https://ai.example.ts.net:8443", "ai.example.ts.net"],
])("the host of %s is %s", (url, host) => expect(hostOf({ ...answers, url })).toBe(host));

test("the nodes of jobs bear the tags of the spec, else tag:ci", () => {
  expect([tagsOfJobs(answers), nameTags(answers)]).toEqual([["tag:ci"], "the tag tag:ci"]);
  const tagged = { ...answers, tailscale: { tags: ["tag:a", "tag:b"] } };
  expect([tagsOfJobs(tagged), nameTags(tagged)]).toEqual([["tag:a", "tag:b"], "the tags tag:a and tag:b"]);
});
