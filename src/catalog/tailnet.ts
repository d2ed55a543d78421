/** What is fixed in every tailnet and in every container with a daemon of Tailscale. */

/** Where root's daemon listens, and a sidecar's: the path that Tailscale's programs use (tailscale, paths/paths_unix.go). */
export const daemonSocket = "/var/run/tailscale/tailscaled.sock";

/** Whether an address, without brackets, is one of a tailnet (tailscale.com/kb/1015, "100.x.y.z addresses"; kb/1033, "IP pool"; the prefix of IPv6 is fixed). */
export function isTailnetAddress(address: string): boolean {
  return /^(?:100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.\d+$|fd7a:115c:a1e0:)/i.test(address);
}
