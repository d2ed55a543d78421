/**
 * Builds in the world as it is: a base with a source of packages that is broken and with a CA of its own, tools that ignore `dependsOn` and
 * `build.target`, and a host whose user is not root.
 */
import { chmodSync, chownSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { featureFolder } from "../../src/catalog/files.ts";
import { pinnedRelease } from "../../src/catalog/release.ts";
import {
  bridgeGateway,
  devcontainer,
  disposeAll,
  docker,
  dockerAvailable,
  fetchOpencodeTarball,
  onDispose,
  temporaryFolder,
  uniqueName,
} from "../support/docker.ts";
import { startNpmRegistry } from "../support/npm-registry.ts";
import { generate, writeTree } from "../support/repository.ts";
import { isThere, skips } from "../support/skips.ts";

const available = await dockerAvailable();
const name = process.arch === "arm64" ? "opencode-linux-arm64" : "opencode-linux-x64-baseline";
const { version } = pinnedRelease;

describe.skipIf(!available || skips("builds on bases with a CA", isThere("openssl") ? null : "openssl is not installed"))(
  "a base with a broken source of packages and a CA of its own",
  () => {
    let base: string;
    /** The registry, whose certificate is of the base's CA. */
    let registry: string;
    let certificates: string;

    beforeAll(async () => {
      const host = await bridgeGateway();
      certificates = await makeCertificates(host);
      registry = await startTlsRegistry(certificates, host);
      base = uniqueName("aperture-env-awkward");
      onDispose(() => docker(["image", "rm", "--force", base]));
      const folder = await temporaryFolder("aperture-env-awkward");
      copyFileSync(join(certificates, "base.crt"), join(folder, "base.crt"));
      writeTree(folder, {
        Dockerfile: `FROM node:24-bookworm-slim
RUN echo 'deb [trusted=no] file:/srv/left-by-somebody stable main' >/etc/apt/sources.list.d/left-by-somebody.list
COPY base.crt /etc/base.crt
ENV NODE_EXTRA_CA_CERTS=/etc/base.crt
`,
      });
      const built = await docker(["build", "--tag", base, folder]);
      expect(built.exitCode, built.stderr).toBe(0);
    });
    afterAll(disposeAll);

    /** A repository whose Feature folder brings another CA than the one that is needed. */
    const addCertificate = (folder: string): void => {
      mkdirSync(join(folder, featureFolder, "opencode", "certs"));
      copyFileSync(join(certificates, "other.crt"), join(folder, featureFolder, "opencode", "certs", "other.crt"));
    };
    const build = async (folder: string, ...args: string[]): Promise<{ image: string; said: string }> => {
      const image = uniqueName("aperture-env-builds");
      onDispose(() => docker(["image", "rm", "--force", image]));
      const built = await docker(["build", "--progress", "plain", "--tag", image, ...args, "."], {
        cwd: folder,
        timeout: 600_000,
      });
      expect(built.exitCode, built.stderr).toBe(0);
      return { image, said: built.stderr };
    };
    const expectOpencode = async (image: string): Promise<void> => {
      const { stdout, stderr } = await docker([
        "run",
        "--rm",
        image,
        "sh",
        "-c",
        "opencode --version; git --version; rg --version",
      ]);
      expect(stdout, stderr).toMatch(new RegExp(`^${version.replaceAll(".", "\\.")}\ngit version .*\nripgrep `));
    };

    test("apt-get update fails there, and the base's CA is needed", async () => {
      const { exitCode, stderr } = await docker(["run", "--rm", base, "apt-get", "update"]);
      expect(exitCode).not.toBe(0);
      expect(stderr).toContain("left-by-somebody");
      const fetches = `fetch("${registry}").then(() => {}, (error) => { console.log(error.cause.code); process.exit(7); })`;
      const without = await docker(["run", "--rm", "--env", "NODE_EXTRA_CA_CERTS=", base, "node", "-e", fetches]);
      expect(without, without.stderr).toMatchObject({ exitCode: 7, stdout: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
    });

    test("a tool that ignores dependsOn installs the Feature; it replaces an older binary, not the same one", async () => {
      const folder = await temporaryFolder("aperture-env-builds");
      writeTree(folder, { ".devcontainer/devcontainer.json": `{ "image": "${base}" }\n` });
      await generate(folder, [], { npm_config_registry: registry });
      addCertificate(folder);
      const feature = JSON.parse(readFileSync(join(folder, featureFolder, "devcontainer-feature.json"), "utf8")) as {
        dependsOn: object;
        options: Record<string, { default: string }>;
      };
      expect(feature.dependsOn).toEqual({ "./aperture-env/opencode": {} });
      // As DevPod and envbuilder do it: the options' values as variables, and the one script.
      const options = Object.entries(feature.options).map(([key, { default: value }]) => `${key.toUpperCase()}=${value}`);
      const runs = `RUN cd /feature && ${options.join(" ")} sh install.sh`;
      writeTree(folder, {
        Dockerfile: `FROM ${base}
COPY ${featureFolder} /feature
${runs}
RUN echo 1.0.0 >/usr/local/lib/aperture-env/opencode.version
RUN cd /feature && echo second && ${options.join(" ")} sh install.sh
RUN cd /feature && echo third && ${options.join(" ")} sh install.sh
`,
      });
      const { image, said } = await build(folder);
      const fetched = said.split("\n").filter((line) => line.includes("sha512 checked, by npm"));
      expect(fetched).toHaveLength(2);
      expect(said).toContain("left-by-somebody");
      await expectOpencode(image);
    });

    test("the generated Dockerfile without a target builds dev, with everything of the base", async () => {
      const folder = await temporaryFolder("aperture-env-builds");
      await generate(folder, ["--base", `image=${base},libc=glibc,user=node`]);
      const { image } = await build(join(folder, ".devcontainer"));
      await expectOpencode(image);
      const { stdout } = await docker(["image", "inspect", "--format", "{{json .Config.Cmd}} {{.Config.User}}", image]);
      // As in its base, which is no shell of ours: ci is another target.
      expect(stdout.trim()).toBe('["node"] root');
      const built = await build(join(folder, ".devcontainer"), "--target", "ci");
      const ci = await docker(["image", "inspect", "--format", "{{json .Config.Cmd}}", built.image]);
      expect(ci.stdout.trim()).toBe('["bash"]');
    });
  },
);

const account = { uid: 12_345, gid: 23_456 };
const whyNotAnother = process.getuid?.() === 0 && isThere("setpriv") ? null : "this account cannot become another one";

describe.skipIf(!available || skips("a host whose user is not root", whyNotAnother))("a host whose user is not root", () => {
  afterAll(disposeAll);

  test("the container's account is that of both keys, has the host's uid and its own home, and can write the workspace", async () => {
    const folder = await temporaryFolder("aperture-env-uid");
    const home = await temporaryFolder("aperture-env-home");
    await generate(folder, ["--base", "node"]);
    for (const path of [folder, home, ...readdirSync(folder, { recursive: true }).map((each) => join(folder, String(each)))])
      chownSync(path, account.uid, account.gid);
    chmodSync(folder, 0o700);
    // The group is the one that may speak to the engine.
    const as = ["setpriv", `--reuid=${account.uid}`, `--regid=${account.gid}`, "--groups=0"];
    // The CLI asks for the account's name, and this machine has none for it.
    writeTree(home, { "bin/id": "#!/bin/sh\necho somebody\n" });
    chmodSync(join(home, "bin", "id"), 0o755);
    const options = {
      as,
      env: { HOME: home, TMPDIR: home, BUILDX_CONFIG: join(home, "buildx"), PATH: `${join(home, "bin")}:${process.env["PATH"]}` },
    };
    const up = await devcontainer(["up", "--workspace-folder", folder], options);
    expect(up.exitCode, up.stderr).toBe(0);
    const script = "id -un; id -u; id -g; stat -c '%u %g' ~; touch made && stat -c %u made; opencode --version";
    const exec = await devcontainer(["exec", "--workspace-folder", folder, "sh", "-c", script], options);
    const { uid, gid } = account;
    expect(exec.stdout.trim().split(/\r?\n/), exec.stderr).toEqual([
      "node",
      `${uid}`,
      `${gid}`,
      `${uid} ${gid}`,
      `${uid}`,
      version,
    ]);
    // What is started beside the tool is the same account.
    const { containerId } = JSON.parse(up.stdout.trim().split("\n").at(-1)!) as { containerId: string };
    expect((await docker(["exec", containerId, "id", "-u"])).stdout.trim()).toBe(`${uid}`);
  });
});

/** A CA that the base trusts, another one, and a certificate of the first for that address. */
async function makeCertificates(host: string): Promise<string> {
  const folder = await temporaryFolder("aperture-env-certificates");
  const openssl = (line: string): Promise<unknown> => execa("openssl", line.split(" "), { cwd: folder });
  for (const ca of ["base", "other"])
    await openssl(`req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=${ca} -keyout ${ca}.key -out ${ca}.crt`);
  await openssl("req -newkey rsa:2048 -nodes -subj /CN=registry -keyout server.key -out server.csr");
  writeFileSync(join(folder, "extensions"), `subjectAltName=IP:${host}\n`);
  await openssl(
    "x509 -req -in server.csr -CA base.crt -CAkey base.key -CAcreateserial -days 2 -extfile extensions -out server.crt",
  );
  return folder;
}

/** The registry behind TLS, for containers on the default bridge; addresses of tarballs lead to it, too. */
async function startTlsRegistry(certificates: string, host: string): Promise<string> {
  const behind = await startNpmRegistry({
    packages: [{ name, version, tarball: readFileSync(await fetchOpencodeTarball(name, version)) }],
  });
  onDispose(() => behind.close());
  const keys = { key: readFileSync(join(certificates, "server.key")), cert: readFileSync(join(certificates, "server.crt")) };
  const server = createServer(keys, (request, response) => {
    void fetch(behind.origin + request.url!).then(async (reply) => {
      const bytes = Buffer.from(await reply.arrayBuffer());
      const type = reply.headers.get("content-type")!;
      const body = type === "application/json" ? bytes.toString("utf8").replaceAll(behind.origin, origin) : bytes;
      response.writeHead(reply.status, { "content-type": type }).end(body);
    });
  });
  server.listen(0, "0.0.0.0");
  await once(server, "listening");
  onDispose(async () => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `https://${host}:${(server.address() as AddressInfo).port}`;
  return origin;
}
