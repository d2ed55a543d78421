/** Finds out whether this program came from a registry. */
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { here } from "./installed.ts";

const name = "create-aperture-env";

/** What a package manager writes about the packages that it has installed, and what it writes about one from a registry. */
interface Book {
  /** Seen from the folder that has the packages, or the folders of single packages. */
  readonly file: string;
  readonly names: (version: string) => RegExp;
}

/**
 * A project's lockfile says what should be installed, these files say what is; only bun has no other. Each was compared with what the package
 * manager writes about a tarball, a folder, git, a link and an address outside of a registry. In order: npm's hidden lockfile
 * (docs.npmjs.com, package-lock.json, "Hidden Lockfiles"), Yarn 1's, that of Yarn 4 with node_modules, pnpm's and bun's.
 */
const books: readonly Book[] = [
  {
    file: ".package-lock.json",
    names: (version) =>
      new RegExp(
        `"node_modules/${name}": *{\\s*"version": *"${version}",\\s*"resolved": *"https?://[^"]*/${name}/-/${name}-${version}\\.tgz",\\s*"integrity": *"sha512-`,
      ),
  },
  {
    file: ".yarn-integrity",
    names: (version) => new RegExp(`"${name}@[^"]*": "https?://[^"]*/${name}/-/${name}-${version}\\.tgz#`),
  },
  {
    file: ".yarn-state.yml",
    names: (version) =>
      new RegExp(`^"${name}@npm:${version}(?:::[^"]*)?":\\n  locations:\\n(?:    - .*\\n)*?    - "node_modules/${name}"$`, "m"),
  },
  {
    file: ".pnpm/lock.yaml",
    names: (version) =>
      new RegExp(`^  ${name}@${version}:\\n    resolution: {integrity: sha512-[^,}]*(?:, tarball: https?:[^}]*)?}$`, "m"),
  },
  {
    file: "../bun.lock",
    names: (version) => new RegExp(`^ *"${name}": \\["${name}@${version}", "(?:https?:[^"]*)?", {.*}, "sha512-`, "m"),
  },
];

/**
 * Whether this program, in this version, was installed from a registry. False for a clone, a folder, git, an address outside of a registry, and where
 * nothing that lies beside it says so: `npm install --global` and pnpm's global virtual store write nothing, and old bun a binary file.
 */
export function isPublished(version: string, program = here): boolean {
  const exact = version.replaceAll(".", "\\.").replaceAll("+", "\\+");
  // Yarn 4 runs it out of an archive or a folder whose name says where the package is from (slugifyLocator).
  if (
    new RegExp(
      `[\\\\/]${name}-npm-${exact}-[0-9a-f]{10}(?:-\\w+\\.zip)?[\\\\/](?:node_modules[\\\\/]${name}|package)[\\\\/]dist[\\\\/]`,
    ).test(program)
  )
    return true;
  const folder = dirname(dirname(program));
  const packages = dirname(folder);
  if (basename(folder) !== name || basename(packages) !== "node_modules") return false;
  // pnpm and bun give each package a folder that has its version: node_modules/.pnpm/name@version/node_modules/name.
  const own = dirname(packages);
  const apart = basename(own) === `${name}@${version}` && /^\.(?:pnpm|bun)$/.test(basename(dirname(own)));
  const place = apart ? dirname(dirname(own)) : packages;
  for (const { file, names } of books) {
    const text = read(join(place, file));
    if (text !== null) return names(exact).test(text);
  }
  return false;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
