/**
 * Edits of Compose files and workflows, each in four styles: the value as meant, all else as it was. On files of our own in every style that people
 * write, or on 257 and 261 of public repositories (test/support/file-sets.ts).
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { describe, expect, test } from "vitest";
import { Lexer } from "yaml";
import {
  ensureYaml,
  ensureYamlItem,
  missingYamlDepth,
  readYaml,
  removeYaml,
  removeYamlItem,
  type YamlValue,
} from "../../src/edit/yaml.ts";
import { fileSet } from "../support/file-sets.ts";

const styles: Readonly<Record<string, (text: string) => string>> = {
  "as it is": (text) => text,
  "with CRLF": (text) => text.replaceAll(/\r?\n/g, "\r\n"),
  "with a BOM": (text) => `\ufeff${text.replace(/^\ufeff/, "")}`,
  "without a final newline": (text) => text.replace(/\s+$/, ""),
};

type Path = [string, ...string[]];
type Map = { readonly [key: string]: unknown };
type Edit = (root: Map) => readonly [path: Path, value: YamlValue];

const isMap = (value: unknown): value is Map => typeof value === "object" && value !== null && !Array.isArray(value);
const first = (map: unknown): string => Object.keys(isMap(map) ? map : {})[0] ?? "app";

const url = "http://ai";
const edits: Readonly<Record<"compose" | "workflow", Readonly<Record<string, Edit>>>> = {
  compose: {
    "a key at the top": () => [["x-aperture", "made"], { by: "create-aperture-env", files: ["a", "b: c"], on: true }],
    "environment of the first service": ({ services }) => [["services", first(services), "environment", "APERTURE_URL"], url],
    "labels of the first service": ({ services }) => [["services", first(services), "labels", "com.tailscale.aperture"], "on"],
    "the image of the first service": ({ services }) => [["services", first(services), "image"], "ghcr.io/acme/dev:1"],
  },
  workflow: {
    "a key at the top": () => [["x-aperture"], { url }],
    env: () => [["env", "APERTURE_URL"], url],
    "env of the first job": ({ jobs }) => [["jobs", first(jobs), "env", "APERTURE_URL"], url],
    name: () => [["name"], "Aperture: 100 %"],
  },
};

/** Comments by the lexer alone. */
function commentsOf(text: string): string[] {
  let before = "";
  const comments: string[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    if (before !== "\u001f" && lexeme.startsWith("#")) comments.push(lexeme);
    before = lexeme;
  }
  return comments.sort();
}

/** What of `text` is not at the beginning and the end of `edited`. */
function replaced(text: string, edited: string): string {
  let start = 0;
  while (start < text.length && text[start] === edited[start]) start++;
  let end = 0;
  while (end < Math.min(text.length, edited.length) - start && text.at(-1 - end) === edited.at(-1 - end)) end++;
  return text.slice(start, text.length - end);
}

function withValue(map: unknown, [key, ...rest]: Path, value: unknown): unknown {
  const there = isMap(map) ? map : {};
  return { ...there, [key]: rest.length === 0 ? value : withValue(there[key], rest as Path, value) };
}

function depthOf(map: unknown, path: readonly string[]): number {
  const [key, ...rest] = path;
  return key !== undefined && isMap(map) && Object.hasOwn(map, key) ? 1 + depthOf(map[key], rest) : 0;
}

/** Without prototypes that could differ. */
const normal = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** What is refused, and why: a list of `KEY=value`, which is the other way of writing an environment in Compose, is for people to change. */
const ownRefusals: Readonly<Record<keyof typeof edits, Readonly<Record<string, readonly string[]>>>> = {
  compose: {
    'environment of the first service: "environment" comes from a merge key here, which a new key would override': [
      "anchors.yaml",
    ],
    'environment of the first service: "environment" is not a map': ["list-environment.yaml", "services-flow.yaml"],
    'labels of the first service: "labels" is not a map': ["list-environment.yaml", "services-last.yaml"],
  },
  workflow: {},
};
const refusals: Readonly<Record<keyof typeof edits, Readonly<Record<string, readonly string[]>>>> = {
  compose: {
    'environment of the first service: "environment" is not a map': [
      "docker+awesome-compose/gitea-postgres__compose.yaml",
      "docker+awesome-compose/nextcloud-postgres__compose.yaml",
      "docker+awesome-compose/nextcloud-redis-mariadb__compose.yaml",
      "docker+awesome-compose/nginx-aspnet-mysql__compose.yaml",
      "docker+awesome-compose/nginx-flask-mongo__compose.yaml",
      "docker+awesome-compose/nginx-flask-mysql__compose.yaml",
      "docker+awesome-compose/nginx-wsgi-flask__compose.yaml",
      "docker+awesome-compose/pihole-cloudflared-DoH__compose.yaml",
      "docker+awesome-compose/plex__compose.yaml",
      "docker+awesome-compose/postgresql-pgadmin__compose.yaml",
      "docker+awesome-compose/react-express-mysql__compose.yaml",
      "docker+awesome-compose/spring-postgres__compose.yaml",
      "docker+awesome-compose/wireguard__compose.yaml",
      "docker+awesome-compose/wordpress-mysql__compose.yaml",
      "docker+compose/pkg__e2e__fixtures__network-test__compose.yaml",
      "docker+compose/pkg__e2e__testdata__TestProviderRawSetEnvOverridesInheritedEnv__compose.yaml",
      "docker+compose/pkg__e2e__testdata__TestPublishDetectSensitiveData__compose.yaml",
      "docker+compose/pkg__e2e__testdata__TestPublishPromptAggregatesFindings__compose.yaml",
      "docker+compose/pkg__e2e__testdata__TestPublishPromptSuspiciousEnv__compose.yaml",
      "docker+compose/pkg__e2e__testdata__TestUnsetEnv__compose.yaml",
    ],
  },
  workflow: {},
};

/** What is refused in a set of files, and how many of each kind there are at the least. */
const { what, folder, known } = fileSet({
  own: { refused: ownRefusals, least: { compose: 15, workflow: 7 } },
  real: { refused: refusals, least: { compose: 200, workflow: 200 } },
});

describe(what, () => {
  test.each(Object.keys(styles).flatMap((style) => (["compose", "workflow"] as const).map((kind) => ({ kind, style }))))(
    "$kind $style",
    { timeout: 600_000 },
    ({ kind, style }) => {
      const refused: Record<string, string[]> = {};
      const files = readdirSync(join(folder, kind), { recursive: true, encoding: "utf8" }).filter((name) =>
        /\.ya?ml$/.test(name),
      );
      expect(files.length).toBeGreaterThanOrEqual(known.least[kind]);
      for (const file of files.sort()) {
        const text = styles[style]!(readFileSync(join(folder, kind, file), "utf8"));
        const read = readYaml(text);
        if (!read.ok) throw new Error(`${file}:${read.line}:${read.column} ${read.why}`);
        const before = normal(read.value ?? {}) as Map;
        const comments = commentsOf(text);
        for (const [name, edit] of Object.entries(edits[kind])) {
          const [path, value] = edit(before);
          const result = ensureYaml(text, path, value);
          if (!result.ok) {
            (refused[`${name}: ${result.why}`] ??= []).push(file.split(sep).join("/"));
            continue;
          }
          const after = readYaml(result.text);
          expect(after.ok && normal(after.value), file).toEqual(withValue(before, path, value));
          expect(commentsOf(result.text), file).toEqual(comments);
          expect(result.text.startsWith("\ufeff"), file).toBe(text.startsWith("\ufeff"));
          expect(result.text.endsWith("\n"), file).toBe(text.endsWith("\n"));
          if (text.includes("\r\n") && !/(?<!\r)\n/.test(text)) expect(result.text, file).not.toMatch(/(?<!\r)\n/);
          const depth = depthOf(before, path);
          if (depth < path.length) {
            expect(replaced(text, result.text), file).toBe("");
            expect(removeYaml(result.text, path, depth), file).toEqual({ ok: true, text });
          } else {
            // Of what was there, nothing is gone but the old value, which is on one line in all of these.
            expect(replaced(text, result.text), file).not.toMatch(/[\n#]/);
            const without = removeYaml(text, path, depth);
            expect(without.ok && commentsOf(without.text), file).toEqual(comments);
          }
          if (style !== "as it is") continue;
          expect(missingYamlDepth(text, path), file).toBe(depth);
          expect(ensureYaml(result.text, path, value), file).toEqual(result);
        }
      }
      expect(refused).toEqual(known.refused[kind]);
    },
  );

  test.each(Object.keys(styles))("an element in every list that keys lead to, %s", { timeout: 600_000 }, (style) => {
    const refused: string[] = [];
    let lists = 0;
    for (const kind of ["compose", "workflow"] as const) {
      for (const file of readdirSync(join(folder, kind), { recursive: true, encoding: "utf8" }).sort()) {
        if (!/\.ya?ml$/.test(file)) continue;
        const text = styles[style]!(readFileSync(join(folder, kind, file), "utf8"));
        const read = readYaml(text);
        const before = normal((read.ok && read.value) || {}) as Map;
        for (const path of listsIn(before).slice(0, 2)) {
          lists++;
          const items = path.reduce<unknown>((inner, key) => (inner as Map)[key], before) as readonly unknown[];
          const result = ensureYamlItem(text, path, "aperture: new");
          if (!result.ok) {
            refused.push(`${file.split(sep).join("/")}: ${result.why}`);
            continue;
          }
          const after = readYaml(result.text);
          expect(after.ok && normal(after.value), file).toEqual(
            withValue(before, path, [...items, "aperture: new"] as YamlValue),
          );
          expect(commentsOf(result.text), file).toEqual(commentsOf(text));
          expect(replaced(text, result.text), file).toBe("");
          expect(removeYamlItem(result.text, path, "aperture: new", path.length), file).toEqual({ ok: true, text });
        }
      }
    }
    expect(lists).toBeGreaterThan(known.least.compose);
    // What aliases and anchors share is edited nowhere.
    expect(refused.filter((line) => !/used elsewhere|an alias|comes from a merge|has a tag/.test(line))).toEqual([]);
    expect(refused.length).toBeLessThan(lists / 5);
  });
});

/** The paths of all lists that keys alone lead to. */
function listsIn(root: Map, above: readonly string[] = []): Path[] {
  return Object.entries(root).flatMap(([key, inner]) =>
    Array.isArray(inner) ? [[...above, key] as unknown as Path] : isMap(inner) ? listsIn(inner, [...above, key]) : [],
  );
}
