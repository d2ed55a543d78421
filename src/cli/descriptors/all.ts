/** All commands, in the order in which the help lists them. */
import { build } from "./build.ts";
import { check } from "./check.ts";
import { create } from "./create.ts";
import type { Descriptor } from "./descriptor.ts";
import { discover } from "./discover.ts";
import { doctor } from "./doctor.ts";
import { hosts } from "./hosts.ts";
import { mockGateway } from "./mock-gateway.ts";
import { remove } from "./remove.ts";
import { report } from "./report.ts";
import { replaceModel } from "./replace-model.ts";
import { update } from "./update.ts";
import { verify } from "./verify.ts";

/** The commands. */
export const descriptors: readonly Descriptor[] = [
  create,
  update,
  replaceModel,
  check,
  report,
  hosts,
  remove,
  discover,
  doctor,
  verify,
  build,
  mockGateway,
];

/** The one of that name. */
export function descriptorOf(name: string): Descriptor | undefined {
  return descriptors.find((descriptor) => descriptor.name === name);
}
