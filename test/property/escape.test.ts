/** Each escape alone: its format's own reader gives back exactly what went in. */
import { execFileSync } from "node:child_process";
import fc from "../support/random-cases.ts";
import { expect, test } from "vitest";
import { parse as parseYaml, parseDocument } from "yaml";
import {
  formatDocker,
  formatJson,
  formatNumber,
  formatShell,
  formatWord,
  formatWords,
  formatYaml,
} from "../../src/render/escape.ts";
import { anyText } from "./arbitraries.ts";

/** As bytes of UTF-8 give a text back: a lone surrogate cannot be written. */
const asWritten = (text: string): string => Buffer.from(text, "utf8").toString("utf8");

test.skipIf(process.platform === "win32").each([["formatShell", formatShell]])(
  "%s: a shell reads one word, the same",
  (_name, format) => {
    const words = fc.sample(anyText, 3000).filter((text) => !text.includes("\0"));
    const script = words.map((word) => `printf '%s\\0' ${format(word)}`);
    const seen = execFileSync("sh", { input: script.join("\n"), encoding: "utf8", maxBuffer: 1e8 });
    expect(seen.split("\0").slice(0, -1)).toEqual(words.map(asWritten));
  },
);

test("formatShell refuses a NUL", () => {
  fc.assert(
    fc.property(anyText, anyText, (before, after) => {
      expect(() => formatShell(`${before}\0${after}`)).toThrow("NUL");
    }),
  );
});

test("formatYaml: one scalar, the same text, on one line, in block and in flow", () => {
  fc.assert(
    fc.property(anyText, anyText, (first, second) => {
      const [one, two] = [formatYaml(first), formatYaml(second)];
      expect(one).not.toMatch(/[\n\r\u0085\u2028\u2029]/);
      const block = `a: ${one} # comment\nb:\n  - ${two}\n  - ${one}\n`;
      expect(parseYaml(block)).toEqual({ a: first, b: [second, first] });
      expect(parseYaml(`{ a: ${one}, b: [${two}, ${one}], c: { d: ${two} } }`)).toEqual({
        a: first,
        b: [second, first],
        c: { d: second },
      });
      expect(parseYaml(`a: ${one}\nb: ${two}\n`, { version: "1.1" })).toEqual({ a: first, b: second });
      if (one.length < 500 && first !== "__proto__")
        expect(parseDocument(`${one}: {}\n`, { stringKeys: true }).toJS()).toEqual({ [first]: {} });
    }),
    { numRuns: 1000 },
  );
});

test("formatJson: one string, the same text, nothing in it that breaks a line or hides", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const written = formatJson(text);
      expect(JSON.parse(written)).toBe(text);
      expect(written).toMatch(/^"[^\n\r]*"$/);
      expect(written).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u);
      expect(Buffer.from(written, "utf8").toString("utf8")).toBe(written);
    }),
    { numRuns: 2000 },
  );
});

test("formatDocker: one value, the same, or refused where it would span lines", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      if (/[\0\r\n]/.test(text)) {
        expect(() => formatDocker(text)).toThrow("cannot span lines");
        return;
      }
      const written = formatDocker(text);
      if (!written.startsWith('"')) {
        expect([written, /^[\w@%+:,./-]+$/.test(written)]).toEqual([text, true]);
        return;
      }
      // Between double quotes a builder reads \" \\ \$ as the character, an unescaped $ as a variable, and all else as it stands.
      expect(written).toMatch(/^"(?:[^"\\$]|\\["\\$])*"$/);
      expect(written.slice(1, -1).replaceAll(/\\(["\\$])/g, "$1")).toBe(text);
    }),
    { numRuns: 2000 },
  );
});

test("formatNumber: the same whole number in every format, or refused", () => {
  fc.assert(
    fc.property(fc.oneof(anyText, fc.integer().map(String), fc.double().map(String), fc.bigInt().map(String)), (text) => {
      if (/^[0-9]{1,15}$/.test(text)) {
        expect(formatNumber(text)).toBe(text);
        return;
      }
      expect(() => formatNumber(text)).toThrow("is not a whole number");
    }),
    { numRuns: 2000 },
  );
});

test("formatWord and formatWords: the same text, or refused", () => {
  const plain = /^[A-Za-z0-9_@:,.+[\]/-]+$/;
  fc.assert(
    fc.property(anyText, (text) => {
      if (plain.test(text)) expect(formatWord(text)).toBe(text);
      else expect(() => formatWord(text)).toThrow("is not a plain word");
      if (text.split(" ").every((word) => plain.test(word))) expect(formatWords(text)).toBe(text);
      else expect(() => formatWords(text)).toThrow("is not a plain word");
    }),
    { numRuns: 2000 },
  );
});
