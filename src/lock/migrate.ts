/** Brings the value of an older lock into today's form, a step a version. It trusts nothing: the result is checked like any other lock. */
import { isRecord } from "../forms.ts";
import { questions } from "../questions/table.ts";

/**
 * Version 1 (0.1.0) knew one dev container of the user's at the most, and of it only that the revision had been written.
 */
function fromVersion1(lock: Record<string, unknown>): Record<string, unknown> {
  const { files, revision } = lock;
  if (!isRecord(files)) return lock;
  const migrated = Object.entries(files).map(([path, file]) => {
    const { strategy } = asRecord(file);
    if (path === ".devcontainer/aperture-env/.gitattributes" && strategy === "own")
      return [path, { ...asRecord(file), strategy: "lines", lines: linesOfVersion1, created: true }];
    if (strategy !== "keys") return [path, file];
    const key =
      path === ".devcontainer.json"
        ? "./.devcontainer/aperture-env"
        : path === ".devcontainer/devcontainer.json"
          ? "./aperture-env"
          : "../aperture-env";
    // What was there before is not known; an empty `features` is likelier to be of our making than of the user's.
    const value = { path: ["features", key, "revision"], value: revision, item: false, made: 0 };
    return [path, { ...asRecord(file), values: [value] }];
  });
  return { ...lock, lockVersion: 2, files: Object.fromEntries(migrated) as unknown };
}

/** The lines of the Feature folder's `.gitattributes` as version 0.1.0 wrote it. */
const linesOfVersion1 = [
  "# Scripts and JSON for Linux containers: LF on every machine. Generated: collapsed in reviews.",
  "* text eol=lf linguist-generated",
  "opencode/certs/** -text -linguist-generated",
];

/** Version 2 is as today's, but that it knew no keys that were taken out of a file, no list that was a text, and no options of a connection. */
function fromVersion2(lock: Record<string, unknown>): Record<string, unknown> {
  return { ...lock, lockVersion: 3 };
}

const steps: Readonly<Record<string, (lock: Record<string, unknown>) => Record<string, unknown>>> = {
  1: fromVersion1,
  2: fromVersion2,
};

/** Today's form of a lock's value; the same value where it is of no older form. */
export function migrateLock(value: Record<string, unknown>): Record<string, unknown> {
  let lock = value;
  for (const [version, step] of Object.entries(steps)) if (lock["lockVersion"] === Number(version)) lock = step(lock);
  const { lockVersion: version } = value;
  const { answers } = lock;
  if (!isRecord(answers) || typeof version !== "number") return lock;
  const missing = questions.flatMap(({ id, before }) =>
    before !== undefined && version <= before.until && !Object.hasOwn(answers, id) ? [[id, before.value] as const] : [],
  );
  return missing.length === 0 ? lock : { ...lock, answers: { ...answers, ...Object.fromEntries(missing) } };
}

function asRecord(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}
