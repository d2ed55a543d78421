/**
 * The lock, `aperture-env.lock`: what was resolved and what was written. JSON in a fixed order, so that the same run gives the same bytes.
 *
 * It is hostile input: parsed with caps, paths must stay inside the repository, and what does not fit is reported as damaged, never trusted.
 */
import { createHash } from "node:crypto";
import type { Strategy } from "../catalog/files.ts";
import { isRelease, type Release } from "../catalog/release.ts";
import type { Answers } from "../questions/types.ts";

/** Name of the lock at a repository's root. */
export const lockPath = "aperture-env.lock";

/** What was written to one path. */
export interface LockedFile {
  readonly strategy: Strategy;
  /** `sha256-` and the hexadecimal digest of the UTF-8 text. */
  readonly hash: string;
  /** The text's lines, where people are expected to edit the file: the ancestor of a three-way merge. */
  readonly ancestor?: readonly string[];
}

/** The whole lock. */
export interface Lock {
  readonly lockVersion: 1;
  /** Version of the generator that wrote it. */
  readonly generator: string;
  readonly revision: string;
  /** The answers, complete, so that what the spec leaves out stays as it was. */
  readonly answers: Answers;
  readonly opencode: Release;
  /** The npm registry that the Feature falls back to; empty where none is needed. */
  readonly registry: string;
  readonly files: Readonly<Record<string, LockedFile>>;
}

/** The hash of a file's text as the lock writes it. */
export function hashText(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("hex")}`;
}

/** The lock as a file. */
export function formatLock(lock: Lock): string {
  const files = Object.fromEntries(Object.entries(lock.files).sort(([left], [right]) => (left < right ? -1 : 1)));
  return `${JSON.stringify({ ...lock, files }, null, 2)}\n`;
}

const maxLength = 1024 * 1024;
const maxFiles = 200;

/** Reads a lock. Gives null for anything that this version did not write: callers then treat every file on disk as somebody else's. */
export function parseLock(text: string): Lock | null {
  if (text.length > maxLength) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value) || value["lockVersion"] !== 1) return null;
  const { generator, revision, answers, opencode, registry, files } = value;
  const plain =
    typeof generator === "string" && typeof revision === "string" && typeof registry === "string" && isRegistry(registry);
  if (!plain || !isAnswers(answers) || !isRelease(opencode) || !isRecord(files)) return null;
  const entries = Object.entries(files);
  if (entries.length > maxFiles || !entries.every(([path, file]) => isInside(path) && isLockedFile(file))) return null;
  return value as unknown as Lock;
}

/** A registry's address without credentials, or nothing. */
export function isRegistry(text: string): boolean {
  return text === "" || (/^https?:\/\/[A-Za-z0-9.[\]:-]+(?:\/[A-Za-z0-9._~%/-]*)?$/.test(text) && text.length < 300);
}

/** Whether a path of a lock stays inside the repository: relative, with `/`, without `..`, and not in git's own folder. */
export function isInside(path: string): boolean {
  const parts = path.split("/");
  return (
    path.length > 0 &&
    path.length < 500 &&
    !/[\\:\0]/.test(path) &&
    parts.every((part) => !["", ".", "..", ".git", "__proto__"].includes(part.toLowerCase()))
  );
}

/** Whether a value has the shape of answers; whether they still make sense is for the questions to say. */
function isAnswers(value: unknown): value is Answers {
  if (!isRecord(value)) return false;
  const { name, url, connection, model, smallModel, opencode, managed, providers, outputs, base } = value;
  const isText = (item: unknown): item is string => typeof item === "string";
  return (
    [name, url, connection, model, smallModel, opencode].every(isText) &&
    typeof managed === "boolean" &&
    Array.isArray(outputs) &&
    outputs.every(isText) &&
    Array.isArray(providers) &&
    providers.every((choice) => isRecord(choice) && isText(choice["id"]) && isText(choice["api"])) &&
    (isText(base) || (isRecord(base) && isText(base["image"]) && isText(base["libc"]) && isText(base["user"])))
  );
}

function isLockedFile(value: unknown): value is LockedFile {
  if (!isRecord(value)) return false;
  const { strategy, hash, ancestor } = value;
  const known = strategy === "own" || strategy === "keys";
  const lines = ancestor === undefined || (Array.isArray(ancestor) && ancestor.every((line) => typeof line === "string"));
  return known && lines && typeof hash === "string" && /^sha256-[0-9a-f]{64}$/.test(hash);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
