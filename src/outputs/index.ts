/** Every output, a file each, in the order in which they are offered. */
import type { Output } from "../vocabulary.ts";
import { ciGithub } from "./ci-github.ts";
import { ciGitlab } from "./ci-gitlab.ts";
import { codeowners } from "./codeowners.ts";
import { devcontainer } from "./devcontainer.ts";
import { image } from "./image.ts";
import { kubernetes } from "./kubernetes.ts";
import { payload } from "./payload.ts";

/** All of them, the inner ones, too. */
export const outputs: readonly Output[] = [devcontainer, ciGithub, ciGitlab, kubernetes, codeowners, image, payload];
