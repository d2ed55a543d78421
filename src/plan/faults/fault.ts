/** An edit that breaks the environment in a file that people may edit, as a value. */
import { revisionArgument } from "../../catalog/files.ts";
import type { EditRefusal } from "../../edit/splice.ts";

import type { DoctorPlace } from "../../questions/types.ts";

/** One fault with its place: line and column from 1. */
export interface Fault {
  readonly line: number;
  readonly column: number;
  /** The end of a sentence that starts with the file's name, without its full stop. */
  readonly what: string;
  /** The fix, as an imperative without its full stop. */
  readonly fix: string;
}

/** The expected content. */
export interface Meant {
  /** The gateway's origin. */
  readonly url: string;
  readonly revision: string;
  /** Where an image gets the doctor from. */
  readonly doctor: DoctorPlace;
}

/** The fault of a file that cannot be read. */
export function unreadable({ line, column, why }: EditRefusal): Fault {
  return { line, column, what: `cannot be read: ${why}`, fix: "fix it there" };
}

/** What is wrong with the build argument for the revision, which is missing or another one. */
export function describeRevision(given: unknown): string {
  return given === undefined
    ? `does not pass ${revisionArgument} to the build, so editors do not offer a rebuild when the environment changes`
    : `has ${JSON.stringify(given)} for ${revisionArgument}, but the lock has another revision`;
}
