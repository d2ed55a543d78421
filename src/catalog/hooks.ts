/**
 * The lifecycle hooks of a dev container that run inside it, in their order (containers.dev, devcontainerjson-reference, "Lifecycle scripts").
 * `initializeCommand` runs on the host, so it is not among them.
 */
export const lifecycleHooks: readonly string[] = [
  "onCreateCommand",
  "updateContentCommand",
  "postCreateCommand",
  "postStartCommand",
  "postAttachCommand",
];

/** Begins the doctor's look at a container that starts. It goes on in the background, and no start fails because of it. */
export const doctorCommand = "/usr/local/bin/aperture-doctor --background || true";

/** Brings up the way to the gateway as a container starts, as far as that needs nobody, and prints what a person has to do. */
export const connectCommand = "/usr/local/bin/aperture-connect --post-start || true";

/**
 * The hooks of a dev container: those that are asked for, the doctor's, and where the container has to connect itself, what does that. A hook's object form runs several commands side by side, by names
 * that only tools show (containers.dev, devcontainerjson-reference, "Formatting string vs. array properties").
 */
export function withOwn(
  hooks: Readonly<Record<string, string>>,
  connects: boolean,
): Readonly<Record<string, string | Readonly<Record<string, string>>>> {
  const { postStartCommand: asked } = hooks;
  const own = { "aperture-doctor": doctorCommand, ...(connects && { "aperture-connect": connectCommand }) };
  return { ...hooks, postStartCommand: { ...own, ...(asked !== undefined && { asked }) } };
}
