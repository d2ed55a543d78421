/** Docker 20.10 on a socket of its own, where `.ci/old-engine` has unpacked it. It has no bridge: what runs on it is in this machine's network. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { execa } from "execa";
import { docker, onDispose, temporaryFolder } from "./docker.ts";

const folder = process.env["OLD_ENGINE"] ?? "/var/tmp/aperture-env-old-engine";

/** Why it cannot be started here, or null. */
export function oldEngineMissing(): string | null {
  if (!existsSync(join(folder, "unpacked"))) return ".ci/old-engine has not unpacked one";
  return process.getuid?.() === 0 ? null : "this is not root";
}

/** Starts one, with these images of the other engine's; gives the variables that programs find it by. It goes with the rest. */
export async function startOldEngine(images: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const state = await temporaryFolder("aperture-env-old-engine");
  const at = (name: string): string => join(state, name);
  mkdirSync(at("config"));
  const env = {
    DOCKER_HOST: `unix://${at("docker.sock")}`,
    DOCKER_CONFIG: at("config"),
    PATH: `${join(folder, "usr/bin")}:${join(folder, "usr/sbin")}:${process.env["PATH"]}`,
  };
  const places = ["--pidfile", at("pid"), "--data-root", at("data"), "--exec-root", at("exec")];
  const alone = ["--bridge=none", "--iptables=false", "--ip-forward=false", "--ip-masq=false"];
  const log = openSync(at("log"), "w");
  const daemon = spawn(join(folder, "usr/sbin/dockerd"), ["--host", env.DOCKER_HOST, ...places, ...alone], {
    env: { ...process.env, ...env },
    stdio: ["ignore", log, log],
  });
  const ended = once(daemon, "exit");
  onDispose(async () => {
    daemon.kill();
    await ended;
    // Left by containers in this machine's network.
    await execa("umount", [at("exec/netns/default")], { reject: false });
  });
  for (let tries = 0; (await docker(["version"], { env })).exitCode !== 0; tries++) {
    if (tries === 100 || daemon.exitCode !== null) throw new Error(`the engine did not start; its log is ${at("log")}`);
    await setTimeout(200);
  }
  const archive = at("images.tar");
  for (const [args, options] of [
    [["save", "--output", archive, ...images], {}],
    [["load", "--quiet", "--input", archive], { env }],
  ] as const) {
    const { exitCode, stderr } = await docker(args, options);
    if (exitCode !== 0) throw new Error(`docker ${args[0]}: ${stderr}`);
  }
  return env;
}
