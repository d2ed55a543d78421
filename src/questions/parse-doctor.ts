/** Reads where the doctor comes from. Pure. */
import { doctorPlaces } from "../catalog/doctor-places.ts";
import { names, refused, understood } from "./parse.ts";
import type { DoctorPlace, Parsed } from "./types.ts";

/** One of the places, by its word. */
export function parseDoctor(text: string): Parsed<DoctorPlace> {
  const place = doctorPlaces.find(({ value }) => value === text.trim())?.value;
  return place === undefined
    ? refused(
        `the doctor cannot come from ${JSON.stringify(text.trim())}`,
        `choose from ${names(doctorPlaces.map(({ value }) => value))}`,
      )
    : understood(place);
}
