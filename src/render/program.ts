/**
 * Runs a Handlebars template that was parsed at build time (src/scripts/templates.mjs). Handlebars' runtime and a compiled function for each template
 * were two fifths of the code that Node compiles at start-up; these programs are JSON. A property test compares them with Handlebars itself.
 *
 * A part is a text, or a list that begins with what it is: a helper with a value, `raw` with a value, `if`, `unless` and `each` with a value and
 * programs, or `partial` with its name and the values it is given. A value is the names on the way to it, or a text.
 */

/** What a template gives, part by part. */
export type Program = readonly Part[];
type Part = string | readonly [kind: string, value: Value, then?: Program, otherwise?: Program] | Call;
type Call = readonly [kind: "partial", name: string, given: Readonly<Record<string, Value>>];
type Value = readonly string[] | string;

/** What programs call: functions that turn a value into a text, and programs by name. */
export interface Library {
  readonly helpers: Readonly<Record<string, (value: unknown) => string>>;
  readonly partials: Readonly<Record<string, Program>>;
}

/** What a name in a part of a template refers to. */
interface Scope {
  readonly context: unknown;
  /** The context of the whole template. */
  readonly root: unknown;
  /** Inside `each`: whether this is the last item, and the scope around the block. */
  readonly isLast?: boolean;
  readonly outer?: Scope;
}

/** The text that a program gives for a context. */
export function runProgram(program: Program, context: unknown, library: Library): string {
  return write(program, { context, root: context }, library);
}

function write(program: Program, scope: Scope, library: Library): string {
  let text = "";
  for (const part of program) text += typeof part === "string" ? part : writePart(part, scope, library);
  return text;
}

function writePart(part: Exclude<Part, string>, scope: Scope, library: Library): string {
  if (isCall(part)) {
    const [, name, given] = part;
    const values = Object.entries(given).map(([key, value]) => [key, valueOf(value, scope)]);
    const context = { ...(scope.context as object), ...Object.fromEntries(values) };
    return write(library.partials[name]!, { ...scope, context }, library);
  }
  const [kind, path, then = [], otherwise = []] = part;
  const value = valueOf(path, scope);
  switch (kind) {
    case "raw":
      return value === undefined || value === null ? "" : String(value);
    case "if":
      return write(isGiven(value) ? then : otherwise, scope, library);
    case "unless":
      return write(isGiven(value) ? otherwise : then, scope, library);
    case "each": {
      const items = Array.isArray(value) ? (value as unknown[]) : [];
      return items
        .map((context, index) => {
          const inner = { context, root: scope.root, isLast: index === items.length - 1, outer: scope };
          return write(then, inner, library);
        })
        .join("");
    }
    default:
      return library.helpers[kind]!(value);
  }
}

function isCall(part: Exclude<Part, string>): part is Call {
  return part[0] === "partial";
}

/** Follows the names. Only own properties count; a missing value gives undefined. */
function valueOf(path: Value, scope: Scope): unknown {
  if (typeof path === "string") return path;
  let at = scope;
  let value = scope.context;
  for (const name of path) {
    if (name === "..") value = (at = at.outer!).context;
    else if (name === "@root") value = at.root;
    else if (name === "@last") value = at.isLast;
    else
      value =
        value !== null && value !== undefined && Object.hasOwn(value, name)
          ? (value as Record<string, unknown>)[name]
          : undefined;
  }
  return value;
}

/** The rule of Handlebars' `if`: an empty list counts as false. */
function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}
