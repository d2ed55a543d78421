/** Migrates the value of an older lock to today's form, one version at a time. The result is validated like any other lock. */
import { isRecord } from "../forms.ts";
import { questions } from "../questions/table.ts";

/**
 * Version 1 (0.1.0) supported one existing dev container at most, and recorded only that the revision had been written to it.
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
    // Version 1 did not record what was there before. An empty `features` is more likely ours than the user's.
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

/** Version 2 lacks three things of today's form: keys that were taken out of a file, lists that were a text, and options of a connection. */
function fromVersion2(lock: Record<string, unknown>): Record<string, unknown> {
  return { ...lock, lockVersion: 3 };
}

const steps: Readonly<Record<string, (lock: Record<string, unknown>) => Record<string, unknown>>> = {
  1: fromVersion1,
  2: fromVersion2,
};

/** A lock's value in today's form; unchanged if it is not of an older form. */
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
