/** What the YAML parser's codes mean, for a person who looks at the place. Its own sentences speak of its own terms. */
import type { ErrorCode } from "yaml";

const words: Partial<Readonly<Record<ErrorCode, string>>> = {
  ALIAS_PROPS: "an alias cannot have a tag or an anchor",
  BAD_ALIAS: "this alias is not written as one can be",
  BAD_COLLECTION_TYPE: "the tag here does not fit what stands behind it",
  BAD_DIRECTIVE: "a line that begins with % is not one that YAML knows",
  BAD_DQ_ESCAPE: "a backslash does not stand before such a letter between double quotes: for a backslash write two",
  BAD_INDENT: "the indentation does not fit the lines above",
  BAD_PROP_ORDER: "a tag or an anchor stands in the wrong place",
  BAD_SCALAR_START: "a text cannot begin with this character: put it in quotes",
  BLOCK_AS_IMPLICIT_KEY: "a list or a map stands where a plain text was meant: put a text with a colon in it in quotes",
  BLOCK_IN_FLOW: "lines of their own cannot stand between brackets",
  DUPLICATE_KEY: "this key stands here a second time",
  KEY_OVER_1024_CHARS: "this key is too long",
  MISSING_CHAR: "a colon, a comma, a quote or a bracket is missing here, or the indentation does not fit",
  MULTILINE_IMPLICIT_KEY: "a key goes over several lines: a colon is missing, or a quote",
  MULTIPLE_ANCHORS: "two anchors stand here",
  MULTIPLE_DOCS: "a second document begins here",
  MULTIPLE_TAGS: "two tags stand here",
  NON_STRING_KEY: "this key is no text: put it in quotes",
  TAB_AS_INDENT: "a tab stands in the indentation: write spaces",
  TAG_RESOLVE_FAILED: "the tag here, a word with !, means nothing, or does not fit what stands behind it",
  UNEXPECTED_TOKEN: "nobody expects this here",
};

/** Why a text is not YAML, in plain words. `text` and `offset` show where: a mark of git is called by its name. */
export function explainYaml(code: ErrorCode, text: string, offset: number): { readonly why: string; readonly offset: number } {
  const mark = /^<{7}(?: |\r?$)/m.exec(text);
  if (mark !== null) return { why: "a conflict that git left is not settled here", offset: mark.index };
  return { why: words[code] ?? "nobody expects this here", offset };
}
