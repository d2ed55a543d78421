/** All that needs the YAML parser, which is the largest part of the program: loaded at once, and only where there is a spec. */
export { editSpec } from "./edit.ts";
export { parseSpec } from "./parse.ts";
