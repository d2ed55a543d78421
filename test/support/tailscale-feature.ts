/**
 * A Feature in the place of Tailscale's own: the same option, capabilities, volume, places of its files and kind of entrypoint, and the programs of a
 * test's tailnet instead of what the vendor's server has.
 */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { devcontainer, docker, onDispose, temporaryFolder, uniqueName } from "./docker.ts";
import { generate, writeTree } from "./repository.ts";
import type { Tailnet } from "./tailnet.ts";

const entrypoint = `#!/bin/sh
# Starts the daemon as root, logs in where a key is there already, and goes on with what the container is for.
root=
[ "$(id -u)" = 0 ] || root='sudo -n'
$root sh -c '
  mkdir -p /dev/net /var/run/tailscale
  [ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200
  exec setsid tailscaled --statedir=/var/lib/tailscale --socket=/var/run/tailscale/tailscaled.sock --port=41641 >/var/log/tailscaled.log 2>&1
' &
if [ -n "$TS_AUTH_KEY" ]; then
  sleep 1
  $root tailscale up --accept-routes --authkey="$TS_AUTH_KEY"
  unset TS_AUTH_KEY
fi
exec "$@"
`;

/** Writes it into a folder. */
export async function writeTailscaleFeature(folder: string, programs: string): Promise<void> {
  writeTree(folder, {
    "devcontainer-feature.json": JSON.stringify({
      id: folder.split("/").at(-1),
      version: "1.0.8",
      name: "Tailscale",
      entrypoint: "/usr/local/sbin/tailscaled-entrypoint",
      capAdd: ["NET_ADMIN", "NET_RAW", "MKNOD"],
      mounts: [{ source: "tailscale-${devcontainerId}", target: "/var/lib/tailscale", type: "volume" }],
      options: { version: { type: "string", default: "latest", description: "Version of Tailscale to download" } },
    }),
    "install.sh": `#!/bin/sh
set -e
echo "Tailscale's Feature, version $VERSION"
install -m 0755 tailscale /usr/local/bin/tailscale
install -m 0755 tailscaled /usr/local/sbin/tailscaled
install -m 0755 entrypoint.sh /usr/local/sbin/tailscaled-entrypoint
mkdir -p /var/lib/tailscale /var/run/tailscale
`,
    "entrypoint.sh": entrypoint,
  });
  for (const program of ["tailscale", "tailscaled"]) await copyFile(join(programs, program), join(folder, program));
}

/** An image of an environment with it, as the Dev Containers CLI builds one, which is started by the Feature's entrypoint. */
export async function buildWithFeature({ programs, url }: Pick<Tailnet, "programs" | "url">): Promise<string> {
  const folder = await temporaryFolder("aperture-env-feature");
  writeTree(folder, { "package.json": '{ "name": "sample" }\n' });
  await writeTailscaleFeature(join(folder, ".devcontainer/stand-in"), programs);
  const said = `1.102.5,feature=./stand-in,login_server=${url}`;
  await generate(folder, ["--name", "sample", "--connection", "tailscale", "--tailscale", said]);
  const image = uniqueName("aperture-env-feature");
  const { exitCode, stderr } = await devcontainer(["build", "--workspace-folder", folder, "--image-name", image]);
  if (exitCode !== 0) throw new Error(stderr);
  onDispose(() => docker(["image", "rm", "--force", image]));
  return image;
}
