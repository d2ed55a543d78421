/** Finds other installations of OpenCode in the repository: only the environment's is pinned and uses the gateway. */
import { isSameFeature } from "../../catalog/files.ts";
import type { Place } from "../../errors.ts";
import { kindOf, namesOf } from "../../opencode/known-files.ts";
import { formatJson } from "../../render/escape.ts";
import type { Finding, ProjectFile } from "../finding.ts";
import { readDevcontainer, type NamedFeature } from "./devcontainer.ts";
import { carriesOpencode, findInDockerfile, findInYaml } from "./images.ts";
import { entriesOf, placeAt, readNodes, valueAt } from "./nodes.ts";
import { commandsOf, type Word } from "./shell.ts";

/** The environment's Feature, as devcontainer.json files in each place name it; it contains the Feature `opencode`. */
const ours: readonly string[] = ["./aperture-env", "../aperture-env", "./.devcontainer/aperture-env"].flatMap((path) => [
  path,
  `${path}/opencode`,
]);

const npmPackage = /^(?:opencode-ai|@opencode\/cli)(?:@.*)?$/;

/** Programs that install others: their name, the required arguments, and OpenCode's name among the arguments. */
const installers: readonly { readonly program: RegExp; readonly has: readonly RegExp[]; readonly names: RegExp }[] = [
  {
    program: /^(?:npm|pnpm|yarn|bun)$/,
    has: [/^(?:i|install|add)$/, /^(?:-[A-Za-z]*g[A-Za-z]*|--global|--location=global|global)$/],
    names: npmPackage,
  },
  { program: /^brew$/, has: [/^(?:re)?install$/], names: /^(?:[\w.-]+\/)*opencode(?:@.*)?$/ },
  { program: /^go$/, has: [/^install$/], names: /\/opencode(?:@.*)?$/ },
  { program: /^mise$/, has: [/^(?:use|u|install|i)$/], names: /^(?:[\w-]+:)?(?:[\w.@-]+\/)*opencode(?:-ai)?(?:@.*)?$/ },
];

/** Programs that fetch and start another one: their name, and the required first argument. */
const starters: readonly { readonly program: RegExp; readonly first?: RegExp }[] = [
  { program: /^(?:npx|bunx|pnpx)$/ },
  { program: /^npm$/, first: /^(?:exec|x)$/ },
  { program: /^(?:pnpm|yarn)$/, first: /^(?:dlx|exec)$/ },
  { program: /^bun$/, first: /^x$/ },
];
const started = /^(?:--package=)?(?:opencode|opencode-ai|@opencode\/cli)(?:@.*)?$/;

/** The addresses of OpenCode's installer and binaries. Bounded, so that the time is linear for an address of many folders. */
const download =
  /(?:^|[^\w.-])(?:opencode\.ai\/(?:[\w.-]+\/){0,5}install(?![\w-])|github\.com\/(?:sst|anomalyco|opencode-ai)\/opencode\/releases\/|raw\.githubusercontent\.com\/(?:sst|anomalyco|opencode-ai)\/opencode\/\S{0,200}install(?![\w-]))/;

const outcome = "PATH decides which opencode starts; this one is not pinned, and has no launcher that points it at the gateway";
const alone = "it is not pinned, and does not use the gateway";
const hint = "remove it, since the environment brings OpenCode; or keep it if that is intentional";
const jobHint = "run the job in the environment's image (docker build --target ci); or keep it if that is intentional";

/**
 * Finds another OpenCode in a repository: for its dev containers in devcontainer.json files, Dockerfiles, Compose files, scripts and profiles; for any
 * machine in lists of tools and packages; for jobs in workflows.
 */
export function findOtherOpencode(files: readonly ProjectFile[]): Finding[] {
  // Most repositories never mention it, and parsing commands takes longer than searching for a word.
  return files.filter(({ text }) => /opencode/i.test(text)).flatMap((file) => findInFile(file).slice(0, most));
}

/** More findings in one file are not useful. */
const most = 20;

function findInFile(file: ProjectFile): Finding[] {
  const { path, text, kind = kindOf(path) } = file;
  const at = (offsets: readonly number[], message: string): Finding[] =>
    offsets.slice(0, most).map((offset) => finding(placeAt(path, text, offset), message));
  switch (kind) {
    case "devcontainer":
      return findInDevcontainer(file);
    case "package":
      return findInPackage(file);
    case "tools": {
      const match = namesOf(path)?.exec(text);
      if (match == null || (path.endsWith(".toml") && !isTool(text, match.index))) return [];
      const offset = match.index + Math.max(0, match[0].search(/opencode/i));
      return at([offset], `this list of tools contains another OpenCode: ${outcome}`);
    }
    case "profile": {
      const named = [...text.matchAll(/^(?![ \t]*#).{0,500}?(?:\.opencode\/bin|\balias[ \t]+opencode=|\bopencode[ \t]*\(\))/gm)];
      const offsets = named.map(({ 0: whole, index }) => index + whole.search(/\S/));
      return [...at(offsets, `in every shell this makes opencode another program: ${outcome}`), ...findInCommands(file)];
    }
    case "dockerfile":
      return [...findInCommands(file), ...at(findInDockerfile(text), `this image contains another OpenCode: ${outcome}`)];
    case "compose":
      return [...findInCommands(file), ...at(findInYaml(text), `this image contains another OpenCode: ${alone}`)];
    case "workflow":
      return [...findInCommands(file), ...at(findInYaml(text), `this job runs another OpenCode: ${alone}`)].map((one) => ({
        ...one,
        message: one.message.replace(outcome, alone),
        hint: jobHint,
      }));
    case "script":
      return findInCommands(file);
  }
}

/** Whether a line of a TOML file is in a section of tools; a task could have the same name. */
function isTool(text: string, index: number): boolean {
  const line = text.slice(index, index + 100);
  if (/^[ \t]*\[?tools\./.test(line) || line.startsWith("pkg-path")) return true;
  return (
    text
      .slice(0, index)
      .match(/^[ \t]*\[[^\]\n]*\]/gm)
      ?.at(-1)
      ?.trim() === "[tools]"
  );
}

function findInCommands({ path, text }: ProjectFile): Finding[] {
  const judged = commandsOf(text).flatMap(judgeCommand).slice(0, most);
  return judged.map(({ word, message }) => finding(placeAt(path, text, word.at[0]!), message));
}

/** What a command does: it installs an OpenCode, or fetches and starts one. */
function judgeCommand(command: readonly Word[]): { readonly word: Word; readonly message: string }[] {
  const installed = findInstalled(command);
  if (installed !== null) return [{ word: installed, message: `this installs another OpenCode: ${outcome}` }];
  const fetched = findStarted(command);
  return fetched === null ? [] : [{ word: fetched, message: `this fetches another OpenCode and starts it: ${alone}` }];
}

function findInDevcontainer({ path, text }: ProjectFile): Finding[] {
  const { features = [], hooks = [], image = null } = readDevcontainer(text) ?? {};
  const at = (offset: number, message: string): Finding => finding(placeAt(path, text, offset), message);
  return [
    ...(image !== null && carriesOpencode(image.name)
      ? [at(image.offset, `this image contains another OpenCode: ${outcome}`)]
      : []),
    ...features
      .filter(bringsOpencode)
      .map(({ id, offset }) => at(offset, `the Feature ${formatJson(id)} brings another OpenCode: ${outcome}`)),
    ...hooks.flatMap(({ name, commands, offset }) => {
      const [first] = commands.flatMap(judgeCommand);
      return first === undefined ? [] : [at(offset, describeHook(name, first.message))];
    }),
  ];
}

function describeHook(name: string, message: string): string {
  return name === "initializeCommand"
    ? "initializeCommand installs an OpenCode on the machine that opens the repository, outside the container: it is not pinned, and does not use the gateway"
    : message.replace(/^this/, name);
}

/** A package.json: a dependency, and scripts that install or start one. */
function findInPackage({ path, text }: ProjectFile): Finding[] {
  const read = readNodes(text);
  if (!read.ok) return [];
  const at = (offset: number, message: string): Finding => finding(placeAt(path, text, offset), message);
  const lists = ["dependencies", "devDependencies", "optionalDependencies"];
  const depended = lists.flatMap((list) => entriesOf(valueAt(read.node, list)).filter(([name]) => npmPackage.test(name)));
  const scripts = entriesOf(valueAt(read.node, "scripts")).flatMap(([name, { value, offset }]) => {
    const [first] = commandsOf(String(value)).flatMap(judgeCommand);
    return first === undefined ? [] : [at(offset, first.message.replace(/^this/, `the script ${formatJson(name)}`))];
  });
  return [
    ...depended.map(([name, { offset }]) =>
      at(offset, `the package ${name} is another OpenCode, which the project's scripts and npx start: ${alone}`),
    ),
    ...scripts,
  ];
}

/** Recognises a Feature by its name, or by an option with OpenCode's package, as Features that install npm packages have. */
function bringsOpencode({ id, options }: NamedFeature): boolean {
  if (ours.some((path) => isSameFeature(path, id))) return false;
  const values = typeof options === "object" && options !== null ? Object.values(options) : [];
  const words = values.flatMap((value) => (typeof value === "string" ? value.split(/[\s,]+/) : []));
  return /opencode/i.test(id) || words.some((word) => npmPackage.test(word));
}

/** The word of a command that names the OpenCode to install, or null. */
function findInstalled(command: readonly Word[]): Word | null {
  for (const { program, has, names } of installers) {
    const index = command.findIndex(({ text }) => program.test(text.replace(/^.*\//, "")));
    const rest = index < 0 ? [] : command.slice(index + 1);
    const named = rest.find(({ text }) => names.test(text));
    if (named !== undefined && has.every((pattern) => rest.some(({ text }) => pattern.test(text)))) return named;
  }
  return command.find(({ text }) => !/\s/.test(text) && download.test(text)) ?? null;
}

/** The word of a command that names the OpenCode to fetch and start, or null: its first argument, or the value of a package option. */
function findStarted(command: readonly Word[]): Word | null {
  for (const { program, first } of starters) {
    const index = command.findIndex(({ text }) => program.test(text.replace(/^.*\//, "")));
    let rest = index < 0 ? [] : command.slice(index + 1);
    if (first !== undefined) {
      if (rest[0] === undefined || !first.test(rest[0].text)) continue;
      rest = rest.slice(1);
    }
    const named = rest.find(
      ({ text }, at) => !text.startsWith("-") || started.test(text) || /^(?:-p|--package)$/.test(rest[at - 1]?.text ?? ""),
    );
    if (named !== undefined && started.test(named.text)) return named;
  }
  return null;
}

function finding(where: Place, message: string): Finding {
  return { code: "other-opencode", where, message, hint };
}
