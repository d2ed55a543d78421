/** References to images: what may stand behind FROM, where its registry is, and how it is pinned. Pure. */
import { isRecord } from "../forms.ts";

/** As github.com/distribution/reference defines it, digest allowed; nothing else can stand after FROM. */
const form =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]{1,5})?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;

const digestForm = /^sha256:[0-9a-f]{64}$/;

/** Digests by the references that they pin. */
export type Pins = Readonly<Record<string, string>>;

/** Whether a text is a reference to an image, as docker pull takes it. */
export function isImageReference(text: string): boolean {
  return text.length <= 255 && form.test(text);
}

/** Whether a text is the digest of a manifest. */
export function isDigest(text: string): boolean {
  return digestForm.test(text);
}

/** Whether a value, for instance from a lock, is a map of pins. */
export function arePins(value: unknown): value is Pins {
  return (
    isRecord(value) &&
    Object.keys(value).length <= 50 &&
    Object.entries(value).every(([image, digest]) => hasOnlyTag(image) && typeof digest === "string" && isDigest(digest))
  );
}

/** Whether a reference names its image by a tag alone, so that what it means can move. */
export function hasOnlyTag(reference: string): boolean {
  return isImageReference(reference) && !reference.includes("@");
}

/** The reference with its digest behind it, where one is known; the tag stays for people and for what moves digests. */
export function pinImage(reference: string, pins: Pins): string {
  return Object.hasOwn(pins, reference) ? `${reference}@${pins[reference]!}` : reference;
}

/** Where an image is. */
export interface ImagePlace {
  /** Host and port as Docker knows the registry: `docker.io` for Docker Hub. */
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
}

/**
 * Takes a reference apart. What stands before the first slash is a registry if it has a dot or a port or is localhost; without one it is Docker
 * Hub, whose own images are in `library` (github.com/distribution/reference, normalize.go).
 */
export function placeOfImage(reference: string): ImagePlace {
  const slash = reference.indexOf("/");
  const first = reference.slice(0, Math.max(slash, 0));
  const named = /[.:]|^localhost$/.test(first);
  const [, path = "", tag = "latest"] = /^([^:@]+)(?::([^@]+))?/.exec(named ? reference.slice(slash + 1) : reference) ?? [];
  const hub = !named || first === "index.docker.io" || first === "docker.io";
  return { registry: hub ? "docker.io" : first, repository: hub && !path.includes("/") ? `library/${path}` : path, tag };
}
