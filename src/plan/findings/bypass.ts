/** Finds settings in a project's own OpenCode configuration that override the environment's. */
import { getNodeValue } from "jsonc-parser";
import { findWaysOut, type Expectation } from "../../opencode/ways-out.ts";
import type { Finding, ProjectFile } from "../finding.ts";
import { nodeAt, placeAt, readNodes } from "./nodes.ts";

/** The parts of the environment that a project's configuration is compared with. */
export type BypassOptions = Expectation;

/** A finding for each setting of the project's configuration files (`opencode.json`, `.opencode/opencode.json`, or `.jsonc`) that overrides one. */
export function findBypass(files: readonly ProjectFile[], options: BypassOptions): Finding[] {
  return files.flatMap((file) => {
    const { path, text } = file;
    // OpenCode treats an empty file as no configuration.
    if (text === "") return [];
    const read = readNodes(text);
    if (read.ok)
      return findWaysOut(getNodeValue(read.node), options).map((way): Finding => ({
        code: way.code,
        where: placeAt(path, text, (nodeAt(read.node, way.path) ?? read.node).offset),
        message: `${way.what}: ${way.comes}`,
        hint: way.hint,
        // This environment does not write to folders above it.
        ...(way.fixable && !path.startsWith("../") && { fixes: [{ file: path, path: way.path.map(String) }] }),
      }));
    const { why, line, column } = read;
    // OpenCode substitutes {env:} and {file:} before it parses, so a text that is invalid here may be valid there.
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
