/** How long before its end a model is proposed no more and told of. Apart from the table of models, so that the doctor can do without that. */
import { daysBetween } from "../clock.ts";

/** So many days before its end a model is proposed no more, and moved by `update --models`. */
export const proposedUntil = 90;

/** So many days before its end it is told of a model that an environment has, and from then on. */
export const toldFrom = 60;

/** Whether a day is at most so many days away, or gone; both as YYYY-MM-DD. */
export function isWithin(ends: string, today: string, days: number): boolean {
  return daysBetween(today, ends) <= days;
}

/** Whether it is gone, or today. */
export function isOver(ends: string, today: string): boolean {
  return isWithin(ends, today, 0);
}

/** When a model ends, for a sentence that begins with its name. */
export function describeEnd(ends: string, today: string): string {
  return `${isOver(ends, today) ? "ended" : "ends"} on ${ends}, as its vendor announced`;
}
