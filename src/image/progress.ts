/** A build's progress: one changing line on a terminal, one line per step elsewhere. */
import { instead, shown, type Printer } from "../text/terminal.ts";

/** Where it is told. */
export interface Progress {
  /** A step of ours. */
  tell(what: string): void;
  /** Takes what the builder says, in BuildKit's plain form; the first line of each of its numbers is a step. */
  onLine(line: string): void;
  /** What the builder went on without, a sentence each without its full stop. Foreign text. */
  missed(): readonly string[];
  /** Nothing is left of it on a terminal. */
  end(): void;
}

/** Makes one; `out` is null where nothing is to be told. */
export function createProgress(out: Printer | null, now: () => number): Progress {
  const began = now();
  const known = new Map<string, string>();
  const missed: string[] = [];
  let isOpen = false;
  const tell = (what: string): void => {
    const line = `${((now() - began) / 1000).toFixed(0).padStart(4)} s  ${what}`;
    isOpen = out?.isTTY === true;
    if (isOpen) out?.write(instead(line.slice(0, 79)));
    else out?.write(shown`${line}\n`);
  };
  return {
    tell,
    onLine: (line) => {
      const [, step, name] = /^(?:\[[^\]]*\] )?#(\d+) (.+)$/.exec(line) ?? [];
      if (step === undefined || name === undefined) return;
      const [, cache] = /^importing cache manifest from (.+)$/.exec(known.get(step) ?? "") ?? [];
      const [, why] = /^ERROR: (.+)$/.exec(name) ?? [];
      if (cache !== undefined && why !== undefined) missed.push(`the cache ${cache} could not be read: ${why}`);
      if (known.has(step)) return;
      known.set(step, name);
      // Docker Compose puts the service's name in front.
      if (step !== "0" && !/^\[(?:\S+ )?(?:internal\]|context )/.test(name)) tell(name);
    },
    missed: () => missed,
    end: () => {
      if (isOpen) out?.write(instead(""));
      isOpen = false;
    },
  };
}
