/** `npm run refresh:actions`: pins the newest tag of each action in `src/catalog/actions.json`; for the maintainer. It writes at the end. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { actions, newestTag, type Action } from "../catalog/actions.ts";

/** Asks each repository for its tags and prints the changes. Throws if one cannot be reached, and then writes nothing. */
export async function refreshActions(root: string): Promise<void> {
  const found: Record<string, Action> = {};
  for (const [name, action] of Object.entries(actions)) {
    const { stdout } = await execa("git", ["ls-remote", "--tags", `https://github.com/${action.repository}`]);
    const newest = newestTag(stdout);
    if (newest === null) throw new Error(`${action.repository} has no tag such as v1.2.3`);
    found[name] = { repository: action.repository, ...newest };
    const was = newest.tag === action.tag ? "as before" : `was ${action.tag}`;
    process.stdout.write(`${action.repository} ${newest.tag}, ${was}\n`);
  }
  const lines = Object.entries(found).map(
    ([name, { repository, tag, commit }]) =>
      `  ${JSON.stringify(name)}: { "repository": "${repository}", "tag": "${tag}", "commit": "${commit}" }`,
  );
  writeFileSync(join(root, "src/catalog/actions.json"), `{\n${lines.join(",\n")}\n}\n`);
}
