/** Image references: what may follow FROM, where its registry is, and how it is pinned. Pure. */
import { isRecord } from "../forms.ts";

/** As github.com/distribution/reference defines it, with or without a digest. */
const form =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]{1,5})?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;

const digestForm = /^sha256:[0-9a-f]{64}$/;

/** Digests by the references that they pin. */
export type Pins = Readonly<Record<string, string>>;

/** Whether a text is an image reference that docker pull accepts. */
export function isImageReference(text: string): boolean {
  return text.length <= 255 && form.test(text);
}

/** Whether a text is a manifest's digest. */
export function isDigest(text: string): boolean {
  return digestForm.test(text);
}

/** Whether a value, for example from a lock, is a map of pins. */
export function arePins(value: unknown): value is Pins {
  return (
    isRecord(value) &&
    Object.keys(value).length <= 50 &&
    Object.entries(value).every(([image, digest]) => hasOnlyTag(image) && typeof digest === "string" && isDigest(digest))
  );
}

/** Whether a reference has a tag and no digest, so that it can change its meaning. */
export function hasOnlyTag(reference: string): boolean {
  return isImageReference(reference) && !reference.includes("@");
}

/** The reference with its digest, if one is known. The tag stays for people and for bots that update digests. */
export function pinImage(reference: string, pins: Pins): string {
  return Object.hasOwn(pins, reference) ? `${reference}@${pins[reference]!}` : reference;
}

/** The parts of an image reference. */
export interface ImagePlace {
  /** Host and port as Docker knows the registry: `docker.io` for Docker Hub. */
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
}

/**
 * Splits a reference. The part before the first slash is a registry if it has a dot or a port or is localhost. Otherwise the registry is Docker
 * Hub, whose official images are in `library` (github.com/distribution/reference, normalize.go).
 */
export function placeOfImage(reference: string): ImagePlace {
  const slash = reference.indexOf("/");
  const first = reference.slice(0, Math.max(slash, 0));
  const named = /[.:]|^localhost$/.test(first);
  const [, path = "", tag = "latest"] = /^([^:@]+)(?::([^@]+))?/.exec(named ? reference.slice(slash + 1) : reference) ?? [];
  const hub = !named || first === "index.docker.io" || first === "docker.io";
  return { registry: hub ? "docker.io" : first, repository: hub && !path.includes("/") ? `library/${path}` : path, tag };
}
