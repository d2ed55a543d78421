/** Where OpenCode's sessions can be kept, as data. */
import type { Choice, State } from "../questions/types.ts";

/** All places. */
export const states: readonly (Choice & { readonly value: State })[] = [
  { value: "container", label: "container", hint: "in the container, gone with it" },
  { value: "volume", label: "volume", hint: "on a volume that outlasts it" },
];

/**
 * Where the volume is mounted: outside of every home, since a Feature cannot know whose home it will be, and open to every account as /tmp is. The
 * name of a new volume's folder, its owner and its mode are those of the image's (docs.docker.com, "Volumes", "Populate a volume using a container").
 */
export const volumeFolder = "/var/lib/aperture-env";

/** The volume's name; the variable tells one dev container from another and stays as it is rebuilt (containers.dev, "Variables in devcontainer.json"). */
export const volumeName = "aperture-env-${devcontainerId}";
