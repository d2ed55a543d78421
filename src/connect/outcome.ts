/** What comes of connecting, for people. Pure. */

/** How it ended; texts are sentences without their full stops. */
export type Outcome =
  | { readonly ok: true; readonly message: string }
  | {
      readonly ok: false;
      readonly message: string;
      /** The next thing to try. */
      readonly next: string;
      /** Where a person logs in; the daemon waits for that. */
      readonly loginUrl?: string;
    };

/** It did not work. */
export function failed(message: string, next: string): Outcome {
  return { ok: false, message, next };
}
