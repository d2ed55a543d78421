// @ts-check
/**
 * Reformats esbuild's output. esbuild puts each argument, entry and statement on a separate line if the source did; here a call, a list, an object or a
 * block with one statement takes as few lines as the width allows. Only white space changes, which is checked.
 */
import { transformSync } from "esbuild";

/** Ten more than in the project's own sources, because esbuild appends numbers to some names. */
const width = 140;

/** Two statements share a line only if they are short. */
const shortBlock = 70;

/**
 * A statement, an argument or an entry: texts, groups in brackets, and esbuild's line breaks.
 * @typedef {(string | Group | Break)[]} Item
 * @typedef {{ readonly open: string, readonly close: string, readonly isBlock: boolean, items: Item[] }} Group
 * @typedef {{ readonly isBreak: true, readonly isStatement: boolean }} Break
 */

/** A possible break before an operator, and at esbuild's line breaks, as after the condition of an `if`. @type {Record<"operator" | "statement", Break>} */
const breaks = { operator: { isBreak: true, isStatement: false }, statement: { isBreak: true, isStatement: true } };

/**
 * The same program in fewer lines.
 * @param {string} text esbuild's output.
 * @returns {string}
 */
export function fill(text) {
  const printer = new Printer();
  for (const item of parse(text).items) printer.statement(item, 0);
  const filled = printer.text;
  if (minified(filled) !== minified(text)) throw new Error("the layout has changed the program");
  return filled;
}

/** @param {string} text */
function minified(text) {
  return transformSync(text, { minify: true, format: "esm", legalComments: "none" }).code;
}

/** Tokens: comments, strings, regular expressions, brackets, line ends with the next line's indentation, and the rest. */
const tokens = {
  comment: /\/\/.*|\/\*[^]*?\*\//y,
  quoted: /"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'/y,
  template: /`(?:[^`\\$]|\\[^]|\$(?!\{))*(?:`|\$\{)/y,
  templateRest: /\}(?:[^`\\$]|\\[^]|\$(?!\{))*(?:`|\$\{)/y,
  expression: /\/(?![/*])(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y,
  line: /\n */y,
  bracket: /[()[\]{}]/y,
  word: /[\w$]+/y,
  operator: /&&|\|\||\?\?|[?:]/y,
  other: /[^]/y,
};

/**
 * @param {RegExp} kind
 * @param {string} text
 * @param {number} at
 */
function match(kind, text, at) {
  kind.lastIndex = at;
  return kind.exec(text)?.[0] ?? null;
}

/**
 * Parses brackets into groups.
 * @param {string} text
 * @returns {Group}
 */
function parse(text) {
  /** @type {Group} */
  const top = { open: "", close: "", isBlock: true, items: [[]] };
  const around = [{ group: top, column: 0, isTemplate: false }];
  let before = "";
  for (let at = 0; at < text.length;) {
    const inner = /** @type {(typeof around)[number]} */ (around.at(-1));
    const { group } = inner;
    const item = /** @type {Item} */ (group.items.at(-1));
    const add = (/** @type {string} */ piece) => {
      const last = item.at(-1);
      if (typeof last === "string") item[item.length - 1] = last + piece;
      else item.push(piece);
    };
    const begin = (/** @type {string} */ open, /** @type {string} */ close, isBlock = false, column = 0) => {
      /** @type {Group} */
      const next = { open, close, isBlock, items: [[]] };
      item.push(next);
      around.push({ group: next, column, isTemplate: open === "${" });
    };
    const isValueBehind = /[\w$)\]}"'`]$/.test(before) && !/\b(?:return|typeof|case|of|in|throw|await|yield)$/.test(before);
    const rest = inner.isTemplate ? match(tokens.templateRest, text, at) : null;
    const found =
      rest ??
      match(tokens.comment, text, at) ??
      match(tokens.quoted, text, at) ??
      match(tokens.template, text, at) ??
      (isValueBehind ? null : match(tokens.expression, text, at)) ??
      match(tokens.line, text, at) ??
      match(tokens.bracket, text, at) ??
      match(tokens.word, text, at) ??
      match(tokens.operator, text, at) ??
      /** @type {string} */ (match(tokens.other, text, at));
    const { length } = found;
    // esbuild prints a line end in a template as it is; if there is only one, its escape sequence is shorter.
    const token = /^[`}][^\n]*\n[^\n]*$/.test(found) ? found.replace("\n", "\\n") : found;
    at += length;
    if (/^\/(?:\/|\*(?! @__PURE__))/.test(token)) commented.add(item);
    if (token.startsWith("\n")) {
      const column = token.length - 1;
      if (group.isBlock && column <= inner.column && text[at] !== "}") group.items.push([]);
      else if (!group.isBlock && commented.has(item)) group.items.push([]);
      else item.push(breaks.statement);
      continue;
    }
    if (rest !== null || token.startsWith("`")) {
      if (rest !== null) {
        around.pop();
        const outer = /** @type {Item} */ (around.at(-1)?.group.items.at(-1));
        const last = token.endsWith("${") ? token.slice(1, -2) : token.slice(1);
        outer.push(last);
        if (token.endsWith("${")) {
          /** @type {Group} */
          const next = { open: "${", close: "}", isBlock: false, items: [[]] };
          outer.push(next);
          around.push({ group: next, column: 0, isTemplate: true });
        }
      } else if (token.endsWith("${")) {
        add(token.slice(0, -2));
        begin("${", "}");
      } else add(token);
    } else if (token === "(" || token === "[") begin(token, token === "(" ? ")" : "]");
    else if (token === "{") {
      const column = (match(tokens.line, text, at) ?? "\n").length - 1;
      const isBlock = text[at] === "\n" && /(?:\)|=>|\b(?:else|try|catch|finally|do)|class(?: \S+)*?)\s*$/.test(textOf(item));
      begin("{", "}", isBlock, column);
    } else if (/^[)\]}]$/.test(token)) {
      around.pop();
    } else if (token === "," && !group.isBlock) {
      add(token);
      group.items.push([]);
      at += (match(/ +/y, text, at) ?? "").length;
    } else if (/^(?:[?:]|&&|\|\||\?\?)$/.test(token) && before.endsWith(" ") && text[at] === " ") {
      const last = item.at(-1);
      if (typeof last === "string") item[item.length - 1] = last.trimEnd();
      item.push(breaks.operator, token);
    } else add(token);
    if (token.trim() !== "") before = (before + token).slice(-20);
    else before = (before + token).slice(-20);
  }
  tidy(top);
  return top;
}

/**
 * The end of an item as one text.
 * @param {Item} item
 */
function textOf(item) {
  return item
    .slice(-2)
    .map((part) => (typeof part === "string" ? part : "isBreak" in part ? " " : part.close))
    .join("");
}

/** Items with a comment, which ends its line. @type {WeakSet<Item>} */
const commented = new WeakSet();

/**
 * Removes breaks at the beginning and the end, and empty items: the comment with a module's source already separates the modules.
 * @param {Group} group
 */
function tidy(group) {
  for (const item of group.items) {
    while (item.length > 0 && isBlank(item[0])) item.shift();
    while (item.length > 0 && isBlank(item.at(-1))) item.pop();
    const [first] = item;
    if (typeof first === "string") item[0] = first.trimStart();
    const last = item.at(-1);
    if (typeof last === "string") item[item.length - 1] = last.trimEnd();
    for (const part of item) if (typeof part === "object" && "items" in part) tidy(part);
  }
  group.items = group.items.filter((item) => item.length > 0);
}

/** @param {Item[number] | undefined} part */
function isBlank(part) {
  return typeof part === "object" ? "isBreak" in part : part?.trim() === "";
}

/**
 * The item on one line; null if that is not possible.
 * @param {Item} item
 * @returns {string | null}
 */
function flatItem(item) {
  if (commented.has(item)) return null;
  let text = "";
  for (const part of item) {
    if (typeof part === "string") {
      if (part.includes("\n")) return null;
      text += part;
    } else if ("isBreak" in part) text += text.endsWith(" ") ? "" : " ";
    else {
      const flat = flatGroup(part);
      if (flat === null) return null;
      text += flat;
    }
  }
  return text;
}

/**
 * @param {Group} group
 * @returns {string | null}
 */
function flatGroup({ open, close, isBlock, items }) {
  if (items.length === 0) return open + close;
  if (isBlock && (items.length > 2 || items.some(holdsBlock))) return null;
  const flat = items.map(flatItem);
  if (isBlock && items.length > 1 && flat.join(" ").length > shortBlock) return null;
  if (flat.includes(null) || (items.length > 1 && items.some((item) => commented.has(item)))) return null;
  const space = open === "{" ? " " : "";
  return `${open}${space}${flat.join(" ")}${space}${close}`;
}

/**
 * @param {Item} item
 * @returns {boolean}
 */
function holdsBlock(item) {
  return item.some(
    (part) =>
      typeof part === "object" && "items" in part && ((part.isBlock && part.items.length > 0) || part.items.some(holdsBlock)),
  );
}

/** Writes line by line. */
class Printer {
  /** @type {string[]} */
  #lines = [];
  #line = "";
  #column = 0;
  /** The indentation of the current line. */
  #indent = 0;

  get text() {
    return `${[...this.#lines, this.#line].join("\n").trim()}\n`;
  }

  /** @param {string} text */
  #write(text) {
    this.#line += text;
    const end = text.lastIndexOf("\n");
    this.#column = end === -1 ? this.#column + text.length : text.length - end - 1;
  }

  /** @param {number} indent */
  #begin(indent) {
    this.#lines.push(this.#line.trimEnd());
    this.#line = " ".repeat(indent);
    this.#column = indent;
    this.#indent = indent;
  }

  /**
   * @param {Item} item
   * @param {number} indent
   */
  statement(item, indent) {
    this.#begin(indent);
    this.#item(item, 0);
  }

  /**
   * @param {Item} item
   * @param {number} reserve The length of the text that follows directly.
   */
  #item(item, reserve) {
    let indent = this.#indent;
    item.forEach((part, index) => {
      const next = item[index + 1];
      const behind = next === undefined ? reserve : typeof next === "string" ? (next.split("\n")[0]?.length ?? 0) : 0;
      if (typeof part === "string") this.#write(part);
      else if ("isBreak" in part) {
        const after = item.slice(index + 1);
        const end = part.isStatement ? -1 : after.findIndex((each) => typeof each === "object" && "isBreak" in each);
        const rest = end === -1 ? after : after.slice(0, end);
        const flat = flatItem(rest);
        const isShort = flat !== null && this.#column + 1 + flat.length + reserve <= width;
        // If two lines are needed in any case, the body begins after a short condition.
        const isLong = flat === null || indent + 2 + flat.length + reserve > width;
        const isWhole = !rest.some((each) => typeof each === "object" && "isBreak" in each);
        const isHead = part.isStatement && isLong && isWhole && canBreak(rest) && this.#column < width / 2;
        if (isShort || isHead) this.#write(" ");
        else {
          this.#begin(indent + 2);
          if (part.isStatement) indent += 2;
        }
      } else this.#group(part, behind);
    });
  }

  /**
   * @param {Group} group
   * @param {number} reserve
   */
  #group(group, reserve) {
    const { open, close, isBlock, items } = group;
    const flat = flatGroup(group);
    if (flat !== null && (this.#column + flat.length + reserve <= width || open === "${")) return this.#write(flat);
    const indent = this.#indent;
    this.#write(open);
    const isEach =
      isBlock ||
      items.some((item) => commented.has(item)) ||
      (open === "{" && items.some((item) => flatItem(item) === null)) ||
      isTable(group);
    items.forEach((item, index) => {
      const after = index === items.length - 1 ? close.length + reserve : 0;
      if (isEach) this.#begin(indent + 2);
      else {
        const space = index === 0 && open !== "{" ? 0 : 1;
        const text = flatItem(item);
        const fits = text === null ? holdsBlock(item) || index === 0 : this.#column + space + text.length + after <= width;
        // An item that does not fit on a separate line either begins after the bracket.
        const isHead = index === 0 && canBreak(item) && (text === null || indent + 2 + text.length + after > width);
        if (fits || isHead) this.#write(" ".repeat(space));
        else this.#begin(indent + 2);
      }
      this.#item(item, after);
    });
    if (isEach) this.#begin(indent);
    else if (open === "{") this.#write(" ");
    this.#write(close);
  }
}

/**
 * A list of lists, objects or calls has a line for each.
 * @param {Group} group
 */
function isTable({ open, items }) {
  return open === "[" && items.length > 1 && items.every(([first]) => typeof first === "object" && "items" in first);
}

/** @param {Item} item */
function canBreak(item) {
  return item.some((part) => typeof part === "object" && "items" in part && part.open !== "${" && part.items.length > 0);
}
