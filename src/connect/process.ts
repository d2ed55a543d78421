/** Processes of this container, as proc(5) tells of them: a number alone is given to another process once its own has ended. */
import { readFileSync, readlinkSync } from "node:fs";

/** What no two processes of a machine share: the number, the time of the start since the machine's, and the space that the number is of. Null where it has ended. */
export function identityOf(pid: number | "self"): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Behind the name, which may hold anything: the state, and as the 20th field the start.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return null;
    return `${Number.parseInt(stat, 10)} ${fields[19]} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return null;
  }
}

/** Whether the process of that identity still runs. One of another container does not, as far as can be seen from here. */
export function isRunning(identity: string): boolean {
  return identityOf(Number.parseInt(identity, 10)) === identity;
}

/** The program that a process runs, as the kernel names it; empty where there is none. */
export function programOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}
