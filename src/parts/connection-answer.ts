/** Reads and writes the connection and its options, and computes its needs. Pure. */
import { describe, refused } from "../questions/parse.ts";
import type { Answers, ConnectionChoice, Parsed } from "../questions/types.ts";
import type { Connection, Need, Refusal, Runtime } from "../vocabulary.ts";
import { connections } from "../connections/index.ts";

interface Taken {
  readonly connection: Connection;
  readonly options: Readonly<Record<string, string>>;
}

/** The connection's word in an answer. */
export function kindOf(choice: ConnectionChoice): string {
  return typeof choice === "string" ? choice : choice.kind;
}

/** The connection of that name, or undefined. */
export function findConnection(kind: string): Connection | undefined {
  return connections.find(({ value }) => value === kind);
}

/** The chosen connection's needs. Throws for an unknown one, which validation has refused. */
export function runtimeOf(answers: Answers): Runtime {
  const taken = take(answers.connection);
  if (!taken.ok) throw new Error(taken.why);
  return taken.value.connection.runtime(answers, taken.value.options);
}

/** The needs of the chosen connection with its options; all that it may need if the options are invalid. */
export function needsOf(choice: ConnectionChoice): readonly Need[] {
  const taken = take(choice);
  if (!taken.ok) return findConnection(kindOf(choice))?.needs ?? [];
  const { connection, options } = taken.value;
  return connection.needsWith?.(options) ?? connection.needs;
}

/** Why the chosen connection does not fit these answers; null if it fits. */
export function refusalOf(answers: Answers): Refusal | null {
  const taken = take(answers.connection);
  return taken.ok ? (taken.value.connection.refuse?.(answers, taken.value.options) ?? null) : null;
}

/** The next steps for the chosen connection. Where a container becomes a node of the tailnet, the first says what lets it in. */
export function nextOfConnection(answers: Answers): readonly string[] {
  const taken = take(answers.connection);
  if (!taken.ok) return [];
  const { connection, options } = taken.value;
  const key = connection.value === "auto" ? [] : connection.runtime(answers, options).secrets.slice(0, 1);
  return [
    ...key.map(
      ({ name }) =>
        `Before the container starts, set ${name} to a Tailscale auth key; without one, a person logs in where opencode says`,
    ),
    ...(connection.next?.(answers, options) ?? []),
  ];
}

/** The origin for a container: the gateway's own, or that of a program outside of the container that serves it. */
export function addressOf(answers: Answers): string {
  return runtimeOf(answers).env["APERTURE_URL"] ?? answers.url;
}

/** The origin for a configuration that reads no variable. If a program in the container serves the gateway, the launcher sets a variable instead. */
export function fixedAddressOf(answers: Answers): string {
  const { connect } = runtimeOf(answers);
  return connect?.by.default === "ts-unplug" ? `http://localhost:${connect.port}` : addressOf(answers);
}

/** Reads a word, or a word and options behind it, as `kind,name=value`. */
export function parseConnection(text: string): Parsed<ConnectionChoice> {
  const [kind = "", ...rest] = text.split(",").map((part) => part.trim());
  const options: Record<string, string> = Object.create(null);
  for (const part of rest) {
    const at = part.indexOf("=");
    if (at < 1) return refused(`${JSON.stringify(part)} is not an option of a connection`, "write  kind,name=value");
    options[part.slice(0, at)] = part.slice(at + 1);
  }
  return accept({ ...options, kind });
}

/** Reads a word, or a map with `kind` and options; a list of texts is joined with blanks. In a map of words by host, `default` is the kind. */
export function readConnection(value: unknown): Parsed<ConnectionChoice> {
  if (typeof value === "string") return accept({ kind: value.trim() });
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return refused(`expected text, not ${describe(value)}`, `write  ${connections[0].value}`);
  const { default: otherwise, kind = otherwise, ...options } = value as Record<string, unknown>;
  if (typeof kind !== "string") return refused("the connection has no kind", `write  kind: ${connections[0].value}`);
  if (otherwise !== undefined && otherwise !== kind)
    return refused("the connection has both kind and default", "remove one of them");
  const texts: Record<string, string> = Object.create(null);
  for (const [name, option] of Object.entries(options)) {
    const parts: readonly unknown[] = Array.isArray(option) ? option : [option];
    if (!parts.every((part) => typeof part === "string" || Number.isSafeInteger(part)))
      return refused(`the option ${JSON.stringify(name)} is neither text nor a list of texts`, "put it in quotes");
    texts[name] = parts.join(" ");
  }
  return accept({ ...texts, kind: kind.trim() });
}

/** Writes it so that `parseConnection` gives it back. */
export function formatConnection(choice: ConnectionChoice): string {
  if (typeof choice === "string") return choice;
  const { kind, ...options } = choice;
  return [kind, ...Object.entries(options).map(([name, value]) => `${name}=${value}`)].join(",");
}

/** The word alone where there are no options. */
function accept(choice: { readonly kind: string } & Readonly<Record<string, string>>): Parsed<ConnectionChoice> {
  const taken = take(choice);
  if (!taken.ok) return taken;
  const { connection, options } = taken.value;
  return {
    ok: true,
    value: Object.keys(options).length === 0 ? connection.value : { kind: connection.value, ...options },
    notes: taken.notes,
  };
}

function take(choice: ConnectionChoice): Parsed<Taken> {
  const { kind, ...given } = typeof choice === "string" ? { kind: choice } : choice;
  const connection = findConnection(kind);
  const known = connections.map(({ value }) => value);
  if (connection === undefined)
    return refused(`${JSON.stringify(kind)} is not a connection of this version`, `choose from ${known.join(", ")}`);
  const names = Object.keys(connection.options);
  const stray = Object.keys(given).find((name) => !names.includes(name));
  if (stray !== undefined)
    return refused(
      `${kind} has no option ${JSON.stringify(stray)}`,
      names.length === 0 ? `write  ${kind}` : `its options are ${names.join(", ")}`,
    );
  const options: Record<string, string> = {};
  const notes: string[] = [];
  for (const [name, option] of Object.entries(connection.options)) {
    const text = (given as Record<string, string>)[name];
    if (text === undefined && !option.required) continue;
    if (text === undefined) return refused(`${kind} needs the option ${name}`, `give ${option.help}`);
    const parsed = option.parse(text);
    if (!parsed.ok) return refused(`${kind}'s ${name}: ${parsed.why}`, parsed.fix);
    // In a flag a comma ends an option.
    if (/[,\r\n\0]/.test(parsed.value)) return refused(`${kind}'s ${name} contains a comma or a line end`, "remove it");
    options[name] = parsed.value;
    notes.push(...parsed.notes);
  }
  return { ok: true, value: { connection, options }, notes };
}
