/** Finds images that contain another OpenCode, and files copied from them: in Dockerfiles, Compose files, workflows and devcontainer.json files. */
import { commandsOf, type Word } from "./shell.ts";

/** OpenCode's name as an image or an owner, not as a part of another word. */
const carries = /(?:^|[/_.-])opencode(?:$|[:@/_.-])/i;

/** Whether an image has OpenCode's name. */
export function carriesOpencode(image: string): boolean {
  return carries.test(image);
}

/** The offsets at which a Dockerfile gets OpenCode from an image that it does not build itself. */
export function findInDockerfile(text: string): number[] {
  const commands = commandsOf(text);
  const stages = new Set<string>();
  const defaults = new Map<string, string>();
  const found: number[] = [];
  const fill = (word: string): string =>
    word.replace(/\$\{?(\w+)(?::?-([^}]*))?\}?/g, (_, name: string, instead = "") => defaults.get(name) || String(instead));
  const judge = (word: Word, image: string): void => {
    const name = fill(image);
    if (!stages.has(name.toLowerCase()) && carriesOpencode(name)) found.push(word.at[0]!);
  };
  for (const [instruction, ...words] of commands) {
    const plain = words.filter(({ text: word }) => !word.startsWith("--"));
    switch (instruction!.text.toUpperCase()) {
      case "ARG": {
        const [name = "", ...value] = plain[0]?.text.split("=") ?? [];
        defaults.set(name, value.join("="));
        break;
      }
      case "FROM":
        if (plain[0] !== undefined) judge(plain[0], plain[0].text);
        if (/^as$/i.test(plain[1]?.text ?? "")) stages.add(plain[2]?.text.toLowerCase() ?? "");
        break;
      case "COPY": {
        const from = words.find(({ text: word }) => word.startsWith("--from="));
        const image = from?.text.slice("--from=".length) ?? "";
        if (from === undefined || /^\d+$/.test(image) || stages.has(fill(image).toLowerCase())) break;
        const program = plain.slice(0, -1).find(({ text: word }) => /\/(?:\.opencode|opencode(?:-ai)?)(?:\/|$)/.test(word));
        if (program === undefined) judge(from, image);
        else found.push(program.at[0]!);
        break;
      }
      case "RUN":
        for (const word of words) {
          const image = /^--mount=(?:.*,)?from=([^,]+)/.exec(word.text)?.[1];
          if (image !== undefined) judge(word, image);
        }
    }
  }
  return found;
}

/** More findings in one file are not useful. */
const most = 20;

/** The same for a Compose file or a workflow: images, and OpenCode's actions. */
export function findInYaml(text: string): number[] {
  const found: number[] = [];
  const values = /(?:\b(?:image|container|uses)["']?[ \t]*:[ \t]*["']?|docker-image:\/\/)([^\s"',}\]#]+)/g;
  for (const { 0: whole, 1: value = "", index } of text.matchAll(values)) {
    if (!carriesOpencode(value)) continue;
    const line = text.slice(text.lastIndexOf("\n", index) + 1, index);
    if (!/^[ \t]*#/.test(line)) found.push(index + whole.length - value.length);
    if (found.length === most) break;
  }
  return found;
}
