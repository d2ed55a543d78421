/** Whether there is a way to an address, by the kernel's own table. */
import { networkInterfaces } from "node:os";
import { textOf } from "./files.ts";

/** False only where it is certain that there is none: IPv4 on Linux. */
export function hasRoute(address: string): boolean {
  const table = textOf("/proc/net/route");
  const wanted = toNumber(address);
  if (table === null || wanted === null || address.startsWith("127.")) return true;
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  if (own.some((each) => each.address === address)) return true;
  // Its columns 2 and 8 are destination and mask, in hexadecimal with the last byte first (proc(5)).
  return table
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t"))
    .some(([, destination = "", , , , , , mask = ""]) => (wanted & turned(mask)) >>> 0 === turned(destination));
}

function toNumber(address: string): number | null {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(address)) return null;
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function turned(hex: string): number {
  return Number.parseInt((hex.match(/../g) ?? []).reverse().join(""), 16) || 0;
}
