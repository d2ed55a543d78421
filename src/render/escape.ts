/**
 * Writes a text into its place in a format so that it cannot leave it. Each function takes any text and gives a token of that format;
 * `formatWord` takes only what needs no escape anywhere and throws on the rest.
 */

/** A JSON string: also what breaks lines in JavaScript or is invisible is escaped. */
export function formatJson(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
    escapeUnit,
  );
}

/** JSON of any plain value on one line, with a space inside of braces and behind colons and commas. */
export function formatValue(value: unknown): string {
  if (typeof value === "string") return formatJson(value);
  if (Array.isArray(value)) return `[${value.map(formatValue).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, inner]) => `${formatJson(key)}: ${formatValue(inner)}`);
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

/** JSON that is written already; throws on any other text. */
export function formatLiteral(text: string): string {
  JSON.parse(text);
  return text;
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Words that YAML 1.1 or 1.2 would read as something else than text; e0 is a number to some readers. */
const yamlReserved = /^(?:true|false|yes|no|on|off|y|n|null|~|e\d+)$/i;
const yamlPlain = /^[A-Za-z][A-Za-z0-9_./-]*(?::[A-Za-z0-9_./-]+)*$/;
const yamlVersion = /^\d+\.\d+\.\d+$/;

/** A YAML scalar that reads back as this text: plain where that is safe in block and flow, else a double-quoted one, which is JSON's. */
export function formatYaml(text: string): string {
  const plain = (yamlPlain.test(text) && !yamlReserved.test(text)) || yamlVersion.test(text);
  return plain ? text : formatJson(text);
}

/** JSON of any value as one of YAML on one line. */
export function formatFlow(json: string): string {
  const write = (value: unknown): string => {
    if (typeof value === "string") return formatYaml(value);
    if (Array.isArray(value)) return `[${value.map(write).join(", ")}]`;
    if (typeof value !== "object" || value === null) return String(value);
    const entries = Object.entries(value).map(([key, inner]) => `${formatYaml(key)}: ${write(inner)}`);
    return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
  };
  return write(JSON.parse(json));
}

/** One word of a POSIX shell. A NUL cannot be in one. What would open an expression of GitHub Actions, also within quotes, is taken apart. */
export function formatShell(text: string): string {
  if (text.includes("\0")) throw new Error("a shell word cannot hold a NUL");
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", `'\\''`).replaceAll("${{", "$$''{{")}'`;
}

/** A value of a Dockerfile's ENV: double-quoted where needed, with the builder's own expansions escaped. It cannot span lines. */
export function formatDocker(text: string): string {
  if (/[\0\r\n]/.test(text)) throw new Error("an ENV value cannot span lines");
  return /^[A-Za-z0-9_@%+:,./-]+$/.test(text) ? text : `"${text.replace(/["\\$]/g, "\\$&")}"`;
}

/** A text of characters that mean nothing special in any of the formats; throws on any other, which its validation should have refused. */
export function formatWord(text: string): string {
  if (!/^[A-Za-z0-9_@:,.+[\]/-]+$/.test(text)) throw new Error(`${JSON.stringify(text)} is not a plain word`);
  return text;
}

/** A whole number; throws on any other text. */
export function formatNumber(text: string): string {
  if (!/^\d{1,15}$/.test(text)) throw new Error(`${JSON.stringify(text)} is not a whole number`);
  return text;
}

/** Several plain words. */
export function formatWords(text: string): string {
  return text.split(" ").map(formatWord).join(" ");
}
