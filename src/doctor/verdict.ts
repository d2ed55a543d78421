/** Keeps the last verdict where the launcher looks for it: one line, and below it the whole report. For this account's eyes only. */
import { randomUUID } from "node:crypto";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Shown } from "../text/terminal.ts";
import type { Env } from "./types.ts";

/** The file, below OpenCode's own state folder's parent. The launcher computes the same. */
export function verdictFile(env: Env): string {
  return `${env["XDG_STATE_HOME"] || `${env["HOME"]}/.local/state`}/aperture-env/verdict`;
}

/** Writes it, for the launcher to print; where that cannot be, nothing is kept. */
export function keepVerdict(file: string, text: Shown): void {
  const folder = file.slice(0, file.lastIndexOf("/"));
  const draft = `${file}.${randomUUID()}`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(draft, String(text), { mode: 0o600, flag: "wx" });
    renameSync(draft, file);
  } catch {
    rmSync(draft, { force: true });
  }
}
