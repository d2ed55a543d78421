/** Parts of sentences. */

/** A text with a capital letter at its beginning. */
export function upperFirst(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

/** Names in a row. Of more than `most` only `some`, and how many others there are. */
export function listSome(names: readonly string[], most: number, some = most): string {
  return names.length <= most ? names.join(", ") : `${names.slice(0, some).join(", ")} and ${names.length - some} more`;
}
