/** What a build came to, for people and for programs. */
import { formatShell } from "../render/escape.ts";
import { json, joined, shown, type Shown } from "../text/terminal.ts";

/** What a build came to, or would. Fields are only ever added while `schemaVersion` stays. */
export interface BuildOutcome {
  readonly status: "built" | "pushed" | "planned";
  readonly root: string;
  /** The devcontainer.json that is built. */
  readonly config: string;
  readonly target: string | null;
  readonly images: readonly string[];
  /** The image's id in the engine's store; null where it is not there. */
  readonly id: string | null;
  /** Its digest in a registry; null where it was not pushed. */
  readonly digest: string | null;
  readonly revision: string;
  readonly labels: Readonly<Record<string, string>>;
  /** SOURCE_DATE_EPOCH, in seconds. */
  readonly epoch: number | null;
  /** The Dev Containers CLI's words; the repository is a copy. */
  readonly command: readonly string[];
  /** What it hands on to the builder. */
  readonly options: readonly string[];
  /** What is as good as it can be here and no better. */
  readonly notes: readonly string[];
}

/** The outcome as one JSON object. */
export function formatBuildJson(outcome: BuildOutcome): Shown {
  return shown`${json({ schemaVersion: 1, ...outcome }, 2)}\n`;
}

/** The outcome for people. */
export function formatBuild({ status, images, target, config, id, digest, epoch, command, options, notes }: BuildOutcome): Shown {
  const said = notes.map((note) => shown`Note: ${note}.\n`);
  if (status === "planned") {
    const time = epoch === null ? "" : `SOURCE_DATE_EPOCH=${epoch} `;
    const more = options.length === 0 ? "" : shown`with these options for the builder\n  ${words(options)}\n`;
    return shown`Would build ${target ?? "the image"} of ${config} from a copy of the repository:\n  ${time}${words(command)}\n${more}${joined(said)}`;
  }
  const [image = ""] = images;
  const consumer = JSON.stringify({ image: digest === null ? image : `${image}@${digest}` });
  return shown`${status === "pushed" ? "Pushed" : "Built"} ${images.join(", ")}\n  ${digest ?? id ?? ""}\n${joined(said)}\nA devcontainer.json that uses it:\n  ${consumer}\n`;
}

function words(all: readonly string[]): string {
  return all.map((word) => (/^[\w./:=,@-]+$/.test(word) ? word : formatShell(word))).join(" ");
}
