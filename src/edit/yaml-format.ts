/** Values as YAML writes them: on one line, or as lines with an indentation. Pure. */

/** A value that can be written into a text. */
export type YamlValue = string | number | boolean | null | readonly YamlValue[] | { readonly [key: string]: YamlValue };

/** A file's layout: its line end and one step of indentation. */
export interface Layout {
  readonly newline: string;
  readonly step: string;
}

/** A value as lines below others, each with its line end before it. */
export function below(value: YamlValue, { newline, step }: Layout, indent: string): string {
  return block(value, step)
    .map((line) => newline + indent + line)
    .join("");
}

/** Whether a value is written on several lines. */
export function isBlock(value: YamlValue): value is readonly YamlValue[] | { readonly [key: string]: YamlValue } {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

/** A value as lines without an indentation. */
export function block(value: YamlValue, step: string): readonly string[] {
  if (!isBlock(value)) return [flow(value, false)];
  if (isList(value)) {
    return value.flatMap((item) => block(item, step).map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`)));
  }
  return Object.entries(value).flatMap(([key, inner]) => {
    const name = flow(key, false);
    return isBlock(inner) ? [`${name}:`, ...block(inner, step).map((line) => step + line)] : [`${name}: ${flow(inner, false)}`];
  });
}

function isList(value: YamlValue): value is readonly YamlValue[] {
  return Array.isArray(value);
}

/** A value on one line. `inside` other brackets more strings need quotes. */
export function flow(value: YamlValue, inside = true): string {
  if (typeof value === "string") return isPlain(value) && !(inside && value.includes(":")) ? value : quoted(value);
  if (typeof value === "number") return number(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (isList(value)) return `[${value.map((item) => flow(item)).join(", ")}]`;
  const pairs = Object.entries(value).map(([key, inner]) => `${flow(key)}: ${flow(inner)}`);
  return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
}

/** With a point before an exponent: without one, YAML 1.1 reads it as a string. */
function number(value: number): string {
  if (Number.isNaN(value)) return ".nan";
  if (!Number.isFinite(value)) return value > 0 ? ".inf" : "-.inf";
  return Object.is(value, -0) ? "-0" : String(value).replace(/^(-?\d+)e/, "$1.0e");
}

/**
 * Whether a string needs no quotes, in YAML 1.2 and 1.1: it starts like a word or a path, so it is not a number, date or indicator; it has no `#`,
 * no colon at the end of a word and no brackets; and it is not a word with a meaning.
 */
function isPlain(text: string): boolean {
  return (
    /^(?:[\p{L}_/]|\.{1,2}\/)(?:[\p{L}\p{N}_./@+$()=%;~^&*!?<>|'-]| (?! |$)|:(?=[^ ]))*$/u.test(text) &&
    !/^(?:y|yes|n|no|on|off|true|false|null)$/i.test(text)
  );
}

/** JSON's quotes and escapes, which YAML supports. Characters that an editor would not show are escaped, too. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A string in the quotes of the one that it replaces, where they can hold it. */
export function quotedAs(type: string | null | undefined, text: string): string {
  if (type === "QUOTE_DOUBLE") return quoted(text);
  if (type === "QUOTE_SINGLE" && /^[ -~\p{L}\p{N}]*$/u.test(text)) return `'${text.replaceAll("'", "''")}'`;
  return flow(text, false);
}
