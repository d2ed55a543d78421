/** A git server over plain HTTP, by git's own http-backend(1): one bare repository that takes pushes from whoever knows the token. */
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { execaSync } from "execa";
import { onDispose, temporaryFolder } from "./docker.ts";

/** The running server. */
export interface GitServer {
  /** The repository's address, without `.git`. */
  readonly url: string;
  /** Runs git in the bare repository, and gives what it printed. */
  git(...args: string[]): string;
  /** The options of each push that had some and was taken, as its hooks get them. */
  pushes(): readonly (readonly string[])[];
}

/**
 * Starts it with an empty repository. Clients log in with any name and the token as the password; what has that of an app may change no workflow,
 * as GitHub refuses it. It goes with the rest.
 */
export async function startGitServer(token: string, app?: string): Promise<GitServer> {
  const folder = await temporaryFolder("aperture-env-git");
  const bare = join(folder, "acme", "app.git");
  mkdirSync(bare, { recursive: true });
  const git = (...args: string[]): string => execaSync("git", args, { cwd: bare }).stdout;
  git("init", "--quiet", "--bare", "--initial-branch", "main");
  git("config", "receive.advertisePushOptions", "true");
  git("config", "http.receivepack", "true");
  const log = join(folder, "pushes");
  const hook = join(bare, "hooks", "post-receive");
  // A blank line behind the options of a push: an option has no line end in it.
  writeFileSync(
    hook,
    `#!/bin/sh\nindex=0\nwhile [ "$index" -lt "\${GIT_PUSH_OPTION_COUNT:-0}" ]; do\n  eval "printf '%s\\n' \\"\\$GIT_PUSH_OPTION_$index\\""\n  index=$((index + 1))\ndone >>'${log}'\necho >>'${log}'\n`,
  );
  const judge = join(bare, "hooks", "pre-receive");
  writeFileSync(
    judge,
    `#!/bin/sh
while read -r _ new _; do
  [ "$REMOTE_USER" != app ] || git diff --quiet main "$new" -- .github/workflows || { echo "refusing to allow a GitHub App to create or update workflow" >&2; exit 1; }
done
`,
  );
  for (const file of [hook, judge]) chmodSync(file, 0o755);
  const server = createServer((request, response) => {
    const [, word = ""] = (request.headers.authorization ?? "").split(" ");
    const [, password = ""] = Buffer.from(word, "base64").toString().split(":");
    if (password === token || password === app) backend(folder, password === app ? "app" : "person", request, response);
    else response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onDispose(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/acme/app`,
    git,
    pushes: () =>
      existsSync(log)
        ? readFileSync(log, "utf8")
            .split(/\n{2,}/)
            .map((push) => push.trim().split("\n"))
            .filter(([first]) => first !== "")
        : [],
  };
}

/** One request through http-backend, which speaks CGI (RFC 3875), to the repositories below a folder. */
export function backend(folder: string, user: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? "/", "http://localhost");
  const { headers } = request;
  const child = spawn("git", ["http-backend"], {
    env: {
      PATH: process.env["PATH"],
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: "1",
      REMOTE_USER: user,
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: headers["content-encoding"] ?? "",
      GIT_PROTOCOL: String(headers["git-protocol"] ?? ""),
      ...(headers["content-length"] !== undefined && { CONTENT_LENGTH: headers["content-length"] }),
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  request.pipe(child.stdin).on("error", () => {});
  const said: Buffer[] = [];
  child.stdout.on("data", (bytes: Buffer) => said.push(bytes));
  child.once("close", () => {
    const all = Buffer.concat(said);
    const end = all.indexOf("\r\n\r\n");
    const fields = all
      .subarray(0, end)
      .toString()
      .split("\r\n")
      .map((line) => line.split(/: /, 2) as [string, string]);
    const status = fields.find(([name]) => name === "Status")?.[1] ?? "200";
    response.writeHead(Number.parseInt(status, 10), Object.fromEntries(fields.filter(([name]) => name !== "Status")));
    response.end(all.subarray(end + 4));
  });
}
