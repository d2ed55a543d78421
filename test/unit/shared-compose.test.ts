/** Dev containers that share a Compose file, of which the second that is opened gets no Feature. */
import { describe, expect, test } from "vitest";
import { formatPlace } from "../../src/errors.ts";
import type { ProjectFile } from "../../src/plan/findings.ts";
import { findSharedCompose } from "../../src/plan/findings/compose.ts";

const compose = "services:\n  api:\n    image: a\n  web:\n    image: b\n  db:\n    image: c\n";
const api = ".devcontainer/api/devcontainer.json";
const web = ".devcontainer/web/devcontainer.json";
const opened = (service: string, more = "", files = '"../../compose.yaml"'): string =>
  `{\n  "name": "x",\n  "dockerComposeFile": ${files},\n  "service": "${service}",\n  "workspaceFolder": "/w"${more}\n}\n`;
const run = (...services: string[]): string => `,\n  "runServices": ${JSON.stringify(services)}`;
const asFiles = (files: Readonly<Record<string, string>>): ProjectFile[] =>
  Object.entries({ "compose.yaml": compose, ...files }).map(([path, text]) => ({ path, text }));
/** Where each finding stands, and whose Feature is lost. */
const found = (files: Readonly<Record<string, string>>, chosen: readonly string[] = [api, web]): string[] =>
  findSharedCompose(asFiles(files), chosen).map(
    ({ where, message }) => `${formatPlace(where)} ${/[\w./-]*devcontainer\.json/.exec(message)![0]}`,
  );

test("each says what it does to the other, and what to write", () => {
  const findings = findSharedCompose(asFiles({ [api]: opened("api"), [web]: opened("web") }), [api, web]);
  expect(findings).toEqual([
    {
      code: "shared-compose",
      where: { file: api, line: 3, column: 24 },
      message: `opening this one also starts web of compose.yaml, the service of ${web}: opened after it, that one has no OpenCode, because the Dev Containers CLI uses a running container without adding Features`,
      hint: `write  "runServices": ["api"]  here, plus other services that it needs, without web; do the same in ${web}; then rebuild both`,
    },
    expect.objectContaining({ code: "shared-compose", where: { file: web, line: 3, column: 24 } }),
  ]);
});

describe("which ones", () => {
  const both = [`${api}:3:24 ${web}`, `${web}:3:24 ${api}`];
  type Row = readonly [what: string, api: string, web: string, found: readonly string[], chosen?: readonly string[]];
  const rows: readonly Row[] = [
    ["each starts all", opened("api"), opened("web"), both],
    ["each starts its own", opened("api", run("api")), opened("web", run("web", "db")), []],
    ["one starts the other", opened("api", run("api", "web")), opened("web", run("web")), [both[0]!]],
    ["an empty list is all", opened("api", run()), opened("web", run("web")), [both[0]!]],
    ["a list of files, of which one is shared", opened("api", "", '["../../compose.yaml", "a.yaml"]'), opened("web"), both],
    ["other files", opened("api", "", '"api.yaml"'), opened("web", "", '"web.yaml"'), []],
    [
      "a shared file behind another folder's: two projects",
      opened("api", "", '["api.yaml", "../../compose.yaml"]'),
      opened("web"),
      [],
    ],
    [
      "its service is not in the other's files",
      opened("api"),
      opened("only", "", '["../../compose.yaml", "only.yaml"]'),
      [both[1]!],
    ],
    [
      "files that cannot be read may name any service",
      opened("api", "", '["../../no.yaml"]'),
      opened("web", "", '"../../no.yaml"'),
      both,
    ],
    ["by the workspace folder", opened("api", "", '"${localWorkspaceFolder}/compose.yaml"'), opened("web"), both],
    ["one service, and both get it", opened("api"), opened("api"), []],
    ["one service, and one gets it", opened("api"), opened("api"), [both[1]!], [api]],
    ["only one gets it", opened("api"), opened("web"), [both[0]!], [web]],
    ["none gets it", opened("api"), opened("web"), [], []],
    ["no Compose", '{ "image": "x" }', opened("web"), []],
    ["no service", '{ "dockerComposeFile": "../../compose.yaml" }', opened("web"), []],
    ["not to be read", '{ "dockerComposeFile": ', opened("web"), []],
  ];

  const cases = rows.map(([what, ofApi, ofWeb, expected, chosen]) => ({ what, ofApi, ofWeb, expected, chosen }));
  test.each(cases)("$what", ({ ofApi, ofWeb, expected, chosen }) => {
    expect(found({ [api]: ofApi, [web]: ofWeb }, chosen)).toEqual(expected);
  });

  test("projects of one name are one", () => {
    const files = { "compose.yaml": `name: "shop"\n${compose}`, "a/x.yaml": "services:\n  api:\n    image: a\n" };
    const list = '["../../a/x.yaml", "../../compose.yaml"]';
    expect(found({ ...files, [api]: opened("api", "", list), [web]: opened("web") })).toEqual(both);
  });

  test("several others are one finding", () => {
    const third = ".devcontainer/db/devcontainer.json";
    const findings = findSharedCompose(
      asFiles({ [api]: opened("api"), [web]: opened("web", run("web")), [third]: opened("db", run("db")) }),
      [api, web, third],
    );
    expect(findings).toHaveLength(1);
    expect(findings[0]!.message).toContain(`also starts web, db of compose.yaml, the service of ${web}, ${third}`);
  });

  test("a name that is a pattern, or a key of every object, is a name", () => {
    expect(found({ [api]: opened("api"), [web]: opened(".*") })).toEqual([both[1]!]);
    expect(found({ [api]: opened("api"), [web]: opened("constructor") })).toEqual([both[1]!]);
  });
});
