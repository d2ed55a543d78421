/** What builds and trials say where the files on the disk are not those of spec and lock: they use them as they are. */
import { fails } from "../../plan/check.ts";
import type { Target } from "../../repo/scan.ts";
import type { Io } from "../io.ts";
import { checkRepository } from "./check.ts";

/** A clause for a note on what `check` would fail for; null if it would not, or cannot tell. Never fails. */
export async function describeDrift(target: Target, io: Io): Promise<string | null> {
  const found = await checkRepository(target, { outdated: false, strict: false }, io).catch(() => null);
  const files = new Set(found?.observations.filter(fails).map(({ path }) => path)).size;
  if (files === 0) return null;
  return `the files are used as they are, and ${files === 1 ? "1 differs" : `${files} differ`} from spec and lock; see  npx create-aperture-env check`;
}
