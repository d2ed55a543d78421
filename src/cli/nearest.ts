/** Guesses which word was meant. */

/** The known word nearest to a typed one, if a third of its letters differ at most, or two if `least` allows. */
export function nearest<Word extends string>(word: string, known: readonly Word[], least = 2): Word | null {
  const scored = known
    .map((name) => ({ name, distance: editDistance(word, name) }))
    .sort((left, right) => left.distance - right.distance);
  return scored[0] !== undefined && scored[0].distance <= Math.max(least, word.length / 3) ? scored[0].name : null;
}

/** The number of inserted, removed, changed or swapped letters (optimal string alignment). */
function editDistance(left: string, right: string): number {
  let [row, above] = [Array.from({ length: right.length + 1 }, (_, index) => index), [] as number[]];
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const swapped = i > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1] ? above[j - 2]! + 1 : Infinity;
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1), swapped));
    }
    [row, above] = [next, row];
  }
  return row[right.length]!;
}
