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

/**
 * The hooks of a dev container: those that are asked for, and the doctor's. A hook's object form runs several commands side by side, by names
 * that only tools show (containers.dev, devcontainerjson-reference, "Formatting string vs. array properties").
 */
export function withDoctor(
  hooks: Readonly<Record<string, string>>,
): Readonly<Record<string, string | Readonly<Record<string, string>>>> {
  const { postStartCommand: asked } = hooks;
  return { ...hooks, postStartCommand: { "aperture-doctor": doctorCommand, ...(asked !== undefined && { asked }) } };
}
