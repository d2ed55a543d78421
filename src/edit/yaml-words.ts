/** The YAML parser's error codes in plain words. Its own messages use the YAML specification's terms. */
import type { ErrorCode } from "yaml";

const words: Partial<Readonly<Record<ErrorCode, string>>> = {
  ALIAS_PROPS: "an alias cannot have a tag or an anchor",
  BAD_ALIAS: "this alias is not valid",
  BAD_COLLECTION_TYPE: "this tag does not fit its value",
  BAD_DIRECTIVE: "this directive, a line that starts with %, is unknown",
  BAD_DQ_ESCAPE: "invalid escape sequence in double quotes: write a backslash as \\\\",
  BAD_INDENT: "the indentation does not match the lines above",
  BAD_PROP_ORDER: "a tag or an anchor is in the wrong place",
  BAD_SCALAR_START: "a plain string cannot start with this character: put it in quotes",
  BLOCK_AS_IMPLICIT_KEY: "a list or a map is not allowed here: put a string that contains a colon in quotes",
  BLOCK_IN_FLOW: "a block list or map is not allowed inside brackets",
  DUPLICATE_KEY: "this key is a duplicate",
  KEY_OVER_1024_CHARS: "this key is too long",
  MISSING_CHAR: "a colon, a comma, a quote or a bracket is missing, or the indentation is wrong",
  MULTILINE_IMPLICIT_KEY: "a key spans several lines: a colon or a quote is missing",
  MULTIPLE_ANCHORS: "there are two anchors here",
  MULTIPLE_DOCS: "a second document starts here",
  MULTIPLE_TAGS: "there are two tags here",
  NON_STRING_KEY: "this key is not a string: put it in quotes",
  TAB_AS_INDENT: "a tab is used for indentation: use spaces",
  TAG_RESOLVE_FAILED: "this tag, a word with !, is unknown or does not fit its value",
  UNEXPECTED_TOKEN: "unexpected text",
};

/** Why a text is not YAML, in plain words. A git conflict marker near `offset` is reported as such. */
export function explainYaml(code: ErrorCode, text: string, offset: number): { readonly why: string; readonly offset: number } {
  const mark = /^<{7}(?: |\r?$)/m.exec(text);
  if (mark !== null) return { why: "there is an unresolved git conflict here", offset: mark.index };
  return { why: words[code] ?? "unexpected text", offset };
}
