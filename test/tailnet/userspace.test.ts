/** The connection `userspace` on a real tailnet: containers without any privilege that are nodes by themselves. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildConnected, findSecret, makeVolume, prompt, startConnected, unprivileged } from "../support/connected.ts";
import { disposeAll, docker, type Container } from "../support/docker.ts";
import { skips } from "../support/skips.ts";
import { startTailnet, tailnetMissing, type Tailnet } from "../support/tailnet.ts";

const missing = await tailnetMissing();

describe.skipIf(skips("a real tailnet", missing))("a container without any privilege", () => {
  let tailnet: Tailnet;
  let image: string;
  let key: string;

  beforeAll(async () => {
    tailnet = await startTailnet();
    image = await buildConnected(tailnet, "userspace");
    key = await tailnet.key();
  });
  afterAll(disposeAll);

  const nodeNames = async (): Promise<readonly string[]> => (await tailnet.nodes()).map(({ given_name: name }) => name);
  const connect = (container: Container, ...words: string[]): ReturnType<Container["exec"]> =>
    container.exec(["aperture-connect", ...words], { timeout: 60_000 });
  /** The container's address in the tailnet, as its own daemon says. */
  const addressOf = async (container: Container): Promise<string> =>
    (
      await container.exec([
        "sh",
        "-c",
        "/usr/local/lib/aperture-env/tailscale --socket=$(echo /tmp/aperture-env-*/tailscaled.sock /dev/shm/aperture-env-*/tailscaled.sock | tr ' ' '\\n' | grep -v '*') ip -4",
      ])
    ).stdout.trim();
  /** The nodes whose prompts the gateway has seen behind the first `before`. */
  const seenSince = async (before: number): Promise<readonly string[]> => [
    ...new Set((await tailnet.requests()).slice(before).map(({ node }) => node)),
  ];

  test.each([
    ["of uid 1000", ["--user", "1000:1000"]],
    ["of an account that nobody knows", ["--user", "54321:0"]],
    ["with a root that cannot be written", ["--user", "54321:0", "--read-only"]],
    ["with small temporary folders that hold no programs", ["--user", "1000", "--read-only", "--tmpfs", "/tmp:noexec,size=16m"]],
    ["without a home or any other variable", ["--user", "1000", "--env", "HOME=/nonexistent"]],
  ])("%s: OpenCode answers, and the gateway sees this node", async (_, args) => {
    const container = await startConnected(tailnet, image, [...unprivileged, ...args, "--env", `TS_AUTHKEY=${key}`]);
    const words = `say ${args.join(" ")}`;
    const before = (await tailnet.requests()).length;
    const { stdout, stderr, exitCode } = await prompt(container, words);
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain(words);
    expect(await seenSince(before)).toEqual([await addressOf(container)]);
    await container.remove();
  });

  test("the key is in no argument, file or log, and only in the processes that got it from a person", async () => {
    const secret = await tailnet.key();
    const container = await startConnected(tailnet, image, [...unprivileged, "--user", "1000"]);
    // As a host gives a secret to what it starts, not to the container.
    const begun = prompt(container, "say it slowly", { env: { TS_AUTHKEY: secret } });
    const places: string[] = [];
    for (let looks = 0; looks < 8; looks++) places.push(...(await findSecret(container, secret)));
    const { exitCode, stderr, stdout } = await begun;
    expect(exitCode, stderr).toBe(0);
    places.push(...(await findSecret(container, secret)));
    // While it logs in, that is aperture-connect itself, by its runtime's name.
    expect(
      [...new Set(places.map((place) => place.replace(/\d+/, "N")))].filter((place) => place !== "/proc/N/environ opencode"),
    ).toEqual([]);
    expect(stdout + stderr + (await container.logs()).stderr).not.toContain(secret);
    const environ = await container.exec(["sh", "-c", "cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -c TS_AUTHKEY"]);
    expect(environ.stdout.trim()).toBe("0");
    const inspected = await docker(["inspect", image]);
    expect(inspected.stdout).not.toMatch(/TS_AUTHKEY|TS_AUTH_KEY/);
    expect((await docker(["history", "--no-trunc", image])).stdout).not.toContain(secret);
    await container.remove();
  });

  test("OpenCode's own process has the proxy, and no key; nothing else has it", async () => {
    const container = await startConnected(tailnet, image, [...unprivileged, "--user", "1000", "--env", `TS_AUTHKEY=${key}`]);
    expect((await connect(container)).exitCode).toBe(0);
    const shown = await container.exec([
      "sh",
      "-c",
      "opencode serve --port 4096 >/dev/null 2>&1 & sleep 6; tr '\\0' '\\n' </proc/$!/environ",
    ]);
    expect(shown.stdout).toMatch(/^HTTP_PROXY=http:\/\/127\.0\.0\.1:1055$/m);
    expect(shown.stdout).toMatch(/^NO_PROXY=localhost,127\.0\.0\.1,::1$/m);
    expect(shown.stdout).not.toContain("TS_AUTHKEY");
    expect((await container.exec(["env"])).stdout).not.toMatch(/proxy/i);
    await container.remove();
  });

  test("Ctrl-C ends what is at the terminal, and the daemon stays", async () => {
    const container = await startConnected(tailnet, image, [...unprivileged, "--user", "1000", "--env", `TS_AUTHKEY=${key}`]);
    const interrupted = await container.exec(
      // A shell that minds its own jobs, so that the signal goes to one group of processes as a terminal's does.
      ["bash", "-c", "set -m; opencode run 'say hi' & sleep 4; kill -INT -- -$!; wait $!; cat /tmp/aperture-env-1000/connect"],
      { timeout: 60_000 },
    );
    const [, pid] = interrupted.stdout.trim().split("\n").at(-1)!.split(" ");
    expect((await container.exec(["cat", `/proc/${pid}/comm`])).stdout.trim()).toBe("tailscaled");
    const { exitCode, stderr } = await prompt(container, "say hi again");
    expect(exitCode, stderr).toBe(0);
    expect((await container.exec(["cat", "/tmp/aperture-env-1000/connect"])).stdout.split(" ")[1]).toBe(pid);
    await container.remove();
  });

  test("many that start at once have one daemon, and one node", async () => {
    const single = await tailnet.key({ single: true });
    const container = await startConnected(tailnet, image, [...unprivileged, "--user", "1000", "--env", `TS_AUTHKEY=${single}`]);
    const all = await Promise.all(Array.from({ length: 6 }, () => connect(container, "--timeout", "40")));
    expect(all.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0, 0, 0]);
    const running = await container.exec(["sh", "-c", "cat /proc/[0-9]*/comm | grep -c tailscaled"]);
    expect(running.stdout.trim()).toBe("1");
    await container.remove();
  });

  test("the daemon takes another port if its port is in use, and replaces a proxy that is set", async () => {
    const container = await startConnected(tailnet, image, [...unprivileged, "--user", "1000", "--env", `TS_AUTHKEY=${key}`]);
    const listen = "require('net').createServer((c) => c.end('no')).listen(1055, '127.0.0.1')";
    await docker([
      "exec",
      "--detach",
      "--env",
      "BUN_BE_BUN=1",
      container.name,
      "/usr/local/lib/aperture-env/opencode",
      "-e",
      listen,
    ]);
    await new Promise((done) => setTimeout(done, 1500));
    // The daemon itself takes a proxy that is set, where it has to: not to this control server.
    const env = { HTTP_PROXY: "http://127.0.0.1:9", NO_PROXY: tailnet.network.gateway };
    const { exitCode, stderr } = await prompt(container, "say hi", { env });
    expect(exitCode, stderr).toBe(0);
    const [way, , port] = (await container.exec(["cat", "/tmp/aperture-env-1000/connect"])).stdout.trim().split(" ");
    expect(way).toBe("userspace");
    expect(port).not.toBe("1055");
    await container.remove();
  });

  test("a stream arrives word by word", async () => {
    const container = await startConnected(tailnet, image, [...unprivileged, "--user", "1000", "--env", `TS_AUTHKEY=${key}`]);
    expect((await connect(container)).exitCode).toBe(0);
    const program = `
      const body = JSON.stringify({ model: "fault-slow", stream: true, max_tokens: 100, messages: [{ role: "user", content: "hi" }] });
      const headers = { "x-api-key": "-", "anthropic-version": "2023-06-01", "content-type": "application/json" };
      const answer = await fetch("http://ai/v1/messages", { method: "POST", headers, body, proxy: "http://127.0.0.1:1055" });
      const times = []; let text = "";
      for await (const piece of answer.body) { times.push(performance.now()); text += new TextDecoder().decode(piece); if (times.length === 5) break; }
      console.log(JSON.stringify({ status: answer.status, gaps: times.slice(1).map((time, at) => Math.round(time - times[at])), text }));
      process.exit(0);`;
    const { stdout, stderr } = await docker(
      ["exec", "--env", "BUN_BE_BUN=1", container.name, "/usr/local/lib/aperture-env/opencode", "-e", program],
      { timeout: 60_000 },
    );
    const { status, gaps, text } = JSON.parse(stdout || stderr) as { status: number; gaps: readonly number[]; text: string };
    expect(status, text).toBe(200);
    // One word a second; what a proxy keeps back comes at once.
    expect(gaps.filter((gap) => gap > 700).length, JSON.stringify(gaps)).toBeGreaterThanOrEqual(2);
    await container.remove();
  });

  describe("a login on a volume", () => {
    let volume: string;
    let name: string;

    beforeAll(async () => {
      volume = await makeVolume();
      name = "sample-dev";
    });

    const start = (...args: string[]): Promise<Container> =>
      startConnected(tailnet, image, [...unprivileged, "--user", "1000", "--volume", `${volume}:/var/lib/aperture-env`, ...args]);

    test("outlasts a restart and the container, without a key: the same node comes back", async () => {
      const first = await start("--env", `TS_AUTHKEY=${key}`);
      expect((await prompt(first, "say one")).exitCode).toBe(0);
      const address = await addressOf(first);
      await docker(["restart", "--time", "1", first.name]);
      expect((await prompt(first, "say two")).exitCode).toBe(0);
      expect(await addressOf(first)).toBe(address);
      await first.remove();
      const second = await start();
      const again = await prompt(second, "say three");
      expect(again.exitCode, again.stderr).toBe(0);
      expect(await addressOf(second)).toBe(address);
      expect((await nodeNames()).some((each) => each.startsWith(name))).toBe(true);
      await second.remove();
    });

    test("is for one container: a second one reports that, and with a key it becomes a separate node", async () => {
      const first = await start();
      expect((await connect(first)).exitCode).toBe(0);
      const second = await start();
      const refused = await prompt(second, "say no");
      expect(refused.exitCode).toBe(1);
      expect(refused.stderr).toMatch(/Another container \([0-9a-f]+\) uses the login on this volume/);
      const other = await prompt(second, "say yes", { env: { TS_AUTHKEY: key } });
      expect(other.exitCode, other.stderr).toBe(0);
      expect(await addressOf(second)).not.toBe(await addressOf(first));
      await Promise.all([first.remove(), second.remove()]);
    });

    test("is for each account a folder of its own", async () => {
      const other = await startConnected(tailnet, image, ["--user", "54321", "--volume", `${volume}:/var/lib/aperture-env`]);
      const { stderr, exitCode } = await prompt(other, "say who");
      expect(exitCode).toBe(1);
      expect(stderr).toContain("log in at");
      expect((await other.exec(["ls", "-ln", "/var/lib/aperture-env"])).stdout).toMatch(/^drwx------ .* 54321 /m);
      await other.remove();
    });
  });

  describe("without a login", () => {
    test("the login's address is shown at once, the daemon waits in the background, and the next start succeeds", async () => {
      const container = await startConnected(tailnet, image, [...unprivileged, "--user", "1000"]);
      const started = await connect(container, "--post-start");
      expect(started.exitCode, started.stderr).toBe(0);
      const url = /http:\/\/\S+\/register\/(\S+)/.exec(started.stdout);
      expect(url, started.stdout).not.toBeNull();
      const refused = await prompt(container, "say no");
      expect(refused.exitCode).toBe(1);
      expect(refused.stderr).toContain(url![0]);
      expect(refused.ms).toBeLessThan(10_000);
      // As a person does: to a control server that is busy one login may be lost, and the next address is another one.
      let id: string | undefined = url![1];
      for (let tries = 0; tries < 5 && id !== undefined; tries++) {
        await tailnet.control("auth", "register", "--auth-id", id, "--user", "dev").catch(() => "");
        id = /\/register\/(\S+)/.exec((await connect(container)).stdout)?.[1];
      }
      const { stderr, exitCode } = await prompt(container, "say yes");
      expect(exitCode, stderr).toBe(0);
      await container.remove();
    });

    test("what needs no gateway works all the same, at once", async () => {
      const container = await startConnected(tailnet, image, [...unprivileged, "--user", "1000"]);
      const version = await container.exec(["opencode", "--version"]);
      expect(version.exitCode, version.stderr).toBe(0);
      expect(version.stderr).not.toContain("log in");
      const models = await container.exec(["opencode", "models"]);
      expect(models.exitCode).toBe(0);
      expect((await container.exec(["sh", "-c", "ls /tmp/aperture-env-1000 2>/dev/null"])).stdout).not.toContain("tailscaled");
      await container.remove();
    });
  });

  test.each([
    ["that is none", async () => "hskey-auth-000000000000-0000000000000000000000000000000000000000000000000000000000000000"],
    [
      "that has expired",
      async () => {
        const short = await tailnet.key({ expiration: "1s" });
        await new Promise((done) => setTimeout(done, 1500));
        return short;
      },
    ],
    [
      "that is used up",
      async () => {
        const single = await tailnet.key({ single: true });
        const first = await startConnected(tailnet, image, ["--user", "1000", "--env", `TS_AUTHKEY=${single}`]);
        expect((await connect(first)).exitCode).toBe(0);
        await first.remove();
        return single;
      },
    ],
  ])("a key %s is named by its variable at once, and not shown", async (_, make) => {
    const bad = await make();
    const container = await startConnected(tailnet, image, ["--user", "1000", "--env", `TS_AUTH_KEY=${bad}`]);
    const { exitCode, stderr, ms } = await prompt(container, "say no");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("The key in TS_AUTH_KEY was rejected: ");
    expect(stderr).not.toContain(bad);
    expect(ms).toBeLessThan(10_000);
    // With another one it goes on.
    const good = await prompt(container, "say yes", { env: { TS_AUTH_KEY: await tailnet.key() } });
    expect(good.exitCode, good.stderr).toBe(0);
    await container.remove();
  });

  test("a job becomes a node in the first step of .gitlab/aperture-env.yml, and then the doctor finds no fault", async () => {
    const steps = "aperture-connect --timeout 20 || true; aperture-doctor --timeout 10 && opencode run 'say it in a job'";
    const container = await startConnected(tailnet, image, [
      ...unprivileged,
      "--env",
      "CI=true",
      "--env",
      "GITLAB_CI=true",
      "--env",
      `TS_AUTHKEY=${await tailnet.key({ ephemeral: true })}`,
    ]);
    const { exitCode, stdout, stderr } = await container.exec(["sh", "-c", steps], { timeout: 120_000 });
    expect(exitCode, stdout + stderr).toBe(0);
    expect(stdout).toContain("say it in a job");
    await container.remove();
  });

  test("a control server that cannot be reached is waited for as long as was said", async () => {
    // The network of containers has no way out, and this one none to the control server either.
    const container = await startConnected(tailnet, image, ["--user", "1000", "--env", `TS_AUTHKEY=${key}`]);
    await docker(["network", "disconnect", tailnet.network.name, container.name]);
    const began = performance.now();
    const { exitCode, stdout } = await connect(container, "--timeout", "4");
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`${tailnet.url} did not accept this node in time`);
    expect(performance.now() - began).toBeLessThan(9000);
    await container.remove();
  });

  test("a job's node is removed when the job ends, and its login is stored nowhere", async () => {
    const ephemeral = await tailnet.key({ ephemeral: true, tags: ["tag:ci"] });
    const volume = await makeVolume();
    const mount = ["--volume", `${volume}:/var/lib/aperture-env`];
    const job = await startConnected(tailnet, image, ["--env", "CI=true", "--env", `TS_AUTHKEY=${ephemeral}`, ...mount]);
    expect((await prompt(job, "say hi")).exitCode).toBe(0);
    expect((await job.exec(["find", "/var/lib/aperture-env", "-name", "*tailscale*"])).stdout).toBe("");
    await job.remove();
    const none = await startConnected(tailnet, image, ["--env", "CI=true"]);
    const { stderr, exitCode, ms } = await prompt(none, "say no");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("This job has no key for the tailnet");
    expect(ms).toBeLessThan(5000);
    await none.remove();
  });
});
