/** Reads the base: by name, or as the user's own image with its C library and account. Pure. */
import { bases, findBase } from "../catalog/bases.ts";
import { isImageReference } from "../catalog/image-reference.ts";
import { isRecord } from "../forms.ts";
import { describe, names, refused, understood } from "./parse.ts";
import type { BaseChoice, Parsed } from "./types.ts";

/** An account name as useradd takes it, or a numeric id. */
const account = /^(?:[a-z_][a-z0-9_-]{0,31}|[0-9]{1,10})$/;

/** Stages of the generated Dockerfile: a builder would read these names as stages and not as images. */
const stages = ["opencode", "dev", "ci"];

/** How a user's own image is written as a flag. */
export const customForm = "image=<reference>,libc=glibc|musl,user=<account>";

function checkCustomBase(fields: Record<string, unknown>): Parsed<BaseChoice> {
  const stray = Object.keys(fields).find((key) => !["image", "libc", "user"].includes(key));
  if (stray !== undefined) return refused(`a base has no setting ${JSON.stringify(stray)}`, `give ${customForm}`);
  const { image, libc, user } = fields;
  if (typeof image !== "string" || !isImageReference(image)) {
    return refused(
      `${JSON.stringify(image ?? "")} is not an image reference`,
      "write it as docker pull takes it, for instance ghcr.io/acme/dev:1",
    );
  }
  if (stages.includes(image))
    return refused(`${image} is the name of a stage in the Dockerfile`, `write it with its tag, for instance ${image}:latest`);
  if (libc !== "glibc" && libc !== "musl")
    return refused(`the C library of ${image} is not known`, "write libc: glibc, or libc: musl for Alpine");
  if (typeof user === "number") return checkCustomBase({ ...fields, user: String(user) });
  if (typeof user !== "string" || !account.test(user))
    return refused(`the user of ${image} is not known`, "name the account to work as, for example user: root");
  return understood({ image, libc, user });
}

/** The name of a base, or `customForm`. */
export function parseBase(text: string): Parsed<BaseChoice> {
  const typed = text.trim();
  if (findBase(typed) !== undefined) return understood(typed);
  if (!typed.includes("=")) {
    return refused(`${JSON.stringify(typed)} is not a base`, `choose from ${names(Object.keys(bases))}, or give ${customForm}`);
  }
  const fields: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const part of typed.split(",")) {
    const equals = part.indexOf("=");
    fields[part.slice(0, equals < 0 ? undefined : equals).trim()] = equals < 0 ? undefined : part.slice(equals + 1).trim();
  }
  return checkCustomBase(fields);
}

/** The name of a base, or the map `{ image, libc, user }`. */
export function readBase(value: unknown): Parsed<BaseChoice> {
  if (typeof value === "string") return parseBase(value);
  return isRecord(value)
    ? checkCustomBase(value)
    : refused(`expected a base, not ${describe(value)}`, `choose from ${names(Object.keys(bases))}`);
}
