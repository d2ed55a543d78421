/** The mock gateway as containers reach it, by what README.md says: in a container 127.0.0.1 is the container itself. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { disposeAll, docker, dockerAvailable } from "../support/docker.ts";

const root = join(import.meta.dirname, "..", "..");
const available = await dockerAvailable();

describe.skipIf(!available)("the mock gateway on this machine", () => {
  afterAll(disposeAll);

  test("is reached from a container at the address that README.md says how to find", async () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const [, flags = "", find = ""] =
      /`(--host [\d.]+)`[^]*`(docker network inspect bridge --format '[^`]+')`/.exec(readme) ?? [];
    const args = [join(root, "dist", "bin.js"), "mock-gateway", ...flags.split(" "), "--port", "0", "--json"];
    const gateway = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
    onTestFinished(() => void gateway.kill());
    const { value: line } = await createInterface(gateway.stdout)[Symbol.asyncIterator]().next();
    const { port } = new URL((JSON.parse(String(line)) as { origin: string }).origin);
    const { stdout: address } = await execa("sh", ["-c", find]);
    const ask = async (host: string): Promise<string> => {
      const script = `fetch("http://${host}:${port}/v1/models").then((came) => came.json()).then(({ data }) => console.log(data.length > 100), () => console.log("refused"))`;
      return (await docker(["run", "--rm", "node:24-bookworm-slim", "node", "--eval", script])).stdout.trim();
    };
    expect(await ask(address.trim())).toBe("true");
    expect(await ask("127.0.0.1")).toBe("refused");
  });
});
