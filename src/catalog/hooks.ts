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

/** Starts the doctor when a container starts. The doctor runs in the background, and a start never fails because of it. */
const doctorCommand = "/usr/local/bin/aperture-doctor --background || true";

/** Connects a starting container to the gateway as far as that needs no person, and prints what a person has to do. */
const connectCommand = "/usr/local/bin/aperture-connect --post-start || true";

/**
 * The hooks of a dev container: the user's, the doctor's, and aperture-connect's if the container connects itself. A hook's object form runs several commands in parallel, with names
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
