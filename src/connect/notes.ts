/** What is noted of the connection in a folder of this account, for the launcher and for the next start. */
import { randomUUID } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";

/** Writes a file there at once. */
export function note(folder: string, name: string, text: string): void {
  const draft = `${folder}/.${name}.${randomUUID()}`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, `${folder}/${name}`);
}

/** The text of a file in that folder, empty where there is none. */
export function textIn(folder: string, name: string): string {
  try {
    return readFileSync(`${folder}/${name}`, "utf8");
  } catch {
    return "";
  }
}

/** Notes that the network leads to that host just now; for some minutes the launcher asks no more. */
export function noteNetwork(run: string, host: string): void {
  note(run, "network", `${host} ${Math.floor(Date.now() / 1000)}\n`);
}
