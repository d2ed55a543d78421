/** What hosts make of an environment, for people and for programs. Pure. */
import type { HostFinding, HostReport } from "../parts/hosts.ts";
import { joined, json, shown, visible, type Paint, type Shown } from "../text/terminal.ts";
import { formatTable, type Row } from "./table.ts";

/** What hosts make of one dev container; of the image alone, where `config` is null. Fields are only ever added while `schemaVersion` stays. */
export interface ContainerReport {
  /** The devcontainer.json. */
  readonly config: string | null;
  readonly hosts: readonly HostReport[];
}

/** The reports as one JSON object. */
export function formatHostsJson(root: string, containers: readonly ContainerReport[]): Shown {
  return shown`${json({ schemaVersion: 1, root, containers }, 2)}\n`;
}

/** The reports as tables that are at most so wide, each under the name of its file where there are several. */
export function formatHosts(containers: readonly ContainerReport[], columns: number, paint: Paint): Shown {
  return joined(
    containers.map(({ config, hosts }) => {
      const title = containers.length === 1 ? "" : shown`${paint("bold", config ?? "")}\n`;
      const isNarrow = columns < narrow;
      const titles = isNarrow ? ["what is different, what to do"] : ["what is different", "what to do"];
      const rows = hosts.flatMap((host) => rowsOf(host, isNarrow));
      return shown`${title}${formatTable(["host", "gateway by", ...titles], rows, columns, paint)}`;
    }),
    "\n",
  );
}

/** With fewer columns there is one for what is different and what to do. */
const narrow = 80;

function rowsOf({ label, way, findings }: HostReport, isNarrow: boolean): Row[] {
  const said = (...cells: readonly string[]): string[][] => (isNarrow ? [[...cells]] : cells.map((cell) => [cell]));
  if (findings.length === 0)
    return [{ cells: [[label], [way ?? "-"], ...said("nothing", ...(isNarrow ? [] : [""]))], style: "dim" }];
  return findings.map((finding, index) => ({
    cells: [
      [index === 0 ? label : ""],
      [index === 0 ? (way ?? "-") : ""],
      ...said(sayDifference(finding), `${isNarrow ? "→ " : ""}${visible(finding.fix ?? "nothing")}`),
    ],
  }));
}

function sayDifference({ does, of, what }: HostFinding): string {
  return visible(`${does} ${of}${what === null ? "" : `: ${what}`}`);
}
