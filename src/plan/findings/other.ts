/** Finds another OpenCode that the repository installs: two programs of one name, of which only ours is pinned and pointed at the gateway. */
import type { Place } from "../../errors.ts";
import { formatJson } from "../../render/escape.ts";
import type { Finding, ProjectFile } from "../finding.ts";
import { isDevcontainer, readDevcontainer, type NamedFeature } from "./devcontainer.ts";
import { placeAt } from "./nodes.ts";
import { commandsOf, type Word } from "./shell.ts";

/** Ours, as the devcontainer.json of each place names it; each has the Feature `opencode` in it. */
const ours: readonly string[] = ["./aperture-env", "../aperture-env", "./.devcontainer/aperture-env"].flatMap((path) => [
  path,
  `${path}/opencode`,
]);

const npmPackage = /^(?:opencode-ai|@opencode\/cli)(?:@.*)?$/;

/** Programs that install others: their name, what all has to be among their arguments, and what names OpenCode there. */
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

/** OpenCode's installer, and the places where its binaries lie. */
const download =
  /(?:^|[^\w.-])(?:opencode\.ai\/(?:[\w.-]+\/)*install(?![\w-])|github\.com\/(?:sst|anomalyco|opencode-ai)\/opencode\/releases\/|raw\.githubusercontent\.com\/(?:sst|anomalyco|opencode-ai)\/opencode\/\S*install(?![\w-]))/;

const outcome =
  "two programs are then named opencode and PATH decides which one starts; this one is not the pinned one, and does not start through the launcher that points it at the gateway";
const hint = "take it out, since the environment brings OpenCode; or leave it, if it is meant to be another one";

/**
 * Another OpenCode that devcontainer.json files, Dockerfiles, Compose files and scripts install. What each file is, is told by its name: a
 * devcontainer.json is read for its Features and hooks, all others for their commands.
 */
export function findOtherOpencode(files: readonly ProjectFile[]): Finding[] {
  // Most repositories never name it, and reading commands takes longer than looking for a word.
  const naming = files.filter(({ text }) => /opencode/i.test(text));
  return naming.flatMap((file) => (isDevcontainer(file.path) ? findInDevcontainer(file) : findInCommands(file)));
}

function findInCommands({ path, text }: ProjectFile): Finding[] {
  const places = commandsOf(text).flatMap((command) => {
    const word = findInstalled(command);
    return word === null ? [] : [placeAt(path, text, word.at[0]!)];
  });
  return places.map((where) => finding(where, `this installs another OpenCode: ${outcome}`));
}

function findInDevcontainer({ path, text }: ProjectFile): Finding[] {
  const { features = [], hooks = [] } = readDevcontainer(text) ?? {};
  return [
    ...features
      .filter(bringsOpencode)
      .map(({ id, offset }) =>
        finding(placeAt(path, text, offset), `the Feature ${formatJson(id)} brings another OpenCode: ${outcome}`),
      ),
    ...hooks
      .filter(({ commands }) => commands.some((command) => findInstalled(command) !== null))
      .map(({ name, offset }) => finding(placeAt(path, text, offset), describeHook(name))),
  ];
}

function describeHook(name: string): string {
  return name === "initializeCommand"
    ? "initializeCommand installs an OpenCode on the machine that opens the repository, outside the container: that one is not pinned, and not pointed at the gateway"
    : `${name} installs another OpenCode: ${outcome}`;
}

/** By its name, or because one of its options names OpenCode's package, as for the Features that install any npm package. */
function bringsOpencode({ id, options }: NamedFeature): boolean {
  if (ours.includes(id.replace(/\/$/, ""))) return false;
  const values = typeof options === "object" && options !== null ? Object.values(options) : [];
  const words = values.flatMap((value) => (typeof value === "string" ? value.split(/[\s,]+/) : []));
  return /opencode/i.test(id) || words.some((word) => npmPackage.test(word));
}

/** The word by which a command installs OpenCode, or null. */
function findInstalled(command: readonly Word[]): Word | null {
  for (const { program, has, names } of installers) {
    const index = command.findIndex(({ text }) => program.test(text.replace(/^.*\//, "")));
    const rest = index < 0 ? [] : command.slice(index + 1);
    const named = rest.find(({ text }) => names.test(text));
    if (named !== undefined && has.every((pattern) => rest.some(({ text }) => pattern.test(text)))) return named;
  }
  return command.find(({ text }) => !/\s/.test(text) && download.test(text)) ?? null;
}

function finding(where: Place, message: string): Finding {
  return { code: "other-opencode", where, message, hint };
}
