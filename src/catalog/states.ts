/** Where OpenCode's sessions can be kept, as data. */
import type { Choice, State } from "../questions/types.ts";

/** All places. */
export const states: readonly (Choice & { readonly value: State })[] = [
  { value: "container", label: "container", hint: "in the container; removed with it" },
  { value: "volume", label: "volume", hint: "on a volume; kept when the container is rebuilt" },
];

/**
 * Where the volume is mounted: outside of every home, because a Feature cannot know the user, and writable for every account as /tmp is. A new
 * volume takes the folder's content, owner and mode from the image (docs.docker.com, "Volumes", "Populate a volume using a container").
 */
export const volumeFolder = "/var/lib/aperture-env";

/** The volume's name. The variable differs between dev containers and survives a rebuild (containers.dev, "Variables in devcontainer.json"). */
export const volumeName = "aperture-env-${devcontainerId}";
