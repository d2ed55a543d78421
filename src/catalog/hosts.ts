/**
 * Hosts that can start an environment, as data: what each does in another way than the Dev Containers CLI does, with its source. What is not
 * here it does as that one.
 */
import type { Need } from "../vocabulary.ts";

/**
 * What an environment may use of its host: what connections need by their own words, properties of devcontainer.json by theirs, and what has no
 * other name.
 */
export type Trait =
  | Need
  /** The network as it is leads to the gateway. */
  | "network"
  /** A Dockerfile of ours: it asks the builder for `RUN --mount`. */
  | "dockerfile"
  /** The environment as a Feature. */
  | "own-feature"
  /** What our own command at each start does, and commands that were asked for: in devcontainer.json, and in the environment's Feature. */
  | "start-hook"
  | "hooks"
  | "feature-start-hook"
  | "feature-hooks"
  | "no-post-create"
  | "names"
  /** Work is done by an account that is not root. */
  | "account"
  | "runArgs"
  | "containerEnv"
  | "remoteEnv"
  | "forwardPorts"
  | "bind-mounts"
  | "tmpfs"
  /** A secret of the project's own, with no part in the connection. */
  | "project-secret"
  | "github-secret"
  | "xdg"
  | "host-port"
  | "devcontainerId"
  | "localEnv"
  | "localWorkspaceFolder"
  | (typeof propertyTraits)[number];

/** Properties of devcontainer.json of which nothing but their name counts. */
export const propertyTraits = [
  "appPort",
  "initializeCommand",
  "postAttachCommand",
  "waitFor",
  "userEnvProbe",
  "init",
  "privileged",
  "capAdd",
  "securityOpt",
  "workspaceMount",
  "workspaceFolder",
  "hostRequirements",
  "shutdownAction",
  "overrideFeatureInstallOrder",
] as const;

/** In what way it is another. `lacks`: what it would need there. */
export type Does = "ignores" | "refuses" | "changes" | "lacks";

/** What a host does with one of them. In both texts `{it}` stands for what it is here, as a command takes it. */
export interface Difference {
  readonly does: Does;
  /** What it does it to, where that is not what the environment uses. */
  readonly of?: string;
  /** More of it, without a full stop. */
  readonly what?: string;
  /** What to do about it, as an order without its full stop; left out where nothing has to be done. */
  readonly fix?: string;
}

/** A host. */
export interface Host {
  /** Its name, by which a connection can have a word of its own for it, too. */
  readonly value: string;
  readonly label: string;
  /** What it makes of the files: the dev container, a container of the image for jobs, or an image alone. */
  readonly starts: "dev container" | "image" | "build";
  readonly differs: Readonly<Partial<Record<Trait, Difference>>>;
}

const ignores = (fix?: string, what?: string): Difference => ({ does: "ignores", ...(what && { what }), ...(fix && { fix }) });
const refuses = (fix?: string, what?: string): Difference => ({ ...ignores(fix, what), does: "refuses" });
const changes = (what: string, fix?: string): Difference => ({ ...ignores(fix, what), does: "changes" });
const lacks = (of: string, fix?: string): Difference => ({ does: "lacks", of, ...(fix && { fix }) });

const itself = "run aperture-doctor, if you like: opencode connects by itself";
const way = "connect by userspace, or by auto with aperture.tailscale";

/**
 * Specification of dev containers, docs/specs/supporting-tools.md. Of secrets: docs.github.com, "Managing your account-specific secrets for GitHub
 * Codespaces".
 */
const codespaces: Host = {
  value: "codespaces",
  label: "GitHub Codespaces",
  starts: "dev container",
  differs: {
    network: lacks("a network that leads to {it}"),
    secret: changes(
      "it is there once the container has started: in no build, Feature or entrypoint, but in the step that connects",
    ),
    "project-secret": changes("it is there once the container has started: in no build, Feature or entrypoint"),
    "shared-network": changes(
      "whether Docker Compose sees secrets there nobody says",
      "where it does not, log in once by the address that the start prints",
    ),
    "github-secret": refuses(
      "give it another name, the connection's key by aperture.tailscale.key",
      "names that begin with GITHUB_ are its own",
    ),
    "bind-mounts": ignores("put it into the image, or on a volume", "but for Docker's socket"),
    localEnv: changes("it is that of the codespace's machine", "make it a secret of Codespaces"),
    initializeCommand: changes("it runs on the codespace's machine"),
    "host-port": ignores("name the port alone"),
    shutdownAction: ignores(),
    "no-post-create": changes(
      "without a postCreateCommand it installs what it finds, as npm packages",
      "add hooks.postCreateCommand, or customizations.codespaces.disableAutomaticConfiguration",
    ),
  },
};

/** Values of `--secrets-file` reach hooks and nothing else (devcontainers/cli, src/spec-common/injectHeadless.ts). */
const cli: Host = {
  value: "devcontainers",
  label: "Dev Containers CLI, VS Code",
  starts: "dev container",
  differs: {
    secret: changes("it reaches hooks alone, by --secrets-file, and one of them connects", "give that file, or log in once"),
    "project-secret": changes("it reaches hooks alone, by --secrets-file", "give that file"),
  },
};

/** Specification of dev containers, docs/specs/supporting-tools.md, "Visual Studio Code". */
const volumeClone: Host = {
  value: "vscode-volume",
  label: "VS Code, clone in a volume",
  starts: "dev container",
  differs: {
    ...cli.differs,
    workspaceMount: ignores(),
    workspaceFolder: ignores(),
    localWorkspaceFolder: refuses("take containerWorkspaceFolder"),
  },
};

/** jetbrains.com/help/idea, "Dev Container limitations". */
const jetbrains: Host = {
  value: "jetbrains",
  label: "JetBrains Gateway",
  starts: "dev container",
  differs: {
    ...cli.differs,
    xdg: refuses("set it for one command alone", "its own backend uses these variables"),
  },
};

/**
 * DevPod 0.6.15: loft-sh/devpod, docs/pages/developing-in-workspaces/devcontainer-json.mdx, and as it was run: it does look for the user's
 * variables, and runs commands in an object's form one after the other.
 */
const devpod: Host = {
  value: "devpod",
  label: "DevPod",
  starts: "dev container",
  differs: {
    secret: ignores("give it as a variable: devpod up --workspace-env {it}=…, or log in once"),
    "project-secret": ignores("give it as a variable: devpod up --workspace-env {it}=…"),
    waitFor: ignores(),
  },
};

/** envbuilder 1.3.0: coder/envbuilder, docs/devcontainer-spec-support.md and devcontainer/, and as it was run. */
const envbuilder: Host = {
  value: "envbuilder",
  label: "envbuilder (Coder)",
  starts: "dev container",
  differs: {
    network: lacks("a network that leads to {it}"),
    "shared-network": refuses(way, "it knows no Docker Compose, and builds its fallback image"),
    secret: ignores("give the workspace the variable {it}, or log in once"),
    "project-secret": ignores("give the workspace the variable {it}"),
    tmpfs: ignores("mount one in the workspace's template, at {it}"),
    "state-volume": ignores("mount one in the workspace's template, at {it}"),
    feature: changes("its entrypoint, capabilities and mounts do not count, so no daemon starts", way),
    "feature-start-hook": ignores(itself),
    "feature-hooks": ignores("say it in devcontainer.json, too"),
    "bind-mounts": ignores("mount it in the workspace's template"),
    names: ignores("let the cluster's or the network's resolver know them"),
    runArgs: ignores("say it in the workspace's template"),
    devcontainerId: changes("it is empty"),
    init: ignores(),
    privileged: ignores("say it in the workspace's template"),
    capAdd: ignores("say it in the workspace's template"),
    securityOpt: ignores("say it in the workspace's template"),
    initializeCommand: ignores(),
    postAttachCommand: ignores(),
    waitFor: ignores(),
    userEnvProbe: ignores(),
    workspaceMount: ignores(),
    workspaceFolder: ignores(),
    forwardPorts: ignores("Coder forwards what listens"),
    appPort: ignores(),
    hostRequirements: ignores(),
    shutdownAction: ignores(),
    overrideFeatureInstallOrder: ignores(),
  },
};

/** The Dev Containers CLI with `--docker-path podman`; docs.podman.io, "podman-system-service". */
const byPodman: Host["differs"] = {
  ...cli.differs,
  "shared-network": changes("docker compose has to find Podman's socket", "set DOCKER_HOST=unix://…/podman.sock"),
};

/**
 * The tool asks for `--userns=keep-id` where the account is not root (devcontainers/cli, src/spec-node/singleContainer.ts), which was for rootless
 * containers alone (containers/podman, pull request 17350); as Podman 4.3 was run.
 */
const podman: Host = {
  value: "podman",
  label: "Podman as root",
  starts: "dev container",
  differs: {
    ...byPodman,
    account: refuses(
      "take Podman 4.5, or a rootless one",
      "dev container tools ask for --userns=keep-id, which an old Podman refuses to root",
    ),
  },
};

/** The same, and what an account that is not root has: a user namespace, in which devices are those that it may open. */
const podmanRootless: Host = {
  value: "podman-rootless",
  label: "Podman, rootless",
  starts: "dev container",
  differs: {
    ...byPodman,
    feature: changes("/dev/net/tun has to be open to your account", way),
    tun: changes("/dev/net/tun has to be open to your account", way),
    privileged: changes("it gives what your account may do, and no more"),
  },
};

/** What nobody reads who starts an image by itself. */
const imageAlone: Host["differs"] = {
  "shared-network": ignores(way, "nothing runs beside the image"),
  feature: ignores(way, "it is not in the image for jobs"),
  "own-feature": changes(
    "Features are built in by dev container tools alone",
    "npx create-aperture-env build --image NAME, and start that one",
  ),
  "start-hook": ignores(itself),
  "feature-start-hook": ignores(itself),
  hooks: ignores("put it into the Dockerfile, or run it first"),
  "feature-hooks": ignores("run it first"),
  initializeCommand: ignores("run it first"),
  postAttachCommand: ignores(),
};

/** docs.docker.com, "docker container run"; docs.podman.io, "podman-run". */
const docker: Host = {
  value: "docker",
  label: "docker run, podman run",
  starts: "image",
  differs: {
    ...imageAlone,
    secret: ignores("--env {it}, or log in once"),
    "project-secret": ignores("--env {it}"),
    "state-volume": ignores("--volume NAME:{it}"),
    tmpfs: ignores("--tmpfs {it}"),
    names: ignores("{it}"),
    containerEnv: ignores("--env, for each"),
    remoteEnv: ignores("--env, for each"),
    "bind-mounts": ignores("--volume"),
    runArgs: ignores("give them to docker run"),
    forwardPorts: ignores("--publish, for each"),
    appPort: ignores("--publish"),
    privileged: ignores("--privileged"),
    capAdd: ignores("--cap-add"),
    securityOpt: ignores("--security-opt"),
    init: ignores("--init"),
  },
};

/** actions/runner, src/Runner.Worker/ContainerOperationProvider.cs; docs.github.com, "Running jobs in a container". */
const github: Host = {
  value: "github",
  label: "GitHub Actions, job container",
  starts: "image",
  differs: {
    ...imageAlone,
    network: lacks("a network that leads to {it}", "join the runner by tailscale/github-action, as the output ci-github does"),
    secret: lacks("a person who logs in", "env: { {it}: ${{ secrets.{it} }} }, of an ephemeral key"),
    "project-secret": ignores("env: { {it}: ${{ secrets.{it} }} }"),
    "state-volume": ignores(undefined, "a job begins anew"),
    tmpfs: ignores("container: { options: --tmpfs {it} }"),
    names: ignores("container: { options: {it} }"),
    containerEnv: ignores("container: { env: … }"),
    remoteEnv: ignores("container: { env: … }"),
    "bind-mounts": ignores("container: { volumes: … }"),
    runArgs: ignores("container: { options: … }"),
    capAdd: ignores("container: { options: --cap-add … }"),
    privileged: ignores("container: { options: --privileged }"),
  },
};

/** docs.gitlab.com, "Run your CI/CD jobs in Docker containers" and "Advanced configuration", [runners.docker]. */
const gitlab: Host = {
  value: "gitlab",
  label: "GitLab CI, job",
  starts: "image",
  differs: {
    ...imageAlone,
    network: lacks("a network that leads to {it}"),
    secret: lacks("a person who logs in", "a masked variable {it} of the project, of an ephemeral key"),
    "project-secret": ignores("a masked variable {it} of the project"),
    "state-volume": ignores(undefined, "a job begins anew"),
    tmpfs: refuses("tmpfs in the runner's config.toml"),
    names: ignores("extra_hosts in the runner's config.toml", "a job cannot say it"),
    containerEnv: ignores("variables: in the job"),
    remoteEnv: ignores("variables: in the job"),
    "bind-mounts": refuses("volumes in the runner's config.toml"),
    runArgs: refuses("the runner's config.toml"),
    capAdd: refuses("cap_add in the runner's config.toml"),
    privileged: refuses("privileged in the runner's config.toml"),
  },
};

/** kubernetes.io, "Pod Security Standards" (restricted), "Adding entries to Pod /etc/hosts", "Distribute Credentials Securely". */
const kubernetes: Host = {
  value: "kubernetes",
  label: "Kubernetes, restricted pod",
  starts: "image",
  differs: {
    ...imageAlone,
    network: lacks("a network that leads to {it}", "an egress Service of Tailscale's operator, as the output kubernetes has"),
    secret: lacks("a person who logs in", "a Secret, as the variable {it}"),
    "project-secret": ignores("a Secret, as the variable {it}"),
    "state-volume": ignores("a PersistentVolumeClaim at {it}, of one pod at a time"),
    tmpfs: ignores("an emptyDir at {it}"),
    names: ignores("hostAliases and dnsConfig"),
    containerEnv: ignores("env:"),
    remoteEnv: ignores("env:"),
    "bind-mounts": refuses("a volume", "the profile restricted has no hostPath"),
    runArgs: ignores("say it in the pod's spec"),
    privileged: refuses(),
    capAdd: refuses(),
    securityOpt: ignores("securityContext:"),
    forwardPorts: ignores("a Service"),
  },
};

/** buildah-bud(1); as 1.28 was run. */
const buildah: Host = {
  value: "buildah",
  label: "buildah bud",
  starts: "build",
  differs: { "own-feature": refuses("npx create-aperture-env build", "Features are built in by dev container tools alone") },
};

/** docs.docker.com, "BuildKit": the default since Docker 23; as Debian 12's 20.10 was run, with the Dev Containers CLI, too. */
const oldDocker: Host = {
  value: "docker-20.10",
  label: "Docker before 23, no Buildx",
  starts: "build",
  differs: {
    ...buildah.differs,
    dockerfile: refuses(
      "set DOCKER_BUILDKIT=1, for dev container tools, too",
      "its usual builder knows no RUN --mount; the other one is there since 18.09",
    ),
  },
};

/** All of them, in the order in which they are told of. */
export const hosts: readonly Host[] = [
  cli,
  codespaces,
  volumeClone,
  jetbrains,
  devpod,
  envbuilder,
  podman,
  podmanRootless,
  docker,
  github,
  gitlab,
  kubernetes,
  buildah,
  oldDocker,
];
