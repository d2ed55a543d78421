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
