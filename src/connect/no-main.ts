/** What takes the place of main.ts in an image that takes the network as it is, and has no aperture-connect. */
import { printTo, shown } from "../text/terminal.ts";

/** Says so. */
export const connectMain: typeof import("./main.ts").connectMain = async () => {
  printTo(process.stderr).write(shown`The environment here has nothing to connect.\n`);
  return 1;
};
