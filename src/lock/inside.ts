/** Which relative paths stay inside a repository, whatever file system it lies on: not above it, and not in git's own folder. */

/** Code points that HFS+ leaves out when it compares names (git, utf8.c, next_hfs_char). */
const ignoredByHfs = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/** `.git` as NTFS and HFS+ may spell it, beside the plain name (git, path.c, is_ntfs_dotgit; utf8.c, is_hfs_dotgit). */
const dotGit = /^(?:\.git|git~\d+)[ .]*(?::|$)/i;

/**
 * Whether one part of a path names git's own folder on some file system. Windows drops dots and blanks at the end, has a short name for it, and
 * streams behind a colon; HFS+ leaves out code points that nobody sees. The answer is the same on every system, because a repository is cloned to others.
 */
export function isDotGit(part: string): boolean {
  return dotGit.test(part.replace(ignoredByHfs, ""));
}

/** Whether a path stays inside the repository: relative, with `/`, without `..`, and not in git's own folder. */
export function isInside(path: string): boolean {
  const parts = path.split("/");
  return (
    path.length > 0 &&
    path.length < 500 &&
    !/[\\:\0]/.test(path) &&
    parts.every((part) => !["", ".", "..", "__proto__"].includes(part.toLowerCase()) && !isDotGit(part))
  );
}

/** Whether any path, of whatever system, stays below its root, and names no folder of git's own on any disk. What git's index has is such a path. */
export function staysBelow(path: string): boolean {
  return path.split(/[\\/]/).every((part) => !["", ".", ".."].includes(part) && !isDotGit(part));
}
