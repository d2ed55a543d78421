/** Lines for `.gitignore` that take planned files out of what git ignores, and nothing else with them. Pure. */
import { featureFolder } from "../catalog/files.ts";

/** The folders on the way to a path, the outermost first, each with a `/` behind it. */
export function foldersOf(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => `${parts.slice(0, index + 1).join("/")}/`);
}

/**
 * The lines for those of `paths` that are `ignored`, which also says which of their folders are. Git does not look into an ignored folder
 * (gitignore(5)), so it is taken in again, what lies in it is ignored as before, and then come the files themselves.
 */
export function unignoreLines(paths: readonly string[], ignored: ReadonlySet<string>): string[] {
  const lines: string[] = [];
  for (const path of paths.filter((candidate) => ignored.has(candidate))) {
    for (const folder of foldersOf(path)) {
      if (!ignored.has(folder)) continue;
      lines.push(`!/${escape(folder)}`);
      if (!isOurs(folder)) lines.push(`/${escape(folder)}*`);
    }
    lines.push(isOurs(path) ? `!/${featureFolder}/**` : `!/${escape(path)}`);
  }
  return [...new Set(lines)];
}

function isOurs(path: string): boolean {
  return path.startsWith(`${featureFolder}/`);
}

/** What has a meaning in a pattern is a plain character behind a backslash. */
function escape(path: string): string {
  return path.replace(/[*?[\]\\]/g, "\\$&").replace(/ $/, "\\ ");
}
