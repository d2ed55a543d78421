/** Reads unchecked JSON, and shortens texts for logs. */

/** A JSON object with unchecked fields. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether `value` is a JSON object, not null or a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The objects in a list; none if the value is no list. */
export function objectsIn(list: unknown): readonly JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}

/** The strings under `name` in a list of objects, such as the names of tools. */
export function namesIn(list: readonly JsonObject[], name = "name"): readonly string[] {
  return list.map((each) => each[name]).filter((each) => typeof each === "string");
}

/** The first `limit` characters of `text`, with `…` if some are left out. Never half of a surrogate pair. */
export function cut(text: string, limit: number): string {
  // Twice the limit in UTF-16 units contains at least the limit in characters, so a prompt of megabytes is not split as a whole.
  const characters = Array.from(text.slice(0, 2 * limit));
  return characters.length > limit || text.length > 2 * limit ? `${characters.slice(0, limit).join("")}…` : text;
}
