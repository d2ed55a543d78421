/**
 * The actions of other people that generated workflows run, as data: each by the commit of its newest known tag, since a tag can be moved (GitHub
 * documentation, "Secure use reference", "Using third-party actions"). `npm run refresh:actions` looks for newer tags.
 */
import data from "./actions.json" with { type: "json" };

/** One action: its repository, its tag, and the commit that the tag names. */
export interface Action {
  readonly repository: string;
  readonly tag: string;
  readonly commit: string;
}

/** All of them, by the word that templates have for each. */
export const actions: Readonly<Record<keyof typeof data, Action>> = data;

/** As templates see them: a step's `uses`, and the tag for the comment behind it, which bots read. */
export function describeActions(): Readonly<Record<string, { readonly uses: string; readonly tag: string }>> {
  return Object.fromEntries(
    Object.entries(actions).map(([name, { repository, tag, commit }]) => [name, { uses: `${repository}@${commit}`, tag }]),
  );
}

/**
 * The newest full tag, `v` and three numbers, in what `git ls-remote --tags` prints (a line is a commit, a tabulator and a reference; that of an
 * annotated tag's commit ends in `^{}`); null without one.
 */
export function newestTag(listing: string): Pick<Action, "tag" | "commit"> | null {
  const commits = new Map<string, string>();
  for (const line of listing.split("\n")) {
    const [, commit, tag] = /^([0-9a-f]{40})\trefs\/tags\/(v\d+\.\d+\.\d+)(?:\^\{\})?$/.exec(line) ?? [];
    // The commit of an annotated tag comes behind the tag's own object.
    if (tag !== undefined) commits.set(tag, commit!);
  }
  const numbers = (tag: string): number[] => tag.slice(1).split(".").map(Number);
  const [newest] = [...commits].sort(([left], [right]) => {
    const [a, b] = [numbers(left), numbers(right)];
    return b[0]! - a[0]! || b[1]! - a[1]! || b[2]! - a[2]!;
  });
  return newest === undefined ? null : { tag: newest[0], commit: newest[1] };
}
