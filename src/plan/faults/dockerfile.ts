/** Edits of the generated Dockerfile that break the environment. Pure. */
import { readAssignments } from "../findings/env-instruction.ts";
import { placeIn } from "../../text/place.ts";
import type { Fault, Meant } from "./fault.ts";

/** An instruction of a Dockerfile, its lines joined. */
interface Instruction {
  /** In capital letters. */
  readonly name: string;
  readonly body: string;
  readonly offset: number;
}

interface Stage {
  readonly name: string;
  readonly image: string;
  readonly offset: number;
  readonly instructions: readonly Instruction[];
}

/** The configuration's path in an image. */
const configuration = "/usr/local/share/aperture-env/opencode.json";

/** The script that fetches OpenCode; Tailscale's programs have a script of the same name. */
const fetching = /(?<!tailscale\/)fetch\.sh/;

/** Other ways to copy the doctor: by a pattern, or with its folder. */
const copiesDoctor = /doctor\.mjs|aperture-env\/?(?:\*\S*)?(?=\s)/;

/**
 * Empty if the targets dev and ci still have OpenCode's binary, the Feature folder's content, and the right gateway. The target ci may be removed:
 * nothing generated needs it.
 */
export function findDockerfileFaults(text: string, { url, doctor }: Meant): Fault[] {
  const fault = (offset: number, what: string, fix: string): Fault => ({ ...placeIn(text, offset), what, fix });
  const stages = readStages(text);
  if (!stages.some(({ name }) => name === "dev"))
    return [fault(text.trimEnd().length, "has no target dev, which devcontainer.json builds", "restore the target")];
  return stages
    .filter(({ name }) => name === "dev" || name === "ci")
    .flatMap((stage): Fault[] => {
      const { name } = stage;
      const all = inherited(stage, stages);
      const found: Fault[] = [];
      const runs = (script: string): boolean => all.some((each) => each.name === "RUN" && each.body.includes(script));
      const fetches = (each: Instruction): boolean => {
        const from = /--from=(\S+)/.exec(each.body)?.[1];
        const source = from === undefined ? undefined : stages.find((other) => other.name === from.toLowerCase());
        return each.name === "COPY" && source !== undefined && source.instructions.some(({ body }) => fetching.test(body));
      };
      if (!all.some(fetches) && !all.some(({ name: word, body }) => word === "RUN" && fetching.test(body)))
        found.push(
          fault(
            stage.offset,
            `does not copy OpenCode's binary into the target ${name}`,
            "put  COPY --from=opencode /out/ /  there",
          ),
        );
      if (!runs("aperture-env/install.sh"))
        found.push(
          fault(
            stage.offset,
            `does not install the environment in the target ${name}`,
            "put  RUN sh /usr/local/share/aperture-env/install.sh  after the COPY of its files",
          ),
        );
      found.push(...findDoctorFaults(all, name, doctor).map(({ offset, what, fix }) => fault(offset, what, fix)));
      for (const [variable, meant] of [
        ["OPENCODE_CONFIG", configuration],
        ["APERTURE_URL", url],
      ] as const) {
        const last = all.flatMap(variablesOf).findLast((each) => each.name === variable);
        if (last?.value === meant || last?.value.includes("$") === true) continue;
        const fix =
          variable === "APERTURE_URL"
            ? `write  ENV APERTURE_URL=${url}  there; to use another gateway, set aperture.url in the spec`
            : `write  ENV ${variable}=${meant}  there`;
        const what =
          last === undefined
            ? `sets no ${variable} in the target ${name}`
            : `sets ${variable} to ${last.value} in the target ${name} instead of ${meant}`;
        found.push(fault(last?.offset ?? stage.offset, what, fix));
      }
      return found;
    });
}

/** The COPY beside install.sh names the doctor's file if, and only if, there is one. */
function findDoctorFaults(
  all: readonly Instruction[],
  target: string,
  doctor: Meant["doctor"],
): { readonly offset: number; readonly what: string; readonly fix: string }[] {
  const copies = all.filter(({ name }) => name === "COPY" || name === "ADD");
  const [beside] = copies.filter(({ body }) => body.includes("aperture-env/install.sh"));
  const named = copies.find(({ body }) => body.includes("aperture-env/doctor.mjs"));
  if (doctor === "package")
    return named === undefined
      ? []
      : [
          {
            offset: named.offset,
            what: `copies aperture-env/doctor.mjs in the target ${target}, and with doctor: package there is no such file`,
            fix: "remove it from this COPY",
          },
        ];
  if (beside === undefined || copies.some(({ body }) => copiesDoctor.test(body))) return [];
  return [
    {
      offset: beside.offset,
      what: `does not copy aperture-env/doctor.mjs into the target ${target}`,
      fix: "add it to this COPY, beside install.sh",
    },
  ];
}

/** The instructions of a stage, after those of the stages that it is built from. */
function inherited({ image, instructions }: Stage, stages: readonly Stage[]): readonly Instruction[] {
  const index = stages.findIndex(({ name }) => name === image.toLowerCase());
  const below = index < 0 ? [] : inherited(stages[index]!, stages.slice(0, index));
  return [...below, ...instructions];
}

function readStages(text: string): readonly Stage[] {
  const stages: { name: string; image: string; offset: number; instructions: Instruction[] }[] = [];
  for (const instruction of readInstructions(text)) {
    if (instruction.name !== "FROM") {
      stages.at(-1)?.instructions.push(instruction);
      continue;
    }
    const [image = "", , name = ""] = instruction.body.split(/\s+/).filter((word) => !word.startsWith("--"));
    stages.push({ name: name.toLowerCase(), image, offset: instruction.offset, instructions: [] });
  }
  // Docker builds the last of two stages with the same name.
  return stages.filter(({ name }, index) => name === "" || !stages.slice(index + 1).some((later) => later.name === name));
}

/** A line that ends in a backslash goes on, and comments and blank lines in between do not count (docs.docker.com/reference/dockerfile). */
function readInstructions(text: string): Instruction[] {
  const instructions: Instruction[] = [];
  let open: { name: string; body: string; offset: number } | null = null;
  for (const { 0: line, index } of text.matchAll(/[^\r\n]+/g)) {
    if (/^[ \t\ufeff]*#/.test(line)) continue;
    const goesOn = /\\[ \t]*$/.test(line);
    const said = line.replace(/\\[ \t]*$/, "");
    if (open === null) {
      const [, blank = "", name = "", body = ""] = /^([ \t\ufeff]*)([A-Za-z]+)(.*)$/.exec(said) ?? [];
      if (name === "") continue;
      open = { name: name.toUpperCase(), body: body.trim(), offset: index + blank.length };
    } else open.body += ` ${said.trim()}`;
    if (goesOn) continue;
    instructions.push(open);
    open = null;
  }
  return open === null ? instructions : [...instructions, open];
}

/** The variables that an instruction sets, each at its place in the file. */
function variablesOf({ name, body, offset }: Instruction): { name: string; value: string; offset: number }[] {
  return name === "ENV" ? readAssignments(body).map((variable) => ({ ...variable, offset })) : [];
}
