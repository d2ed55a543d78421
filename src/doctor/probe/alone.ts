/** Whether there is a network at all. */
import { networkInterfaces } from "node:os";

/** Whether there is no network but this machine itself, as where the container whose network this one shares was started again. */
export function isAlone(): boolean {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return addresses.every(({ address }) => address.startsWith("127.") || address === "::1");
}
