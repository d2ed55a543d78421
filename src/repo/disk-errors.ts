/** Refusals of the operating system for files, as errors for people. The only place that turns an errno into a sentence. */
import { environmentError, type AppError } from "../errors.ts";

/** What each errno means and what to do about it (errno(3); uv_errno_t for Windows). */
const hints: Readonly<Record<string, string>> = {
  EACCES: "Check the permissions of the folder.",
  EBUSY: "Another program uses it. End that program, and run again.",
  EDQUOT: "Your share of the disk is used up. Make room, and run again.",
  EINVAL: "The name has a letter in it that this file system does not take. Rename it.",
  EIO: "The disk does not work as it should. Check it, and run again.",
  EISDIR: "It is a folder, and a file belongs there. Move the folder away.",
  ELOOP: "Its symbolic links lead in a circle. Fix or remove them.",
  EMFILE: "This program has as many files open as the machine lets it. Raise the limit (ulimit -n), and run again.",
  ENAMETOOLONG:
    "A name or the whole path is longer than this file system takes (as a rule 255 bytes for a name). Use a shorter one.",
  ENFILE: "The machine has as many files open as it can. End other programs, and run again.",
  ENOENT: "It is gone, or a folder above it is. Run again.",
  ENOSPC: "The disk is full.",
  ENOTDIR: "Something above it is not a folder. Move that away, or name another place.",
  EPERM: "Check the permissions of the folder.",
  EROFS: "The file system is read-only.",
  ESTALE: "The network drive has lost it. Mount it anew, and run again.",
  ETXTBSY: "It is a program that runs. End it, and run again.",
  EXDEV: "It is on another disk than the folder above it. Name a place on one disk.",
  // What Node says instead of asking the system, for a name with a zero byte in it.
  ERR_INVALID_ARG_VALUE: "The name has a letter in it that no file can have. Rename it.",
};

/** Calls that have to do with files, as errors name them; others, such as `connect` and `spawn`, have codes of the same names. */
const fileCalls =
  /^(?:access|chmod|close|copyfile|cp|fchmod|fstat|fsync|link|lstat|mkdir|mkdtemp|open|opendir|read|readlink|realpath|rename|rm|rmdir|scandir|stat|symlink|unlink|uv_cwd|write)$/;

/** Whether an error is a refusal of the operating system, or of Node in its place, that has to do with files. */
export function isDiskError(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || !Object.hasOwn(hints, codeOf(error))) return false;
  const { syscall, message } = error as NodeJS.ErrnoException;
  return syscall === undefined ? message.includes("null bytes") : fileCalls.test(syscall);
}

/** An error for people instead of an unexplained refusal; every other error unchanged. */
export function explainRefusal(error: unknown): unknown {
  return isDiskError(error) ? diskError(error, { path: "A file", done: "used" }) : error;
}

/** The errno's name, such as `ENOSPC`; empty for an error without one. */
export function codeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" ? code : "";
}

/** A next step for an errno. */
function hintFor(code: string): string {
  return hints[code] ?? "Check the permissions of the folder.";
}

/**
 * The refusal as an error for people, exit 4: which file (the one that the system named, else `path`), that it cannot be `done`, why, and what
 * to do. `code` is the error's own; `outcome` is a sentence on what that means for the run.
 */
export function diskError(
  error: unknown,
  { path, done, code = done === "read" ? "unreadable" : "cannot-write", outcome = "", next = "" }: Refused,
): AppError {
  const errno = codeOf(error);
  const named = (error as NodeJS.ErrnoException).path ?? path;
  const message = `${named} cannot be ${done} (${errno === "" ? String(error) : errno}).${outcome === "" ? "" : ` ${outcome}`}`;
  return environmentError(code, message, `${hintFor(errno)}${next === "" ? "" : ` ${next}`}`);
}

/** The refused operation on a file. */
export interface Refused {
  readonly path: string;
  readonly done: "read" | "written" | "copied" | "used";
  readonly code?: string;
  readonly outcome?: string;
  /** What to do after that, as a sentence. */
  readonly next?: string;
}
