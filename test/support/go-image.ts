/**
 * An image in the place of the public one with Go: this machine's Go, and a folder of modules (`GOPROXY=file:///goproxy`) that has a stand-in for
 * ts-unplug under its own module path and version, and all that it is made from. So a generated stage is built as it is, where neither that image nor
 * that module can be had.
 */
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { execa } from "execa";
import { tsUnplugModule } from "../../src/catalog/ts-unplug.ts";
import { docker, onDispose, temporaryFolder } from "./docker.ts";
import { root } from "./project-root.ts";

const [, module = "", program = "", version = ""] = /^(.*)\/(cmd\/[^@]+)@(.*)$/.exec(tsUnplugModule) ?? [];

/** What a build is given so that it takes the folder of modules. */
export const goArguments: readonly string[] = ["--build-arg", "GOPROXY=file:///goproxy", "--build-arg", "GOSUMDB=off"];

/** Builds it, and gives its name. The same sources give the same layers, so that what was built on them stays cached. */
export async function imageWithGo(base: string): Promise<string> {
  const context = await temporaryFolder("aperture-env-go");
  const go = async (cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> =>
    (await execa("go", args, { cwd, env })).stdout;
  const source = join(context, "source");
  await mkdir(join(source, program), { recursive: true });
  await cp(join(root, "test", "support", "ts-unplug", "main.go"), join(source, program, "main.go"));
  await writeFile(join(source, "go.mod"), `module ${module}\n\ngo 1.26\n\nrequire tailscale.com v1.102.5\n`);
  // What this machine has already, else from where it takes its modules.
  const [modules, proxy, goroot] = (await go(context, ["env", "GOMODCACHE", "GOPROXY", "GOROOT"])).split("\n") as [
    string,
    string,
    string,
  ];
  const fetched = join(context, "modules");
  const env = {
    GOFLAGS: "-mod=mod -modcacherw",
    GOMODCACHE: fetched,
    GOPROXY: `file://${modules}/cache/download,${proxy}`,
    GONOSUMDB: "*",
  };
  await go(source, ["list", "-deps", `./${program}`], env);
  const place = join(fetched, "cache", "download", module, "@v");
  await mkdir(place, { recursive: true });
  const files = ["go.mod", `${program}/main.go`];
  const texts = await Promise.all(files.map(async (path) => ({ path, bytes: await readFile(join(source, path)) })));
  await writeFile(join(place, `${version}.mod`), texts[0]!.bytes);
  await writeFile(join(place, "list"), `${version}\n`);
  await writeFile(join(place, `${version}.info`), `{"Version":"${version}"}\n`);
  await writeFile(
    join(place, `${version}.zip`),
    zipOf(texts.map(({ path, bytes }) => ({ path: `${module}@${version}/${path}`, bytes }))),
  );
  await cp(goroot, join(context, "go"), {
    recursive: true,
    filter: (path) => dirname(path) !== goroot || !/\/(?:test|api|doc)$/.test(path),
  });
  const dockerfile = `FROM ${base}\nENV GOTOOLCHAIN=local PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nCOPY go /usr/local/go\nCOPY modules/cache/download /goproxy\n`;
  await writeFile(join(context, "Dockerfile"), dockerfile);
  const name = "aperture-env-go:test";
  const { exitCode, stderr } = await docker(["build", "--quiet", "--tag", name, context], { timeout: 300_000 });
  if (exitCode !== 0) throw new Error(stderr);
  onDispose(() => docker(["image", "rm", "--force", name]));
  return name;
}

/** A zip archive without compression (PKWARE APPNOTE 6.3.9, 4.3). */
function zipOf(files: readonly { readonly path: string; readonly bytes: Buffer }[]): Buffer {
  const entries = files.map(({ path, bytes }) => {
    const name = Buffer.from(path);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(0x21, 8);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(bytes.length, 14);
    fields.writeUInt32LE(bytes.length, 18);
    fields.writeUInt16LE(name.length, 22);
    return { name, bytes, fields };
  });
  const chunks: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, bytes, fields } of entries) {
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), fields, name, bytes]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02"), Buffer.from([20, 0]), fields, tail, name]));
    chunks.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...chunks, central, Buffer.from("PK\x05\x06"), end]);
}
