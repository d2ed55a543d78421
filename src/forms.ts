/** What a value that came as JSON is: each says yes only for the whole form. Nothing inherited counts. */

/** A text. */
export function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** A whole number from 0 on. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** An object, and no list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A list of nothing but such items. */
export function isList<Item>(value: unknown, check: (item: unknown) => item is Item): value is Item[];
export function isList(value: unknown, check: (item: unknown) => boolean): value is unknown[];
export function isList(value: unknown, check: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(check);
}

/** A list of texts. */
export function isTexts(value: unknown): value is string[] {
  return isList(value, isText);
}

/** An object with nothing but texts in it. */
export function isTextMap(value: unknown): value is Record<string, string> {
  return isRecord(value) && Object.values(value).every(isText);
}
