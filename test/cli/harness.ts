/** Runs the program in this process as a terminal or a pipe would, in folders of its own, and shows whether anything on the disk moved. */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { afterAll } from "vitest";
import { run } from "../../src/cli/main.ts";

/** Files by path; a folder ends with `/`. */
export type Files = Readonly<Record<string, string>>;

/** What a run came to. */
export interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where the key of these tests' user is kept. */
export const state = mkdtempSync(join(realpathSync(tmpdir()), "aperture-env-state-"));
// A test runner ends its workers without their handlers of "exit".
afterAll(() => rmSync(state, { recursive: true, force: true }));

/** The registry is the same on every machine, whatever its owner's npm is configured to; and so is the day. */
const quiet = { npm_config_registry: "http://npm.example", XDG_STATE_HOME: state, APERTURE_ENV_TODAY: "2026-11-25" };

/** A folder for one test, without links on the way to it, and what removes it. */
export function makeFolder(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "aperture-env-cli-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Writes files below a folder. */
export function write(folder: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    const full = join(folder, path);
    mkdirSync(path.endsWith("/") ? full : dirname(full), { recursive: true });
    if (path.endsWith("/")) continue;
    writeFileSync(full, text);
    chmodSync(full, 0o644);
  }
}

/** Everything below a folder, but for git's own: kind, mode, bytes; with `times`, also when it was last changed. */
export function treeOf(folder: string, times = false): Files {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => !/(?:^|[\\/])\.git(?:$|[\\/])/.test(name),
  );
  return Object.fromEntries(
    names.sort().map((name) => {
      const full = join(folder, name);
      const found = lstatSync(full);
      const stamp = times ? ` ${found.mtimeMs} ${found.ino}` : "";
      if (found.isSymbolicLink()) return [name, `-> ${readlinkSync(full)}${stamp}`];
      const mode = (found.mode & 0o777).toString(8);
      return [name, found.isDirectory() ? `${mode}/${stamp}` : `${mode}${stamp} ${readFileSync(full, "latin1")}`];
    }),
  );
}

/** A stream that keeps what is written. */
class Kept extends Writable {
  text = "";
  constructor(
    readonly isTTY: boolean,
    readonly columns = 100,
    readonly rows = 40,
  ) {
    super({ decodeStrings: false });
  }
  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += String(chunk);
    this.emit("kept");
    done();
  }
}

/** A keyboard. */
class Keyboard extends PassThrough {
  readonly isTTY = true;
  raw = false;
  setRawMode(raw: boolean): this {
    this.raw = raw;
    return this;
  }
}

/** Runs a command line without a terminal. */
export async function runPiped(argv: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const stdin = new PassThrough();
  stdin.end();
  const [stdout, stderr] = [new Kept(false), new Kept(false)];
  const interrupted = (): AbortSignal => new AbortController().signal;
  const exit = await run(argv, { stdin, stdout, stderr, env: { ...quiet, ...env }, cwd, interrupted });
  return { exit, stdout: stdout.text, stderr: stderr.text };
}

/** A run with somebody at the terminal. */
export interface Session {
  /** Waits until this is on the screen, behind what was waited for before. Fails where the run ends first. */
  until(text: string): Promise<void>;
  press(keys: string): void;
  readonly done: Promise<Ran>;
  /** Whether the keyboard was left raw. */
  isRaw(): boolean;
}

/** Runs a command line at a terminal. */
export function runAtTerminal(argv: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Session {
  const keyboard = new Keyboard();
  const [stdout, stderr] = [new Kept(true), new Kept(true)];
  let seen = 0;
  let ended = false;
  const interrupted = (): AbortSignal => new AbortController().signal;
  const io = { stdin: keyboard, stdout, stderr, env: { ...quiet, TERM: "xterm-256color", ...env }, cwd, interrupted };
  const done = run(argv, io).then((exit) => {
    ended = true;
    stdout.emit("kept");
    keyboard.destroy();
    return { exit, stdout: stripVTControlCharacters(stdout.text), stderr: stripVTControlCharacters(stderr.text) };
  });
  const until = async (text: string): Promise<void> => {
    for (;;) {
      const at = stdout.text.indexOf(text, seen);
      if (at >= 0) {
        seen = at + text.length;
        // The prompt listens one turn after it has drawn itself.
        return new Promise((resolve) => setImmediate(resolve));
      }
      if (ended)
        throw new Error(`the run ended before it said ${JSON.stringify(text)}:\n${stdout.text.slice(seen)}\n${stderr.text}`);
      await new Promise((resolve) => stdout.once("kept", resolve));
    }
  };
  return { until, press: (keys) => void keyboard.write(keys), done, isRaw: () => keyboard.raw };
}
