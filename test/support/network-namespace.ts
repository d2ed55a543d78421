/** A network namespace of its own for one program: its loopback is up, and its resolv.conf asks 127.0.0.1. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatShell } from "../../src/render/escape.ts";
import { findProgram, makeFolder, whyNoMounts, withMounts } from "../opencode/environment.ts";

/** Why there can be none on this machine, or null. */
export function whyNoNetworks(): string | null {
  const noMounts = whyNoMounts();
  if (noMounts !== null) return noMounts;
  if (findProgram("ip") === null) return "there is no ip";
  if (!existsSync("/etc/resolv.conf")) return "there is no /etc/resolv.conf";
  if (/^[^#]*\sai(\s|$)/m.test(existsSync("/etc/hosts") ? readFileSync("/etc/hosts", "utf8") : ""))
    return "/etc/hosts knows a host ai";
  const { status } = spawnSync("unshare", ["--net", "ip", "link", "set", "lo", "up"], { stdio: "ignore" });
  return status === 0 ? null : "no network namespace can be made here";
}

/** The command in such a namespace, after shell code that may mount. The namespace has its own loopback, and its own resolv.conf over this machine's. */
export function inNetwork(command: readonly string[], code = ""): string[] {
  const resolv = join(makeFolder(), "resolv.conf");
  writeFileSync(resolv, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
  const network = `ip link set lo up; mount --bind ${formatShell(resolv)} /etc/resolv.conf`;
  const [unshare = "", ...rest] = withMounts([network, code].filter(Boolean).join("; "), command);
  return [unshare, "--net", ...rest];
}
