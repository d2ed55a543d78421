/** What is mounted here, by the kernel's own table (proc(5), "/proc/pid/mountinfo"). */
import { readFileSync } from "node:fs";

/** One file system at its place. */
export interface Mount {
  readonly place: string;
  readonly options: readonly string[];
}

/** All of them in the order in which they were mounted; empty where nobody says, which only Linux does. */
export function readMounts(): readonly Mount[] {
  try {
    return parseMounts(readFileSync("/proc/self/mountinfo", "utf8"));
  } catch {
    return [];
  }
}

/** The table's columns 5 and 6. Blanks, tabs, line ends and backslashes of a path are in octal there. */
export function parseMounts(table: string): readonly Mount[] {
  return table.split("\n").flatMap((line) => {
    const [, , , , place, options = ""] = line.split(" ");
    if (place === undefined) return [];
    const plain = place.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    return [{ place: plain, options: options.split(",") }];
  });
}
