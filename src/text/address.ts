/** Texts of addresses. */

/** An address without the slashes at its end. Found from behind: a pattern would begin anew at each slash of a long row, and take its length squared. */
export function withoutEndSlashes(address: string): string {
  let end = address.length;
  while (address[end - 1] === "/") end--;
  return address.slice(0, end);
}
