/** A terminal with a program in it, and somebody at the keyboard; what is on its screen comes from a real emulator's buffer. */
import type { IPty } from "@lydell/node-pty";
import xterm from "@xterm/headless";
import type { Environment } from "./machine.ts";

const { spawn, missing } = await import("@lydell/node-pty").then(
  (module) => ({ spawn: module.spawn, missing: null }),
  () => ({ spawn: null, missing: `the pseudo terminal has no build for ${process.platform}-${process.arch}` }),
);

/** Why there is no terminal here, or null where there is one. */
export const whyNoTerminal = process.platform === "win32" ? "Windows redraws what programs write to its terminals" : missing;

/** Keys as a terminal sends them. */
export const keys = {
  enter: "\r",
  up: "\x1b[A",
  down: "\x1b[B",
  escape: "\x1b",
  backspace: "\x7f",
  tab: "\t",
  ctrlC: "\x03",
  ctrlD: "\x04",
};

/** A screen. */
export interface Screen {
  readonly lines: readonly string[];
  readonly isColoured: boolean;
  /** Whether a line was longer than the screen is wide. */
  readonly isFolded: boolean;
}

/** A running program. Everything that it wrote is in `text`. */
export class PseudoTerminal {
  text = "";
  readonly ended: Promise<{ readonly exitCode: number; readonly signal?: number | undefined }>;
  #pty: IPty;
  #seen = 0;
  #running = true;
  #changed: () => void = () => {};
  readonly #emulator: xterm.Terminal;

  constructor(program: string, args: readonly string[], cwd: string, env: Environment, size = { cols: 120, rows: 40 }) {
    const all = { TERM: "xterm-256color", ...env };
    this.#emulator = new xterm.Terminal({ ...size, allowProposedApi: true, scrollback: 1000 });
    this.#pty = spawn!(program, [...args], { cwd, env: all, name: all.TERM, ...size });
    this.#pty.onData((text) => {
      this.text += text;
      this.#emulator.write(text);
      this.#changed();
    });
    this.ended = new Promise((resolve) => {
      this.#pty.onExit((how) => {
        this.#running = false;
        this.#changed();
        resolve(how);
      });
    });
  }

  /** Waits until this is written, behind what was waited for before. */
  async until(text: string): Promise<void> {
    for (;;) {
      const at = this.text.indexOf(text, this.#seen);
      if (at >= 0) {
        this.#seen = at + text.length;
        return;
      }
      if (!this.#running) throw new Error(`it ended before it wrote ${JSON.stringify(text)}: ${JSON.stringify(this.text)}`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  /** Waits for a text and then types. */
  async answer(question: string, typed: string): Promise<void> {
    await this.until(question);
    this.#pty.write(typed);
  }

  /** What is to be seen, and what was scrolled out of sight above it. Each line of the screen is one, as wide as it is. */
  async screen(): Promise<Screen> {
    await new Promise<void>((resolve) => this.#emulator.write("", resolve));
    const { active } = this.#emulator.buffer;
    const lines: string[] = [];
    let isColoured = false;
    let isFolded = false;
    for (let row = 0; row < active.length; row++) {
      const line = active.getLine(row)!;
      lines.push(line.translateToString(true));
      isFolded ||= line.isWrapped;
      for (let column = 0; column < line.length; column++) isColoured ||= line.getCell(column)?.isFgDefault() === false;
    }
    while (lines.at(-1) === "") lines.pop();
    return { lines, isColoured, isFolded };
  }

  /** Ends a program that is still running. */
  close(): void {
    if (this.#running) this.#pty.kill("SIGKILL");
  }
}
