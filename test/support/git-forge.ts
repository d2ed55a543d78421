/** A forge of several repositories, over http, for what clones repositories elsewhere than on this machine's disk. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { execaSync } from "execa";
import { onDispose, temporaryFolder } from "./docker.ts";
import { backend } from "./git-server.ts";
import { writeTree } from "./repository.ts";

/** A forge that listens. */
export interface Forge {
  readonly port: number;
  /** The folder of a repository's work tree, which is what is served. */
  folder(name: string): string;
  /** Makes a repository of these files, on the branch `main`. */
  add(name: string, files: Readonly<Record<string, string>>): void;
  /** Every login that somebody sent, as `user:password`. */
  readonly logins: readonly string[];
}

/** Starts one on that address; a repository whose name begins with `private` wants `login`. It goes with `disposeAll`. */
export async function startForge({ host, login }: { readonly host: string; readonly login: string }): Promise<Forge> {
  const folder = await temporaryFolder("aperture-env-forge");
  const logins: string[] = [];
  const server = createServer((request, response) => {
    const [, word = ""] = (request.headers.authorization ?? "").split(" ");
    const given = Buffer.from(word, "base64").toString();
    if (given !== "") logins.push(given);
    if (request.url?.startsWith("/private") === true && given !== login)
      response.writeHead(401, { "www-authenticate": "Basic" }).end();
    else backend(folder, "person", request, response);
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, host, resolve));
  onDispose(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    port: (server.address() as AddressInfo).port,
    logins,
    folder: (name) => join(folder, name),
    add: (name, files) => {
      const cwd = join(folder, name);
      writeTree(cwd, files);
      const git = (...args: string[]): unknown => execaSync("git", args, { cwd });
      git("init", "--quiet", "--initial-branch", "main");
      git("add", "--all");
      git("-c", "user.name=dev", "-c", "user.email=dev@example.com", "commit", "--quiet", "--message", "all");
    },
  };
}
