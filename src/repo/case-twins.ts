/** Names that differ from planned ones only by upper and lower case: two on Linux, and one on the disks of macOS and Windows. */
import { readdirSync } from "node:fs";
import { join, posix } from "node:path";
import type { Finding } from "../plan/findings.ts";

/** A finding for each existing file or folder whose name is a planned one in another case. */
export function findCaseTwins(root: string, planned: readonly string[]): Finding[] {
  const names = new Set(planned.flatMap((path) => path.split("/").map((_, at, parts) => parts.slice(0, at + 1).join("/"))));
  const folders = new Set([...names].map((path) => posix.dirname(path)));
  return [...folders].flatMap((folder) =>
    namesIn(join(root, folder)).flatMap((name): Finding[] => {
      const path = posix.join(folder, name);
      if (names.has(path)) return [];
      const twin = [...names].find((one) => posix.dirname(one) === folder && sameName(posix.basename(one), name));
      if (twin === undefined) return [];
      return [
        {
          code: "case-twin",
          where: { file: path },
          message: `differs from ${twin} only by upper and lower case, and on macOS and Windows both are one`,
          hint: "rename it, or remove it",
        },
      ];
    }),
  );
}

function sameName(one: string, other: string): boolean {
  return one.length === other.length && one.toLowerCase() === other.toLowerCase();
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
