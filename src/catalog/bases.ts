/**
 * The bases: image families that an environment can start from, as data.
 *
 * Tags and default users of the dev container images: github.com/devcontainers/images, `src/<name>/manifest.json` (July 2026); of the plain
 * images: docker-library/official-images and dotnet/dotnet-docker.
 */

/** The C library that decides which OpenCode package fits. */
export type Libc = "glibc" | "musl";

/** An image family. `dev` is opened by editors, `ci` is the plain image that jobs run on, as root. */
export interface Base {
  readonly dev: string;
  readonly ci: string;
  readonly libc: Libc;
  /** The account that editors and terminals use in `dev`. */
  readonly user: string;
  /** Files at a repository's root that suggest this base; a leading `*` matches any name. */
  readonly signs: readonly string[];
  readonly about: string;
}

/** All bases, in the order in which they are offered. A repository that suggests several gets the first one that is not node. */
export const bases: Readonly<Record<string, Base>> = {
  debian: {
    dev: "mcr.microsoft.com/devcontainers/base:2-bookworm",
    ci: "debian:bookworm-slim",
    libc: "glibc",
    user: "vscode",
    signs: [],
    about: "Debian 12 with git, zsh and a user",
  },
  ubuntu: {
    dev: "mcr.microsoft.com/devcontainers/base:3-noble",
    ci: "ubuntu:24.04",
    libc: "glibc",
    user: "vscode",
    signs: [],
    about: "Ubuntu 24.04 with git, zsh and a user",
  },
  python: {
    dev: "mcr.microsoft.com/devcontainers/python:3-3.13-bookworm",
    ci: "python:3.13-slim-bookworm",
    libc: "glibc",
    user: "vscode",
    signs: ["pyproject.toml", "requirements.txt", "setup.py", "Pipfile"],
    about: "Python 3.13",
  },
  go: {
    dev: "mcr.microsoft.com/devcontainers/go:2-1.26-bookworm",
    ci: "golang:1.26-bookworm",
    libc: "glibc",
    user: "vscode",
    signs: ["go.mod"],
    about: "Go 1.26",
  },
  rust: {
    dev: "mcr.microsoft.com/devcontainers/rust:2-1-bookworm",
    ci: "rust:1-slim-bookworm",
    libc: "glibc",
    user: "vscode",
    signs: ["Cargo.toml"],
    about: "Rust, stable",
  },
  java: {
    dev: "mcr.microsoft.com/devcontainers/java:3-21-bookworm",
    ci: "eclipse-temurin:21-jdk-noble",
    libc: "glibc",
    user: "vscode",
    signs: ["pom.xml", "build.gradle", "build.gradle.kts"],
    about: "JDK 21",
  },
  dotnet: {
    dev: "mcr.microsoft.com/devcontainers/dotnet:2-10.0-noble",
    ci: "mcr.microsoft.com/dotnet/sdk:10.0-noble",
    libc: "glibc",
    user: "vscode",
    signs: ["*.sln", "*.slnx", "*.csproj", "*.fsproj"],
    about: ".NET 10",
  },
  node: {
    dev: "mcr.microsoft.com/devcontainers/javascript-node:4-24-bookworm",
    ci: "node:24-bookworm-slim",
    libc: "glibc",
    user: "node",
    signs: ["package.json", "deno.json"],
    about: "Node.js 24",
  },
  alpine: {
    dev: "mcr.microsoft.com/devcontainers/base:4-alpine3.23",
    ci: "alpine:3.23",
    libc: "musl",
    user: "vscode",
    signs: [],
    about: "Alpine 3.23 (musl)",
  },
  slim: {
    dev: "debian:bookworm-slim",
    ci: "debian:bookworm-slim",
    libc: "glibc",
    user: "root",
    signs: [],
    about: "Debian 12, nothing else; root",
  },
};

/** The image whose npm fetches OpenCode in a stage of its own; none of it reaches the final image. */
export const fetchImage = "node:24-bookworm-slim";

/**
 * Distribution packages that every environment needs, by package manager. OpenCode's grep and glob tools need ripgrep, its snapshots and undo
 * need git, CI runners need bash, and the musl binary needs libstdc++ and libgcc (packages/opencode/Dockerfile of
 * anomalyco/opencode).
 */
export const packages = {
  apt: "bash ca-certificates git ripgrep",
  apk: "bash ca-certificates git libgcc libstdc++ ripgrep",
  dnf: "bash ca-certificates git ripgrep tar gzip",
} as const;

/** The base of that name, or undefined; never something inherited from Object. */
export function findBase(name: string): Base | undefined {
  return Object.hasOwn(bases, name) ? bases[name] : undefined;
}
