/** Builds the image of an environment from a copy of the repository, and pushes it. */
import { dirname, join, resolve } from "node:path";
import { ownCompose, ownDevcontainer, workspaceOf } from "../../catalog/files.ts";
import { placeOfImage } from "../../catalog/image-reference.ts";
import { AppError, cancelledError, environmentError, formatPlace, usageError } from "../../errors.ts";
import { isRecord } from "../../forms.ts";
import { askEngine, build, inspect, push, wordsFor, type Engine } from "../../image/engine.ts";
import { epochFor, labelsFor } from "../../image/labels.ts";
import { createProgress } from "../../image/progress.ts";
import {
  findObstacle,
  imageDockerfile,
  kindOf,
  makeRecipe,
  withoutCompose,
  type BuildTarget,
  type Recipe,
} from "../../image/recipe.ts";
import { formatBuild, formatBuildJson, type BuildOutcome } from "../../report/build.ts";
import { levelCopy } from "../../repo/copy.ts";
import { readHead, type Head } from "../../repo/git.ts";
import { isThere } from "../../repo/npm-files.ts";
import { findCwd, look } from "../../repo/scan.ts";
import type { Surroundings } from "../../repo/spawn.ts";
import { findPlace } from "../../repo/work-tree.ts";
import { linesOf, shown } from "../../text/terminal.ts";
import { cacheVariables, findWithheld, hostVariables, readConfiguration } from "../../verify/host.ts";
import type { Command } from "../args.ts";
import type { Io } from "../io.ts";
import { chooseDevContainer, copyChosen, isGenerated, type Chosen } from "./dev-container.ts";
import { describeDrift } from "./drift.ts";

type BuildCommand = Extract<Command, { kind: "build" }>;

/** Runs it and gives the exit status: 0 if the image was built. Throws errors for people. */
export async function runBuild(command: BuildCommand, io: Io): Promise<number> {
  const { json, dryRun } = command.switches;
  if (command.push && command.images.length === 0)
    throw usageError(
      "no-name",
      "--push needs the image's name in its registry.",
      "Give it with --image, for instance ghcr.io/acme/app-ci",
    );
  const chosen = chooseDevContainer("build", command, io);
  const { file, text, lock, cli } = chosen;
  const { root } = chosen.target;
  const target = chooseTarget(command, chosen);
  const written = readConfiguration(text);
  const isBeside = lock.files[ownCompose]?.strategy === "own" && file === ownDevcontainer;
  const config = isRecord(written) && isBeside ? withoutCompose(written, lock.revision) : written;
  const kind = isRecord(config) ? kindOf(config) : null;
  if (!isRecord(config) || kind === null)
    throw environmentError(
      "no-dev-container",
      `${file} names no image, Dockerfile or Compose file.`,
      "See  npx create-aperture-env check",
      {
        file,
      },
    );
  const { name } = lock.answers;
  const images = command.images.length > 0 ? command.images : [`${nameFrom(name)}:${target ?? "dev"}`];
  const npmrc = command.npmrc === null ? null : resolve(findCwd(io.cwd, command.switches.cwd), command.npmrc);
  if (npmrc !== null && !isThere(npmrc))
    throw usageError("bad-flag", `--npmrc: there is no file ${npmrc}.`, "Give the path of an .npmrc with the token.");
  const wanted = { ...command, target, images, npmrc };
  const say = (line: string): void => void (json || io.stderr.write(shown`${line}\n`));
  for (const { name: variable, where } of findWithheld(file, text, io.env))
    say(`${formatPlace(where)}: uses ${variable} of this machine, which build does not pass on; it is empty in the build`);

  const drift = await describeDrift(chosen.target, io);
  if (drift !== null && !dryRun) say(`Note: ${drift}.`);

  const caches = [...command.cacheFrom, command.cacheTo ?? ""];
  const here = { target: root, env: { ...hostVariables(io.env), ...cacheVariables(caches, io.env) } };
  const engine = dryRun ? await askEngine(here).catch(() => usual) : await askEngine(here);
  const obstacle = findObstacle(kind, wanted, engine);
  if (obstacle?.usage === true) throw usageError("cannot-build", obstacle.why, obstacle.fix);
  if (obstacle !== null) throw environmentError("cannot-build", obstacle.why, obstacle.fix);
  const head = await readHead(root, io.env);
  const epoch = epochFor(io.env, head);
  const inFolder = file.slice(workspaceOf(file).length);
  /** Everything that is known before the build. */
  const plan = (commit: Head | null, metadata: string): { readonly recipe: Recipe; readonly outcome: BuildOutcome } => {
    const labels = labelsFor({ name, head: commit, epoch, env: io.env });
    const recipe = makeRecipe(kind, config, wanted, { engine, epoch, labels, metadata });
    const words = wordsFor({ folder: join("copy", workspaceOf(file)), config: inFolder, args: recipe.args });
    const said = {
      command: ["devcontainer", ...words],
      options: recipe.options,
      notes: [...(drift === null ? [] : [drift]), ...recipe.notes],
    };
    const { revision } = lock;
    const outcome = {
      status: "planned",
      root,
      config: file,
      target,
      images,
      id: null,
      digest: null,
      revision,
      labels,
      epoch,
      ...said,
    } as const;
    return { recipe, outcome };
  };
  const show = (outcome: BuildOutcome): void => io.stdout.write(json ? formatBuildJson(outcome) : formatBuild(outcome));
  if (dryRun) {
    show(plan(head, "metadata.json").outcome);
    return 0;
  }

  const signal = io.interrupted();
  const progress = createProgress(json ? null : io.stderr, () => Date.now());
  progress.tell("copying the repository");
  const copy = await copyChosen(chosen, io);
  try {
    const isCommit = head !== null && (await readHead(copy.folder, io.env))?.tree === head.tree;
    if (!copy.isListed && findPlace(root) !== null)
      say(
        "Git did not list the files of this repository (git status says why), so the copy has ignored files, too, and no commit.",
      );
    else if (head !== null && !isCommit)
      say(
        `The files differ from commit ${head.hash.slice(0, 12)} (changes, Git LFS or submodules), so the image has no label for the commit.`,
      );
    const metadata = join(dirname(copy.folder), "metadata.json");
    const { recipe, outcome } = plan(isCommit ? head : null, metadata);
    copy.write(file, JSON.stringify(recipe.config, null, 2));
    if (recipe.dockerfile !== null) copy.write(join(dirname(file), imageDockerfile), recipe.dockerfile);
    levelCopy(copy.folder, epoch ?? 0);
    progress.tell(`building ${target ?? "the image"} (${file})`);
    const common = { here, signal, onLine: progress.onLine };
    const folder = join(copy.folder, workspaceOf(file));
    const built = await build({ cli, folder, config: inFolder, args: recipe.args, epoch, ...common });
    if (signal.aborted) throw cancelledError();
    if (built.exitCode !== 0) {
      const said = `${built.stdout}\n${built.stderr}`;
      throw findFailedPush(said, images) ?? failed("not-built", "The image was not built:", said);
    }
    for (const image of recipe.push) {
      progress.tell(`pushing ${image}`);
      const pushed = await push(image, common);
      if (signal.aborted) throw cancelledError();
      if (pushed.exitCode !== 0) throw notPushed(image, linesOf(pushed.stderr).findLast((line) => line !== "") ?? "");
    }
    // A builder beside the engine pushes by itself, and keeps nothing there.
    const isStored = !command.push || engine.driver === "docker" || recipe.push.length > 0;
    const { id, digest } = await findResult(dirname(copy.folder), images[0]!, isStored, here);
    progress.end();
    const notes = [...outcome.notes, ...progress.missed()];
    show({ ...outcome, notes, status: command.push ? "pushed" : "built", id, digest: command.push ? digest : null });
    return 0;
  } finally {
    progress.end();
    copy.remove();
  }
}

/** An unknown engine, for showing what would be run. */
const usual: Engine = { buildx: true, needsBuildx: false, driver: "docker", store: true, rewrites: false, platforms: [] };

/** A generated Dockerfile has two targets; a user's dev container is one image. */
function chooseTarget({ target }: BuildCommand, { file, lock }: Chosen): BuildTarget | null {
  if (isGenerated(lock)) return target ?? "ci";
  if (target !== "ci") return null;
  throw usageError(
    "no-such-target",
    `${file} is your own dev container: it has one image and no targets.`,
    "Leave --target out; jobs can use that image, too.",
  );
}

/** A name for an image on this machine (github.com/distribution/reference). */
function nameFrom(name: string): string {
  return (
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-|-$/g, "") || "aperture-env"
  );
}

/** The builder's metadata, and the engine's where it has the image. */
async function findResult(
  folder: string,
  image: string,
  isStored: boolean,
  here: Surroundings,
): Promise<{ id: string | null; digest: string | null }> {
  const found = look(folder, "metadata.json");
  const said: unknown = found.kind === "text" ? JSON.parse(found.text) : {};
  const { "containerimage.digest": digest, "containerimage.config.digest": id } = said as Readonly<
    Record<string, string | undefined>
  >;
  const kept = isStored ? await inspect(image, here) : null;
  const nameOf = (reference: string): string => {
    const { registry, repository } = placeOfImage(reference);
    return `${registry}/${repository}`;
  };
  const pushed = kept?.digests.find((each) => nameOf(each) === nameOf(image))?.replace(/^.*@/, "");
  // The engine's own builder calls the image's id its digest.
  return { id: kept?.id ?? null, digest: (digest === id ? pushed : digest) ?? pushed ?? null };
}

/** What kept the builder from pushing what it had built, in the words of Docker's own builder or of BuildKit; null where it was something else. */
function findFailedPush(said: string, images: readonly string[]): AppError | null {
  const why = linesOf(said)
    .map((line) => /(?:^|\s)ERROR: (.+)$/.exec(line)?.[1])
    .findLast((line) => line !== undefined);
  const [, image, reason] = /failed to push (\S+?): (.+)$/.exec(why ?? "") ?? [];
  const [, named] = /^\s*> pushing (\S+) with docker:$/m.exec(said) ?? [];
  if (image !== undefined && images.includes(image)) return notPushed(image, reason!);
  return named !== undefined && images.includes(named) ? notPushed(named, why ?? "") : null;
}

/** Registries refuse with 401 or 403, and Docker says it in words of its own where it has no login. */
const refusal = /\b(?:401|403)\b|unauthori[sz]ed|forbidden|denied|no basic auth|authentication required|insufficient_scope/i;

function notPushed(image: string, reason: string): AppError {
  const { registry } = placeOfImage(image);
  const login = `docker login${registry === "docker.io" ? "" : ` ${registry}`}`;
  return environmentError(
    "not-pushed",
    `${image} was built, and not pushed: ${reason.replace(/\.$/, "")}.`,
    refusal.test(reason)
      ? `Log in with  ${login}  as an account that may push there, and run again.`
      : "See that its registry can be reached, and run again: what was built is in the cache.",
  );
}

function failed(code: string, message: string, said: string): AppError {
  const lines = linesOf(said).map((line) => line.replace(/^\[\d{4}-[^\]]*\] /, ""));
  const details = lines.filter((line) => !/^at |^\{"outcome"|^Error: Command failed|^$/.test(line)).slice(-15);
  return new AppError({
    code,
    exit: 4,
    message,
    details: details.map((line) => `  ${line}`),
    hint: "Fix the reported problem, and run again.",
  });
}
