/**
 * Headers that tell the gateway's log what a request was made for, as data. None is sent by default. Variables
 * are those that the CI systems' own documentations name, in the order in which they are looked at.
 */
import type { Choice } from "../questions/types.ts";

/** The prefix of every such header. */
export const headerPrefix = "x-aperture-env-";

/** The maximum number of headers. */
export const mostHeaders = 16;

/** Attributes that every environment can offer. */
export interface Attribute extends Choice {
  /** The first of these variables that is set gives the value. */
  readonly variables: readonly string[];
  /** The source: only these variables, the remote `origin` if none of them is set, or the image. */
  readonly from: "variable" | "repository" | "revision";
}

/** All of them. */
export const attributes: readonly Attribute[] = [
  {
    value: "repository",
    label: "repository",
    hint: "its name, as acme/app, from the CI system or the git remote origin",
    // GitHub, GitLab, Bitbucket, Woodpecker, Drone, Azure Pipelines.
    variables: [
      "GITHUB_REPOSITORY",
      "CI_PROJECT_PATH",
      "BITBUCKET_REPO_FULL_NAME",
      "CI_REPO",
      "DRONE_REPO",
      "BUILD_REPOSITORY_NAME",
    ],
    from: "repository",
  },
  {
    value: "revision",
    label: "revision",
    hint: "the environment's revision, the one in devcontainer.json",
    variables: [],
    from: "revision",
  },
  {
    value: "job",
    label: "job",
    hint: "the job's name, in CI",
    // GitHub, GitLab, CircleCI, Buildkite, Azure Pipelines, Woodpecker, Jenkins.
    variables: [
      "GITHUB_JOB",
      "CI_JOB_NAME",
      "CIRCLE_JOB",
      "BUILDKITE_STEP_KEY",
      "SYSTEM_JOBNAME",
      "CI_WORKFLOW_NAME",
      "JOB_NAME",
    ],
    from: "variable",
  },
  {
    value: "run",
    label: "run",
    hint: "the run's number, in CI",
    // GitHub, GitLab, Bitbucket, CircleCI, Buildkite, Azure Pipelines, Woodpecker, Drone, Jenkins.
    variables: [
      "GITHUB_RUN_ID",
      "CI_PIPELINE_ID",
      "BITBUCKET_BUILD_NUMBER",
      "CIRCLE_WORKFLOW_ID",
      "BUILDKITE_BUILD_NUMBER",
      "BUILD_BUILDID",
      "CI_PIPELINE_NUMBER",
      "DRONE_BUILD_NUMBER",
      "BUILD_NUMBER",
    ],
    from: "variable",
  },
];

/** Prefixes of well-known services' keys. A value with such a prefix is never sent. */
export const keyBeginnings: readonly string[] = [
  "sk-",
  "ghp_",
  "gho_",
  "ghu_",
  "ghs_",
  "ghr_",
  "github_pat_",
  "glpat-",
  "gldt-",
  "glcbt-",
  "xoxb-",
  "xoxp-",
  "AKIA",
  "ASIA",
  "AIza",
  "eyJ",
  "tskey-",
  "npm_",
  "pypi-",
  "hvs.",
  "dckr_pat_",
];

/** Words in a variable's name that mark its value as a secret. */
const secretWords =
  /TOKEN|SECRET|PASSW|CREDENTIAL|APIKEY|(?:^|[_-])(?:KEYS?|PASS|PASSPHRASE|AUTH|AUTHORIZATION|BEARER|COOKIES?|JWT|PAT|PRIVATE|SIGNATURE|DSN)(?:[_-]|$)/;

/** Words in a variable's name that mark its value as a person's name, machine or folder. */
const personalWords =
  /USERNAME|HOSTNAME|LOGNAME|REQUESTEDFOR|COMPUTERNAME|E?MAIL|CODESPACE|(?:^|[_-])(?:USERS?|LOGIN|ACTOR|AUTHORS?|COMMITTER|ASSIGNEES?|REVIEWERS?|SENDER|PERSON|DEVELOPER|HOME|PWD|OLDPWD|HOST|MACHINE)(?:[_-]|$)/;

/** What the value of a variable with this name would reveal, as a word for a sentence; null if nothing. */
export function givesAway(name: string): "a secret" | "a person" | null {
  const upper = name.toUpperCase();
  return secretWords.test(upper) ? "a secret" : personalWords.test(upper) ? "a person" : null;
}
