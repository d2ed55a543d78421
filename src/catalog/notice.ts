/** How long before its end date a model is reported and no longer proposed. Separate from the table of models, so that the doctor does not need the table. */
import { daysBetween } from "../clock.ts";

/** From this many days before its end date a model is not proposed, and `update --models` replaces it. */
export const proposedUntil = 90;

/** From this many days before its end date a model of an environment is reported. */
export const toldFrom = 60;

/** Whether a day is at most this many days ahead, or in the past; both as YYYY-MM-DD. */
export function isWithin(ends: string, today: string, days: number): boolean {
  return daysBetween(today, ends) <= days;
}

/** Whether the day is today or in the past. */
export function isOver(ends: string, today: string): boolean {
  return isWithin(ends, today, 0);
}

/** When a model ends, for a sentence that starts with its name. */
export function describeEnd(ends: string, today: string): string {
  return `${isOver(ends, today) ? "ended" : "ends"} on ${ends}, as its vendor announced`;
}
