/** Finds settings in a project's own OpenCode configuration that override the environment's. */
import { getNodeValue } from "jsonc-parser";
import { findWaysOut, type Expectation } from "../../opencode/ways-out.ts";
import type { Finding, ProjectFile } from "../finding.ts";
import { nodeAt, placeAt, readNodes } from "./nodes.ts";

/** What of the environment a project's configuration is held against. */
export type BypassOptions = Expectation;

/** What the project's configuration files (`opencode.json`, `.opencode/opencode.json`, or `.jsonc`) set against the environment. */
export function findBypass(files: readonly ProjectFile[], options: BypassOptions): Finding[] {
  return files.flatMap((file) => {
    const { path, text } = file;
    // OpenCode takes an empty file for no configuration.
    if (text === "") return [];
    const read = readNodes(text);
    if (read.ok)
      return findWaysOut(getNodeValue(read.node), options).map((way): Finding => ({
        code: way.code,
        where: placeAt(path, text, (nodeAt(read.node, way.path) ?? read.node).offset),
        message: `${way.what}: ${way.comes}`,
        hint: way.hint,
        // A folder above is not this environment's to write into.
        ...(way.fixable && !path.startsWith("../") && { fixes: [{ file: path, path: way.path.map(String) }] }),
      }));
    const { why, line, column } = read;
    // OpenCode puts these in before it reads; outside of quotes, they can make a text whole that is none here.
    const filledIn = /[:[,]\s*\{(?:env|file):/.test(text);
    return [
      {
        code: "unreadable-config",
        where: { file: path, line, column },
        message: `${filledIn ? "this file cannot be checked" : "OpenCode does not start with this file"}: ${why}`,
        hint: "fix it there",
      },
    ];
  });
}
