/** The registry that a Feature falls back to, for bases without npm: the user's own, if its address may be committed. */
import { judgeRegistry, type Unfit } from "../lock/registry.ts";
import type { Finding } from "../plan/findings.ts";
import type { NpmConfiguration, WrittenRegistry } from "./configuration.ts";
import { askForDefault } from "./npm.ts";

/** The address to write, empty if there is none, and notes about it. */
export interface DefaultRegistry {
  readonly registry: string;
  readonly findings: readonly Finding[];
}

/** Finds the user's registry. npm itself is run only if no readable configuration names one. */
export async function chooseDefaultRegistry(npm: NpmConfiguration): Promise<DefaultRegistry> {
  const said = npm.registry ?? (await askForDefault(npm.here));
  const judged = said === null ? null : judgeRegistry(said.text);
  const ignored = describeIgnored(npm);
  if (judged?.ok === true) return { registry: judged.address, findings: ignored };
  return { registry: "", findings: [...ignored, judged === null ? unknown : unfit(said!, judged.why)] };
}

/** The notes about registries that the repository names. */
export function describeIgnored({ ignored }: NpmConfiguration): Finding[] {
  if (ignored === null) return [];
  return [
    {
      code: "registry-ignored",
      where: ignored,
      message: "the repository names another npm registry here, but only your own npm configuration is used",
      hint: "if you trust that registry, run again with NPM_CONFIG_REGISTRY set to its address",
    },
  ];
}

const take = "run this again with NPM_CONFIG_REGISTRY set to an address that everybody may read";

const unknown: Finding = {
  code: "registry-not-written",
  where: { file: "npm" },
  message: "npm does not report its registry, so the Feature names none, and needs npm in the image",
  hint: take,
};

const reasons: Readonly<Record<Unfit, string>> = {
  variable: "takes in a variable, and what that stands for is not written",
  credentials: "holds a user, a password or a query, which are not written",
  token: "holds what looks like a token, which is not written",
  "no-address": "is not one of http or https that can be written",
};

function unfit({ where }: WrittenRegistry, why: Unfit): Finding {
  return {
    code: "registry-not-written",
    where,
    message: `the address of the npm registry ${reasons[why]}, so the Feature names none, and needs npm in the image`,
    hint: take,
  };
}
