/** Reads a Dockerfile as builders do and tells what would not build everywhere, or would keep what it must not. */
import { DockerfileParser, type Cmd, type Copy, type From, type Instruction, type PropertyInstruction } from "dockerfile-ast";

/** What is known besides the text. */
export interface DockerfileSetting {
  /** Stages that are built by name. */
  readonly targets: readonly string[];
  /** Whether a path, relative to the build's context, is there; folders have a `/` behind. */
  readonly exists: (path: string) => boolean;
}

interface Stage {
  readonly from: From;
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

/** All that is needed; what older and other builders lack (ADD's addresses, HEALTHCHECK, SHELL) is left out on purpose. */
const known = ["ARG", "CMD", "COPY", "ENV", "FROM", "LABEL", "RUN", "USER", "WORKDIR"];
/** Builders warn of these in ARG and ENV (docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env): their values stay in the image. */
const secret = /apikey|auth|credential|key|password|passwd|secret|token/i;

/** Gives a line for each thing that is wrong; nothing where all is well. */
export function judgeDockerfile(text: string, { targets, exists }: DockerfileSetting): string[] {
  const found: string[] = [];
  const dockerfile = DockerfileParser.parse(text);
  if (dockerfile.getDirectives().length > 0 || /^\s*#\s*(?:syntax|escape)\s*=/im.test(text))
    found.push("a directive stands at the top");
  for (const instruction of dockerfile.getInstructions()) found.push(...judgeInstruction(instruction));

  const stages = splitStages(dockerfile.getInstructions());
  if (stages.length === 0) return [...found, "there is no stage"];
  const taken = new Set<string>(targets);
  const inherited = new Map<string, ReadonlySet<string>>();
  for (const [index, stage] of stages.entries()) {
    const earlier = stages.slice(0, index).map(({ name }) => name);
    const { image, complaint } = readImage(stage.from, earlier);
    if (complaint !== null) found.push(complaint);
    if (stage.name === "") found.push(`the stage on ${image} has no name`);
    if (earlier.includes(stage.name)) found.push(`there are two stages ${stage.name}`);
    if (earlier.includes(image)) taken.add(image);
    const environment = new Set(inherited.get(image));
    const declared = new Set(environment);
    for (const instruction of stage.instructions) {
      found.push(...judgeVariables(instruction, declared, stage.name));
      for (const name of namesOf(instruction)) {
        declared.add(name);
        if (instruction.getKeyword() === "ENV") environment.add(name);
      }
      if (instruction.getKeyword() !== "COPY") continue;
      const source = (instruction as Copy).getFromFlag()?.getValue() ?? null;
      if (source === null) found.push(...judgeSources(instruction, exists));
      else if (earlier.includes(source)) taken.add(source);
      else found.push(`${stage.name} copies from ${source}, which is no stage above it`);
    }
    inherited.set(stage.name, environment);
  }
  const names = stages.map(({ name }) => name);
  for (const name of names.filter((candidate) => !taken.has(candidate))) found.push(`nobody uses the stage ${name}`);
  for (const target of targets.filter((candidate) => !names.includes(candidate))) found.push(`there is no stage ${target}`);
  return found;
}

function judgeInstruction(instruction: Instruction): string[] {
  const keyword = instruction.getKeyword();
  const found: string[] = [];
  if (!known.includes(keyword)) found.push(`${keyword} is not among ${known.join(", ")}`);
  if ((instruction.getArgumentsContent() ?? "").includes("<<")) found.push(`${keyword} has a heredoc`);
  const flags = "getFlags" in instruction ? (instruction as Copy).getFlags().map((flag) => flag.getName()) : [];
  const allowed = keyword === "COPY" ? ["from"] : keyword === "RUN" ? ["mount"] : [];
  for (const flag of flags.filter((name) => !allowed.includes(name))) found.push(`${keyword} has the flag --${flag}`);
  for (const name of namesOf(instruction).filter((candidate) => secret.test(candidate)))
    found.push(`${keyword} ${name} looks like a secret, and would stay in the image`);
  if (keyword === "CMD" && (instruction as Cmd).getJSONStrings().length === 0) found.push("CMD is not a JSON list");
  return found;
}

/** The variables that an instruction declares for those below it. */
function namesOf(instruction: Instruction): string[] {
  if (!["ARG", "ENV"].includes(instruction.getKeyword())) return [];
  return (instruction as PropertyInstruction).getProperties().map((property) => property.getName());
}

function judgeVariables(instruction: Instruction, declared: ReadonlySet<string>, stage: string): string[] {
  const content = instruction.getArgumentsContent() ?? "";
  const setHere = (name: string): boolean => instruction.getKeyword() === "RUN" && new RegExp(`(?:^|\\s)${name}=`).test(content);
  return instruction
    .getVariables()
    .map((variable) => variable.getName())
    .filter((name) => /^\w+$/.test(name) && !declared.has(name) && !setHere(name))
    .map((name) => `${stage} uses ${name}, which is not declared there`);
}

function judgeSources(instruction: Instruction, exists: (path: string) => boolean): string[] {
  const paths = instruction.getArguments().map((argument) => argument.getValue());
  const [sources, target] = [paths.slice(0, -1), paths.at(-1) ?? ""];
  const missing = sources.filter((path) => !exists(path)).map((path) => `COPY takes ${path}, which is not there`);
  return sources.length > 1 && !target.endsWith("/") ? [...missing, `COPY puts several files on ${target}`] : missing;
}

function readImage(from: From, earlier: readonly string[]): { image: string; complaint: string | null } {
  const image = from.getImage() ?? "";
  const pinned = from.getImageTag() !== null || from.getImageDigest() !== null;
  if (image.includes("$")) return { image, complaint: `FROM ${image} depends on a variable` };
  if (earlier.includes(image) || pinned) return { image, complaint: null };
  return { image, complaint: `FROM ${image} is no stage above it, and as an image it has no tag` };
}

function splitStages(instructions: readonly Instruction[]): Stage[] {
  const stages: { from: From; name: string; instructions: Instruction[] }[] = [];
  for (const instruction of instructions) {
    if (instruction.getKeyword() === "FROM") {
      const from = instruction as From;
      stages.push({ from, name: from.getBuildStage() ?? "", instructions: [] });
    } else stages.at(-1)?.instructions.push(instruction);
  }
  return stages;
}
