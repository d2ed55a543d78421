/** What an image says of where it is from: the annotations of github.com/opencontainers/image-spec (annotations.md), as far as they are known. Pure. */
import { usageError } from "../errors.ts";
import type { Head } from "../repo/git.ts";
import type { Env } from "../vocabulary.ts";

/** What is known. */
export interface Origin {
  /** The environment's name. */
  readonly name: string;
  /** The commit that is built; null where the files are not those of one. */
  readonly head: Head | null;
  readonly epoch: number | null;
  readonly env: Env;
}

/** The labels. */
export function labelsFor({ name, head, epoch, env }: Origin): Record<string, string> {
  const source = urlOf(jobsUrl(env) ?? head?.remote ?? "");
  const version = jobsTag(env) ?? head?.tags[0];
  const known = {
    title: name,
    created: epoch === null ? null : new Date(epoch * 1000).toISOString().replace(".000Z", "Z"),
    source,
    revision: head?.hash,
    version: head === null || version === undefined ? null : /^v?(\d[\w.+-]*)$/.exec(version)?.[1],
  };
  return Object.fromEntries(
    Object.entries(known).flatMap(([key, value]) => (value ? [[`org.opencontainers.image.${key}`, value]] : [])),
  );
}

/**
 * The time that is taken for the present: that of the variable, else that of the commit. Throws a usage error where the variable says no time, which
 * reproducible-builds.org/specs/source-date-epoch asks for.
 */
export function epochFor(env: Env, head: Head | null): number | null {
  const said = env["SOURCE_DATE_EPOCH"] || null;
  if (said === null) return head?.time ?? null;
  if (/^\d{1,11}$/.test(said)) return Number(said);
  throw usageError(
    "bad-variable",
    `The variable SOURCE_DATE_EPOCH cannot be ${JSON.stringify(said)}.`,
    "It is a number of seconds since 1970; without it the time of the commit is used.",
  );
}

/** Variables of GitHub's and GitLab's jobs. */
function jobsUrl(env: Env): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, CI_PROJECT_URL: project } = env;
  return server && repository ? `${server}/${repository}` : project || undefined;
}

function jobsTag(env: Env): string | undefined {
  return (env["GITHUB_REF_TYPE"] === "tag" ? env["GITHUB_REF_NAME"] : env["CI_COMMIT_TAG"]) || undefined;
}

/** A remote as an address for a browser, without a login in it; null for one that is none. */
function urlOf(remote: string): string | null {
  const [, host, path] =
    /^(?:https?:\/\/(?:[^/@]*@)?|ssh:\/\/(?:[^/@]*@)?)([\w.-]+(?::\d+)?)\/([\w.~/-]+?)(?:\.git)?\/?$/.exec(remote) ??
    /^(?:[\w.-]+@)([\w.-]+):([\w.~/-]+?)(?:\.git)?\/?$/.exec(remote) ??
    [];
  if (host === undefined) return null;
  return `${remote.startsWith("http:") ? "http" : "https"}://${remote.startsWith("ssh:") ? host.replace(/:\d+$/, "") : host}/${path}`;
}
