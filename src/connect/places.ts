/** Where what runs here is found by others of this account, and where a login is kept. The launcher looks at the same places. */
import { accessSync, chmodSync, constants, lstatSync, mkdirSync } from "node:fs";
import { posix } from "node:path";
import { readMounts } from "./mounts.ts";

/** Places that end with the container and that no variable moves. */
export const places: readonly string[] = ["/tmp", "/var/tmp", "/dev/shm"];

/** The folder of what runs here, which is made where it is not there; null where no place will do. */
export function findRunFolder(uid: number, candidates: readonly string[] = places): string | null {
  for (const candidate of candidates) {
    const folder = `${candidate}/aperture-env-${uid}`;
    if (isPrivate(folder, uid)) return folder;
  }
  return null;
}

/** The folder on the volume for the login of this account; null where there is no volume, or it cannot be used. */
export function findStateFolder(volume: string | null, uid: number, name: string): string | null {
  if (volume === null || mountOf(volume) === "/") return null;
  const own = `${volume}/aperture-env-${uid}`;
  return isPrivate(own, uid) && isPrivate(`${own}/${name}`, uid) ? `${own}/${name}` : null;
}

/** Whether it is, or has become, a real folder of this account that no other may enter. */
function isPrivate(folder: string, uid: number): boolean {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch {
    // It is there, or cannot be made.
  }
  try {
    const stats = lstatSync(folder);
    if (!stats.isDirectory() || stats.uid !== uid) return false;
    if ((stats.mode & 0o077) !== 0) chmodSync(folder, 0o700);
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where the file system of a folder is mounted. */
function mountOf(folder: string): string {
  const mounts = readMounts().map(({ place }) => place);
  let place = folder;
  while (place !== "/" && !mounts.includes(place)) place = posix.dirname(place);
  return place;
}
