/** All that needs the YAML parser, which is the largest part of the program: loaded at once, and only where there is a spec. */
export { mergeDiscovery, understand } from "./discovered.ts";
export { editSpec } from "./edit.ts";
export { parseSpec } from "./parse.ts";
