/**
 * Files of a repository by which another OpenCode, or variables for one, come into its containers and jobs: as data, one row a kind of file.
 * Which names tools look for is from their documentation (mise, asdf, Devbox, Homebrew Bundle, Nix, devenv, aqua, proto, Flox, make, just, Task,
 * direnv, npm, GitHub, GitLab, Gitea, Forgejo, CircleCI, Azure, Bitbucket, Woodpecker, Drone, Travis, Jenkins), as is how each names OpenCode.
 */

/** What a file is read for. */
export type FileKind =
  | "devcontainer"
  | "dockerfile"
  | "compose"
  | "package"
  | "workflow"
  | "tools"
  | "profile"
  /** Everything else that holds commands. */
  | "script";

/** One row. */
interface KnownFiles {
  readonly kind: FileKind;
  /** From the repository's root; `*` is any name in that folder. */
  readonly paths: readonly string[];
  /** How a list of tools names OpenCode. */
  readonly names?: RegExp;
}

const profiles = [".bashrc", ".bash_profile", ".bash_aliases", ".profile", ".zshrc", ".zshenv", ".zprofile", "config.fish"];
const profileFolders = ["", ".devcontainer/", "dotfiles/", ".dotfiles/", ".devcontainer/dotfiles/"];

/** All of them. */
export const knownFiles: readonly KnownFiles[] = [
  { kind: "package", paths: ["package.json"] },
  {
    kind: "workflow",
    paths: [
      ".github/workflows/*",
      ".gitea/workflows/*",
      ".forgejo/workflows/*",
      ".gitlab-ci.yml",
      ".circleci/config.yml",
      "azure-pipelines.yml",
      "bitbucket-pipelines.yml",
      ".woodpecker.yml",
      ".woodpecker/*",
      ".drone.yml",
      ".travis.yml",
      "Jenkinsfile",
    ],
  },
  {
    kind: "tools",
    paths: ["mise.toml", ".mise.toml", "mise/config.toml", ".mise/config.toml", ".config/mise.toml", ".config/mise/config.toml"],
    names: /^[ \t]*(?:\[?tools\.)?["']?(?:[\w-]+:)?(?:[\w.@-]+\/)*opencode(?:-ai)?["']?(?:\]|[ \t]*=)/m,
  },
  { kind: "tools", paths: [".tool-versions"], names: /^opencode(?:-ai)?[ \t]/m },
  { kind: "tools", paths: ["devbox.json"], names: /"opencode(?:@[^"]*)?"/ },
  { kind: "tools", paths: ["Brewfile"], names: /^[ \t]*brew[ \t]*\(?["'](?:[\w.-]+\/)*opencode(?:@[^"']*)?["']/m },
  {
    kind: "tools",
    paths: ["flake.nix", "shell.nix", "default.nix", "devenv.nix"],
    names:
      /^(?:[^#\n]*[\s(])?(?:pkgs\.|programs\.)?opencode(?=[\s;)\]]|\.enable|$)|^[^#\n]*github:(?:sst|anomalyco)\/opencode(?![\w-])/m,
  },
  { kind: "tools", paths: ["aqua.yaml", ".aqua.yaml", "aqua/aqua.yaml"], names: /^[^#\n]*(?:sst|anomalyco)\/opencode(?![\w-])/m },
  { kind: "tools", paths: [".prototools"], names: /^opencode[ \t]*=/m },
  { kind: "tools", paths: [".flox/env/manifest.toml"], names: /pkg-path[ \t]*=[ \t]*["']opencode["']/ },
  { kind: "profile", paths: [".envrc", ...profileFolders.flatMap((folder) => profiles.map((name) => `${folder}${name}`))] },
  { kind: "script", paths: ["Makefile", "GNUmakefile", "justfile", ".justfile", "Taskfile.yml", "Taskfile.yaml"] },
];

const rowOf = new Map(knownFiles.flatMap((row) => row.paths.map((path) => [path, row] as const)));

/** How such a file names OpenCode, where it is a list of tools. */
export function namesOf(path: string): RegExp | undefined {
  return rowOf.get(path)?.names;
}

/** What a file is, by its path; a file that a dev container names is told by its name alone. */
export function kindOf(path: string): FileKind {
  const known = rowOf.get(path) ?? rowOf.get(path.replace(/[^/]+$/, "*"));
  if (known !== undefined) return known.kind;
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (/^\.?devcontainer\.json$/.test(name)) return "devcontainer";
  if (/^(?:Docker|Container)file|\.(?:Docker|Container)file/i.test(name)) return "dockerfile";
  if (/\.ya?ml$/i.test(name)) return "compose";
  return profiles.includes(name) || /^\.?\w*(?:rc|profile|env)$|[._-](?:rc|profile|env)$/.test(name) ? "profile" : "script";
}
