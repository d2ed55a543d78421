/** Images of environments whose containers are nodes of a test's tailnet by themselves, and what is looked at in such containers. */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { docker, onDispose, runDetached, temporaryFolder, uniqueName, type Container, type Result } from "./docker.ts";
import { generate, writeTree } from "./repository.ts";
import type { Tailnet } from "./tailnet.ts";

/** An image that holds Tailscale's programs and nothing else, where the vendor's has them. */
export async function imageOfPrograms(programs: string): Promise<string> {
  const name = uniqueName("aperture-env-tailscale");
  const context = await temporaryFolder("aperture-env-tailscale");
  writeTree(context, { Dockerfile: "FROM scratch\nCOPY tailscale tailscaled /usr/local/bin/\n" });
  for (const program of ["tailscale", "tailscaled"]) await copyFile(join(programs, program), join(context, program));
  await mustBuild(["build", "--quiet", "--tag", name, context]);
  return name;
}

/** The target `ci` of an environment with that connection, as it stands in the spec, whose programs are the tailnet's own; `more` is more of theirs. */
export async function buildConnected(
  tailnet: Tailnet,
  connection: string,
  { programs = true, loginServer = tailnet.url, more = "" }: { programs?: boolean; loginServer?: string; more?: string } = {},
): Promise<string> {
  const from = programs ? await imageOfPrograms(tailnet.programs) : null;
  const folder = await temporaryFolder("aperture-env-connected");
  writeTree(folder, {
    "package.json": '{ "name": "sample" }\n',
    "aperture-env.yaml": `${[
      "name: sample",
      "base: debian",
      "aperture:",
      "  url: http://ai",
      `  connection: ${connection}`,
      ...(from === null ? [] : [`  tailscale: { image: "${from}", login_server: "${loginServer}"${more} }`]),
      "providers: { anthropic: {} }",
      "model: anthropic/claude-sonnet-5-5",
      "",
    ].join("\n")}`,
  });
  await generate(folder);
  const image = uniqueName("aperture-env-connected");
  await mustBuild(["build", "--quiet", "--target", "ci", "--tag", image, join(folder, ".devcontainer")]);
  return image;
}

async function mustBuild(args: readonly string[]): Promise<void> {
  const { exitCode, stderr, stdout } = await docker(args);
  if (exitCode !== 0) throw new Error(`docker ${args.join(" ")}:\n${stderr}${stdout}`);
  const name = args[args.indexOf("--tag") + 1]!;
  onDispose(() => docker(["image", "rm", "--force", name]));
}

/** What a container may do at the least: no capability, nothing to gain, whatever its account. */
export const unprivileged: readonly string[] = ["--cap-drop", "ALL", "--security-opt", "no-new-privileges"];

/** A container of that image that waits, in the tailnet's network. */
export function startConnected(tailnet: Tailnet, image: string, args: readonly string[] = []): Promise<Container> {
  return runDetached(image, { args: ["--network", tailnet.network.name, ...args], command: ["sleep", "infinity"] });
}

/** A volume of its own. */
export async function makeVolume(): Promise<string> {
  const name = uniqueName("aperture-env-login");
  await docker(["volume", "create", name]);
  onDispose(() => docker(["volume", "rm", "--force", name]));
  return name;
}

/** Every argument, variable and open file's text of a container's processes and folders in which a secret stands, by its place. */
export async function findSecret(container: Container, secret: string): Promise<readonly string[]> {
  const look = [
    // What looks is among what is looked at, so that the secret comes by the input.
    "read -r secret",
    'for file in /proc/[0-9]*/cmdline /proc/[0-9]*/environ; do pid=${file#/proc/} pid=${pid%/*}; if [ "$pid" != 1 ] && [ "$pid" != $$ ] && tr "\\\\0" "\\n" <"$file" 2>/dev/null | grep -qF -e "$secret"; then echo "$file $(cat /proc/$pid/comm)"; fi; done',
    'grep -rlF -e "$secret" /tmp /var /dev/shm /home /root /usr/local/share /usr/local/lib/aperture-env /etc 2>/dev/null | sed "s/^/file /"',
  ].join("\n");
  const { stdout } = await container.exec(["sh", "-c", look], { input: `${secret}\n`, user: "0" });
  return stdout.split("\n").filter((line) => line !== "" && !/^\/proc\/\d+\/environ (?:sh|sleep|grep|tr)$/.test(line));
}

/** One prompt, with what it gave and how many milliseconds it took. */
export async function prompt(
  container: Container,
  words: string,
  { user, env = {} }: { readonly user?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Result & { readonly ms: number }> {
  const began = performance.now();
  const variables = Object.entries(env).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
  const result = await docker(
    ["exec", ...variables, ...(user === undefined ? [] : ["--user", user]), container.name, "opencode", "run", words],
    { timeout: 120_000 },
  );
  return { ...result, ms: performance.now() - began };
}
