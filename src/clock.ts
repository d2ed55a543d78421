/** Which day it is: read here and nowhere else, and handed on as a value to all that goes by it. */

/** A day as YYYY-MM-DD. */
const form = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Today in UTC, as YYYY-MM-DD. `APERTURE_ENV_TODAY` stands in for the clock, so that what goes by the day can be tried and tested; a text that is no
 * day does not.
 */
export function todayFrom(env: Readonly<Record<string, string | undefined>>): string {
  const given = env["APERTURE_ENV_TODAY"] ?? "";
  return form.test(given) && !Number.isNaN(Date.parse(given)) ? given : new Date().toISOString().slice(0, 10);
}

/** How many days after `from` the day `to` is; negative where it is before. Both as YYYY-MM-DD. */
export function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 86_400_000;
}
