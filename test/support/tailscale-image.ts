/** A stand-in for the vendor's image `tailscale/tailscale`, under whatever name a generated file has for it: the same programs, built from their source. */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { docker, onDispose, temporaryFolder } from "./docker.ts";
import { writeTree } from "./repository.ts";

/** As the vendor's: what kernel mode needs, the programs on PATH, containerboot as the command (tailscale, Dockerfile.base and build_docker.sh). */
const dockerfile = `FROM debian:bookworm-slim
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends ca-certificates iptables iproute2 >/dev/null && rm -rf /var/lib/apt/lists/*
COPY tailscale tailscaled containerboot /usr/local/bin/
CMD ["/usr/local/bin/containerboot"]
`;

/** Builds it from the programs of a tailnet, where there is no image of that name, and takes it away with the rest. */
export async function standInForTailscale(image: string, programs: string): Promise<void> {
  if ((await docker(["image", "inspect", image])).exitCode === 0) return;
  const context = await temporaryFolder("aperture-env-tailscale");
  writeTree(context, { Dockerfile: dockerfile });
  for (const name of ["tailscale", "tailscaled", "containerboot"]) await copyFile(join(programs, name), join(context, name));
  const { exitCode, stderr } = await docker(["build", "--quiet", "--tag", image, context]);
  if (exitCode !== 0) throw new Error(`the stand-in for ${image} was not built:\n${stderr}`);
  onDispose(() => docker(["image", "rm", "--force", image]));
}
