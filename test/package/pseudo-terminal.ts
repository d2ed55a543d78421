/** A terminal with a program in it, and somebody at the keyboard. */
import type { IPty } from "@lydell/node-pty";
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
  ctrlC: "\x03",
  ctrlD: "\x04",
};

/** A running program. Everything that it wrote is in `text`. */
export class PseudoTerminal {
  text = "";
  readonly ended: Promise<{ readonly exitCode: number; readonly signal?: number | undefined }>;
  #pty: IPty;
  #seen = 0;
  #running = true;
  #changed: () => void = () => {};

  constructor(program: string, args: readonly string[], cwd: string, env: Environment) {
    const all = { TERM: "xterm-256color", ...env };
    this.#pty = spawn!(program, [...args], { cwd, env: all, name: all.TERM, cols: 120, rows: 40 });
    this.#pty.onData((text) => {
      this.text += text;
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

  /** Ends a program that is still running. */
  close(): void {
    if (this.#running) this.#pty.kill("SIGKILL");
  }
}
