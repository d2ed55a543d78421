/** Texts as an adversary or an accident would leave them: spliced, nested, repeated, in other encodings. Made of right ones, so that most of the way is gone. */
import fc from "fast-check";

/** What means something in JSON, YAML, paths, shells, terminals, or nowhere. */
const common: readonly string[] = [
  ..."{}[]():,;\"'`\\/*#&!|>%@-?~=+$<.\t \n\r\0",
  "\u001b[2J",
  "\u001b]0;x\u0007",
  "\u0085",
  "\u2028",
  "\u202e",
  "\ufeff",
  "\ufffd",
  "\ud83d",
  "é",
  "🚀",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "null",
  "true",
  "-1",
  "1e999",
  "0x1f",
  "99999999999999999999999999",
  "NaN",
  "..",
  "../",
  "/etc/passwd",
  ".git/config",
  "C:\\x",
  "\\u0000",
  "\\ud800",
  "//",
  "/*",
  "*/",
  "/**/",
  "<<<<<<< HEAD\n",
  "{{x}}",
  "{env:CANARY}",
  "{file:../secret.txt}",
  "${localEnv:CANARY}",
  "$CANARY",
  "$(id)",
  "`id`",
];

const json: readonly string[] = [
  '{"a":',
  '"a":1,',
  '"__proto__":{"x":1},',
  '"features":{},',
  '"features":[],',
  '"features":"x",',
  '"features":null,',
  '"features":{"./aperture-env":{}},',
  '"features":{"./aperture-env":{"revision":"x"}},',
  '"containerEnv":{"APERTURE_URL":"http://elsewhere"},',
  '"containerEnv":3,',
  '"forwardPorts":{},',
  '"build":{"dockerfile":"../../../../etc/passwd"},',
  '"dockerComposeFile":["../secret.txt"],',
  '"postCreateCommand":{"a":["cat","../secret.txt"]},',
  '"provider":{"openai":{"options":{"baseURL":"https://elsewhere/v1","apiKey":"{env:CANARY}"}}},',
  '"plugin":["../secret.txt"],',
  '"agent":{"build":{"model":"{env:CANARY}/x"}},',
  ",",
  ",,",
  "}}",
  "]]",
  "'a'",
  "Infinity",
];

const yaml: readonly string[] = [
  "&a ",
  "*a",
  "<<: *a\n",
  "<<: {a: b}\n",
  "!!binary ",
  "!!js/function ",
  "!<tag:x> ",
  "%YAML 1.1\n---\n",
  "%TAG ! x\n",
  "---\n",
  "...\n",
  "? ",
  "? [a]\n: b\n",
  "- ",
  "|\n",
  ">+9\n",
  "a: a: a\n",
  "\tb: c\n",
  ": ",
  " #",
  "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b]\n",
  "yes",
  "012",
  "12:30:45",
  "providers: {anthropic: {}}\n",
  "aperture: {url: http://ai}\n",
  "  url: http://user:pw@elsewhere/x?y\n",
  "name: x\n",
  "base: {image: a, libc: glibc, user: root}\n",
  "devcontainer: {files: [../devcontainer.json], containerEnv: {A: '${localEnv:CANARY}'}}\n",
];

/** One change of a text, by numbers that choose where. */
type Mutation = (text: string, at: number, length: number, word: string) => string;

const cut = (text: string, at: number): number => (text.length === 0 ? 0 : at % (text.length + 1));

const mutations: Readonly<Record<string, Mutation>> = {
  insert: (text, at, _length, word) => text.slice(0, cut(text, at)) + word + text.slice(cut(text, at)),
  overwrite: (text, at, length, word) => text.slice(0, cut(text, at)) + word + text.slice(cut(text, at) + (length % 12)),
  delete: (text, at, length) => text.slice(0, cut(text, at)) + text.slice(cut(text, at) + 1 + (length % 40)),
  truncate: (text, at) => text.slice(0, cut(text, at)),
  repeat: (text, at, length) => {
    const from = cut(text, at);
    return text.slice(0, from) + text.slice(from, from + (length % 30)).repeat(1 + (length % 7)) + text.slice(from);
  },
  "take a line twice": (text, at) => {
    const lines = text.split("\n");
    return lines.toSpliced(at % lines.length, 0, lines[(at >> 4) % lines.length]!).join("\n");
  },
  "drop a line": (text, at) => {
    const lines = text.split("\n");
    return lines.toSpliced(at % lines.length, 1).join("\n");
  },
  "swap two words": (text, at, length) => {
    const words = text.split(/(\w+)/);
    const [left, right] = [(at % words.length) | 1, (length % words.length) | 1];
    if (words[left] === undefined || words[right] === undefined) return text;
    return words.with(left, words[right]).with(right, words[left]).join("");
  },
  "a word for another": (text, at, _length, word) => {
    const words = text.split(/("[^"\n]*"|\w+)/);
    return words[(at % words.length) | 1] === undefined ? text : words.with((at % words.length) | 1, word).join("");
  },
  deepen: (text, at, length) => {
    const [open, close] = length % 2 === 0 ? ['{"a":', "}"] : ["[", "]"];
    const times = 10 ** (1 + (length % 4));
    return text.slice(0, cut(text, at)) + open.repeat(times) + "1" + close.repeat(times) + text.slice(cut(text, at));
  },
  lengthen: (text, at, length, word) =>
    text.slice(0, cut(text, at)) + word.repeat(1 + (length % 3000)) + text.slice(cut(text, at)),
};

const names = Object.keys(mutations);

/** How the text ends up as bytes: mostly as it is. */
const encodings: Readonly<Record<string, (text: string) => Buffer>> = {
  "UTF-8": (text) => Buffer.from(text, "utf8"),
  BOM: (text) => Buffer.from(`\ufeff${text}`, "utf8"),
  CRLF: (text) => Buffer.from(text.replaceAll(/\r?\n/g, "\r\n"), "utf8"),
  CR: (text) => Buffer.from(text.replaceAll(/\r?\n/g, "\r"), "utf8"),
  "mixed line ends": (text) => Buffer.from(text.replaceAll(/\n(?=[^]{0,40}\n)/g, "\r\n"), "utf8"),
  "UTF-16": (text) => Buffer.from(`\ufeff${text}`, "utf16le"),
  "UTF-16 without BOM": (text) => Buffer.from(text, "utf16le"),
  "Latin-1": (text) => Buffer.from(`${text}ÿ`, "latin1"),
  "no last line end": (text) => Buffer.from(text.trimEnd(), "utf8"),
};

const steps = (words: readonly string[]): fc.Arbitrary<readonly [string, number, number, string][]> =>
  fc.array(
    fc.tuple(
      fc.constantFrom(...names, "insert", "insert", "a word for another", "a word for another"),
      fc.nat({ max: 100_000 }),
      fc.nat({ max: 100_000 }),
      fc.constantFrom(...words),
    ),
    { maxLength: 5 },
  );

/** One of the texts, changed a few times or not at all, as the bytes of a file. */
export function mutated(texts: readonly string[], kind: "json" | "yaml"): fc.Arbitrary<Buffer> {
  const words = [...common, ...(kind === "json" ? json : yaml)];
  const encoding = fc.oneof(
    { weight: 3, arbitrary: fc.constant("UTF-8") },
    { weight: 2, arbitrary: fc.constantFrom(...Object.keys(encodings)) },
  );
  return fc.tuple(fc.constantFrom(...texts), steps(words), encoding).map(([text, changes, how]) => {
    const changed = changes.reduce((now, [name, at, length, word]) => mutations[name]!(now, at, length, word), text);
    return encodings[how]!(changed.slice(0, 400_000));
  });
}

/** A value that is not what was expected. */
const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1e21,
    "",
    "x",
    [],
    {},
    [[]],
    { a: 1 },
    "../x",
    ".git/config",
    "/etc/passwd",
    "\u001b[2J",
  ),
  fc.constantFrom(...common),
  fc.jsonValue({ maxDepth: 2 }),
);

/** A JSON value with a few of its parts replaced, taken out, copied elsewhere or renamed. */
export function deformed(value: unknown): fc.Arbitrary<unknown> {
  const change = fc.tuple(fc.nat({ max: 100_000 }), fc.constantFrom("replace", "take out", "rename", "copy"), oddValue);
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    const copy = structuredClone(value) as Record<string, unknown>;
    for (const [at, how, odd] of changes) {
      const places = placesOf(copy);
      const [parent, key] = places[at % places.length]!;
      const [other, otherKey] = places[(at * 31) % places.length]!;
      if (how === "replace") put(parent, key, structuredClone(odd));
      else if (how === "copy") put(parent, key, structuredClone(Reflect.get(other, otherKey)));
      else {
        const was: unknown = Reflect.get(parent, key);
        Reflect.deleteProperty(parent, key);
        if (how === "rename") put(parent, typeof odd === "string" ? odd : "__proto__", was);
      }
    }
    return copy;
  });
}

/** Also where the key is `__proto__`, as `JSON.parse` does it. */
function put(parent: object, key: string, value: unknown): void {
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
}

function placesOf(value: unknown, found: (readonly [object, string])[] = []): (readonly [object, string])[] {
  if (typeof value !== "object" || value === null) return found;
  for (const key of Object.keys(value)) {
    found.push([value, key]);
    placesOf(Reflect.get(value, key), found);
  }
  return found;
}
