/** Looks at what of the user's outputs go by. */
import { demandOf, outputsOf } from "../parts/compose.ts";
import { isRecord } from "../forms.ts";
import type { FileState, Snapshot } from "../plan/snapshot.ts";
import type { Answers } from "../questions/types.ts";
import { look } from "../repo/scan.ts";
import type { Look, Met, Shape } from "../vocabulary.ts";

/** What was met, and what lay at the paths that were looked at. */
export interface Meeting {
  readonly met: Met;
  readonly seen: Snapshot;
}

/** Asks each output that answers want. */
export async function meet(root: string, answers: Answers, shape: Shape): Promise<Meeting> {
  const asking = outputsOf(demandOf(answers, shape)).filter((output) => output.meet !== undefined);
  if (asking.length === 0) return { met: {}, seen: new Map() };
  const { yamlEditor } = await import("../spec/file.ts");
  const seen = new Map<string, FileState>();
  const at = (path: string): FileState => {
    const found = seen.get(path) ?? look(root, path);
    seen.set(path, found);
    return found;
  };
  const text = (path: string): string | null => {
    const found = at(path);
    return found.kind === "text" ? found.text : null;
  };
  const looking: Look = {
    text,
    map: (path) => {
      const found = yamlEditor.read(text(path) ?? "");
      return found.ok && isRecord(found.value) ? found.value : null;
    },
  };
  return { met: Object.assign({}, ...asking.map((output) => output.meet!(looking))) as Met, seen };
}
