/** A build's progress: one changing line on a terminal, one line per step elsewhere. */
import { instead, shown, type Printer } from "../text/terminal.ts";

/** Where it is told. */
export interface Progress {
  /** A step of ours. */
  tell(what: string): void;
  /** Takes what the builder says, in BuildKit's plain form; the first line of each of its numbers is a step. */
  onLine(line: string): void;
  /** Nothing is left of it on a terminal. */
  end(): void;
}

/** Makes one; `out` is null where nothing is to be told. */
export function createProgress(out: Printer | null, now: () => number): Progress {
  const began = now();
  const known = new Set<string>();
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
      if (step === undefined || known.has(step)) return;
      known.add(step);
      if (step !== "0" && !name!.startsWith("[internal]")) tell(name!);
    },
    end: () => {
      if (isOpen) out?.write(instead(""));
      isOpen = false;
    },
  };
}
