/** Finds out what an environment was made for, from the file that it has for that. */
import { readMadeFor, type MadeFor } from "../config/environment.ts";
import type { Installation } from "../config/launch.ts";
import { textOf } from "./files.ts";

const nothing: MadeFor = {
  gateway: "",
  version: null,
  online: [],
  managed: null,
  attribution: [],
  volume: null,
  routes: new Map(),
  ends: [],
};

/** `instead` is the text that stands in for a file that is not there: environments had none before there was one. */
export function readInstallation(share: string, prefix: string | null, instead: string | null): Installation {
  const written = textOf(`${share}/environment.json`);
  const file = written === null ? null : readMadeFor(written);
  if (file !== null) return { ...file, share, prefix, toldBy: "file" };
  const caller = instead === null ? null : readMadeFor(instead);
  return { ...(caller ?? nothing), share, prefix, toldBy: caller === null ? null : "caller" };
}
