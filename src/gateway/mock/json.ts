/** Reads JSON that nothing is known of yet, and shortens texts for logs. */

/** A JSON object whose fields have not been looked at yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether `value` is a JSON object and not null or a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The objects in a list; none where it is no list. */
export function objectsIn(list: unknown): readonly JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}

/** The strings under `name` in a list of objects, such as the names of tools. */
export function namesIn(list: readonly JsonObject[], name = "name"): readonly string[] {
  return list.map((each) => each[name]).filter((each) => typeof each === "string");
}

/** The first `limit` characters of `text`, with `…` where something was left out. Never half of a surrogate pair. */
export function cut(text: string, limit: number): string {
  // Twice the limit in UTF-16 units holds at least the limit in characters: a prompt of megabytes is not taken apart for its beginning.
  const characters = Array.from(text.slice(0, 2 * limit));
  return characters.length > limit || text.length > 2 * limit ? `${characters.slice(0, limit).join("")}…` : text;
}
