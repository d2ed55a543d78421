/**
 * A container beside a dev container of the user's, put into Compose files in every style that people write, or into those of public repositories
 * (test/support/file-sets.ts), for every service as the one that is opened: either it is refused, or all is there, what belongs to the network is
 * with the service that has it now, no comment is gone, and the way back gives the same bytes.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Lexer } from "yaml";
import { readYaml, yamlEditor } from "../../src/edit/yaml.ts";
import { AppError } from "../../src/errors.ts";
import { runtimeOf } from "../../src/parts/connection-answer.ts";
import { besideValues, networkKeys } from "../../src/parts/sidecar.ts";
import { planValues, takeValuesOut } from "../../src/plan/pieces/values.ts";
import { besideOf } from "../../src/prepare/beside.ts";
import { plainAnswers } from "../support/answers.ts";
import { fileSet } from "../support/file-sets.ts";

const styles: Readonly<Record<string, (text: string) => string>> = {
  "as it is": (text) => text,
  "with CRLF": (text) => text.replaceAll(/\r?\n/g, "\r\n"),
  "with a BOM": (text) => `\ufeff${text.replace(/^\ufeff/, "")}`,
  "without a final newline": (text) => text.replace(/\s+$/, ""),
};

type Map = { readonly [key: string]: unknown };
const isMap = (value: unknown): value is Map => typeof value === "object" && value !== null && !Array.isArray(value);

/** Without prototypes that could differ; what is empty is nothing. */
function valueOf(text: string): Map {
  const read = readYaml(text);
  if (!read.ok) throw new Error(`${read.line}:${read.column} ${read.why}`);
  return JSON.parse(JSON.stringify(read.value ?? {})) as Map;
}

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

/** Without what the way back may leave of a key that was empty before. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      isMap(inner) && Object.keys(inner).length === 0 ? [] : [[key, withoutEmpty(inner)]],
    ),
  );
}

const service = runtimeOf({ ...plainAnswers, connection: "sidecar" }).service!;
const compose = "compose.yaml";

/** Each kind of refusal by its words without names, and the share of all services that may be refused. */
const { what, folder, known } = fileSet({ own: { least: 15, edited: 0.3 }, real: { least: 200, edited: 0.8 } });

describe(what, () => {
  test.each(Object.keys(styles))("%s", { timeout: 600_000 }, (style) => {
    const files = readdirSync(join(folder, "compose"), { recursive: true, encoding: "utf8" }).filter((name) =>
      /\.ya?ml$/.test(name),
    );
    expect(files.length).toBeGreaterThanOrEqual(known.least);
    let [edited, all, moved] = [0, 0, 0];
    for (const file of files.sort()) {
      const text = styles[style]!(readFileSync(join(folder, "compose", file), "utf8"));
      const before = valueOf(text);
      for (const dev of Object.keys(isMap(before["services"]) ? before["services"] : {}).slice(0, 2)) {
        all++;
        const devcontainer = JSON.stringify({ dockerComposeFile: compose, service: dev, workspaceFolder: "/" });
        let beside;
        try {
          const textOf = (path: string): string => (path === compose ? text : devcontainer);
          [beside] = besideOf([".devcontainer.json"], service, { textOf, lock: null, editor: yamlEditor });
        } catch (error) {
          expect(error, `${file} ${dev}`).toBeInstanceOf(AppError);
          continue;
        }
        const piece = { strategy: "keys", path: compose, ...besideValues(service, beside!) } as const;
        const found = { kind: "text", text } as const;
        const { change, locked } = planValues(piece, found, undefined, yamlEditor);
        if (change.kind === "conflict") {
          expect(change.where, `${file} ${dev}: ${change.why}`).toBeDefined();
          continue;
        }
        edited++;
        if (change.kind !== "edit" || locked === null) throw new Error(`${file} ${dev}: ${change.kind}`);
        const after = valueOf(change.after);
        const services = after["services"] as Readonly<Record<string, Map>>;
        const was = (before["services"] as Readonly<Record<string, Map>>)[beside!.owner]!;
        expect(services[beside!.owner]!["network_mode"], `${file} ${dev}`).toBe("service:tailscale");
        for (const key of networkKeys) {
          expect(services[beside!.owner]![key], `${file} ${dev} ${key}`).toBeUndefined();
          if (was[key] === undefined) continue;
          moved++;
          expect(services["tailscale"]![key], `${file} ${dev} ${key}`).toEqual(was[key]);
        }
        expect(commentsOf(change.after), `${file} ${dev}`).toEqual(commentsOf(text));
        expect(change.after.startsWith("\ufeff")).toBe(text.startsWith("\ufeff"));
        if (text.includes("\r\n") && !/(?<!\r)\n/.test(text)) expect(change.after, file).not.toMatch(/(?<!\r)\n/);

        const again = planValues(piece, { kind: "text", text: change.after }, locked, yamlEditor);
        expect(again, `${file} ${dev}`).toMatchObject({ change: { kind: "keep", why: "same" }, locked });
        expect(takeValuesOut(compose, change.after, locked, null, yamlEditor), `${file} ${dev}`).toMatchObject({ after: text });
        // A person went on in the meantime: all goes back to its service.
        const more = `${change.after.replace(/\r?\n?$/, "\n").replaceAll(/\r?\n/g, text.includes("\r\n") ? "\r\n" : "\n")}# more`;
        const left = takeValuesOut(compose, more, locked, null, yamlEditor);
        if (left.kind !== "edit") throw new Error(`${file} ${dev}: ${left.kind} ${"why" in left ? left.why : ""}`);
        expect(withoutEmpty(valueOf(left.after)), `${file} ${dev}`).toEqual(withoutEmpty(before));
        expect(commentsOf(left.after), `${file} ${dev}`).toEqual([...commentsOf(text), "# more"].sort());
      }
    }
    expect(moved).toBeGreaterThan(0);
    expect(edited / all).toBeGreaterThan(known.edited);
  });
});
