/**
 * An image that starts no node of a tailnet has a doctor that knows less of them. There it says what the whole one says, and so does aperture-connect,
 * which is in the same file. They run here as in an image, by Node.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { doctorText, givenDoctorText, networkDoctorText } from "../../src/catalog/doctor-text.ts";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { startMockGateway, type Fault, type MockGateway } from "../../src/gateway/mock/server.ts";
import { modelsOfCatalogue } from "../../src/gateway/mock/stock.ts";
import type { Check } from "../../src/doctor/types.ts";
import { demandOf } from "../../src/parts/compose.ts";
import { doctorOf } from "../../src/parts/node.ts";
import type { Answers } from "../../src/questions/types.ts";
import { renderEnvironment } from "../../src/render/render.ts";
import type { Env } from "../../src/vocabulary.ts";
import { catalogue } from "../support/catalogue.ts";
import { plainAnswers } from "../support/answers.ts";

const texts = { whole: doctorText, given: givenDoctorText, network: networkDoctorText };
type Which = keyof typeof texts;

let folder: string;
const gateways: MockGateway[] = [];
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "aperture-env-texts-")));
});
afterAll(async () => {
  for (const gateway of gateways) await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

async function startGateway(faults: readonly Fault[] = []): Promise<string> {
  const gateway = await startMockGateway({ models: await modelsOfCatalogue(), faults });
  gateways.push(gateway);
  return gateway.origin;
}

/** An origin at which nothing listens. */
async function closed(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

const auto: Answers = { ...plainAnswers, connection: "auto", tailscale: null };

/** The connections whose images have another doctor than the whole one. */
const connections = { network: "given", auto: "network" } as const;
type Connection = keyof typeof connections;

/** A prefix as an image has one, with that doctor. */
function install(which: Which, url: string, connection: Connection = "auto"): string {
  const prefix = mkdtempSync(join(folder, `${which}-`));
  const share = join(prefix, "share", "aperture-env");
  mkdirSync(share, { recursive: true });
  const shape = { kind: "own" } as const;
  const answers: Answers = { ...auto, connection, url };
  const { files } = renderEnvironment({ answers, release: pinnedRelease, registry: "", shape, catalogue, doctor: texts[which] });
  for (const { path, text: content, image } of files) if (image) writeFileSync(join(share, basename(path)), content);
  return prefix;
}

async function run(
  prefix: string,
  words: readonly string[],
  env: Env,
): Promise<{ readonly status: number | null; readonly said: string }> {
  const args = [join(prefix, "share", "aperture-env", "doctor.mjs"), ...words, `--prefix=${prefix}`];
  const home = join(prefix, "home");
  mkdirSync(home, { recursive: true });
  const child = spawn(process.execPath, args, {
    cwd: home,
    env: { PATH: process.env["PATH"], HOME: home, OPENCODE_TEST_MANAGED_CONFIG_DIR: home, ...env } as NodeJS.ProcessEnv,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [status, stdout, stderr] = await Promise.all([
    new Promise<number | null>((resolve) => child.on("close", resolve)),
    text(child.stdout),
    text(child.stderr),
  ]);
  const said = `${stdout}${stderr}`.replaceAll(prefix, "").replace(/"ms":\d+/, '"ms":0');
  return { status, said };
}

/** What is there, with the variables and the codes that are found of it. */
const places: Readonly<Record<string, readonly [() => string | Promise<string>, Env, RegExp]>> = {
  "a gateway": [() => startGateway(), {}, /"code":"gateway","group":"gateway","severity":"ok"/],
  "a key of Tailscale's, which nothing here needs": [() => startGateway(), { TS_AUTHKEY: "tskey-auth-x" }, /"code":"gateway"/],
  "the network, asked for": [() => startGateway(), { APERTURE_CONNECTION: "network" }, /"code":"gateway"/],
  "nothing at the address": [closed, {}, /gateway-refused.*or write {2}tailscale: \{\}/],
  "a name that nobody knows": [() => "http://ai.invalid", {}, /"name-|"gateway-name/],
  "a gateway that gives no role": [() => startGateway(["no-role"]), {}, /gateway-forbidden/],
  "ts-unplug on the host, which is not there": [() => "http://host.docker.internal", {}, /unplug-host/],
  "a proxy that is not there": [() => "http://ai.invalid", { HTTP_PROXY: "http://127.0.0.1:9" }, /proxy-closed/],
};

describe.skipIf(process.platform !== "linux")("where no node is started", () => {
  test("each image has the doctor that it needs", () => {
    const doctorFor = (more: Partial<Answers>): string => doctorOf(demandOf({ ...auto, ...more }, { kind: "own" }).runtime);
    const tailscale = { version: "1.102.5" };
    for (const [connection, doctor] of Object.entries(connections)) expect(doctorFor({ connection }), connection).toBe(doctor);
    expect(doctorFor({ connection: { kind: "auto", codespaces: "network" } })).toBe("network");
    expect(doctorFor({ connection: { kind: "network", codespaces: "auto" } })).toBe("network");
    expect(doctorFor({ connection: { kind: "network", codespaces: "userspace" }, tailscale })).toBe("whole");
    for (const connection of ["auto", "userspace", "tailscale", "sidecar", "ts-unplug"])
      expect(doctorFor({ connection, tailscale }), connection).toBe("whole");
  });

  const cases = Object.entries(connections).flatMap(([connection, which]) =>
    Object.entries(places).map(([name, place]) => [connection as Connection, name, which, place] as const),
  );
  test.each(cases)("%s, %s: both doctors say the same", async (connection, _, which, [place, env, expected]) => {
    const url = await place();
    const [whole, other] = await Promise.all(
      (["whole", which] as const).map((each) => run(install(each, url, connection), ["--json"], env)),
    );
    // Only auto has another way.
    expect(other!.said).toMatch(connection === "auto" ? expected : new RegExp(expected.source.replace(/\.\*or write.*/, "")));
    expect(other).toEqual(whole);
  });

  test.each(Object.entries(places))("%s: aperture-connect does and says the same", async (_, [place, env]) => {
    const url = await place();
    for (const words of [["connect"], ["connect", "--status"], ["connect", "--launch", "--seen=none"]]) {
      const [whole, network] = await Promise.all(
        // Where Tailscale is on PATH, the whole one takes it.
        (["whole", "network"] as const).map((which) => run(install(which, url), words, { ...env, PATH: "/nowhere" })),
      );
      expect(network, words.join(" ")).toEqual(whole);
    }
  });

  test.each(["userspace", "tailscale", "sidecar", "ts-unplug"])(
    "%s, asked for by a variable, is not in it, which both say",
    async (way) => {
      const prefix = install("network", "http://ai.invalid");
      const env = { APERTURE_CONNECTION: way };
      const connected = await run(prefix, ["connect"], env);
      expect(connected.status).toBe(1);
      expect(connected.said).toMatch(new RegExp(`connection ${way}[^]*tailscale: \\{\\}`));
      const examined = await run(prefix, ["--json"], env);
      expect(examined.status).toBe(4);
      expect(examined.said).toMatch(new RegExp(`"daemon-silent"[^]*APERTURE_CONNECTION is ${way}`));
    },
  );

  /** The failures of the way to the gateway; the programs of an image are not there. */
  const failures = async (prefix: string, env: Env): Promise<readonly string[]> =>
    (JSON.parse((await run(prefix, ["--json"], env)).said) as { checks: Check[] }).checks
      .filter(({ group, severity }) => (group === "connection" || group === "gateway") && severity === "failure")
      .map(({ code }) => code);

  // The launcher ends with these two where aperture-connect does, and looks at the network first with all others.
  test.each([
    ["userspace", ["daemon-silent"], 1],
    ["ts-unplug", ["daemon-silent"], 1],
    ["auto", [], 0],
  ])(
    "%s, asked for where the network leads to the gateway: the doctor finds %j, and aperture-connect ends with %i",
    async (way, codes, status) => {
      // An address of this machine that is none of its loopback's names, as a gateway's elsewhere.
      const url = (await startGateway()).replace("127.0.0.1", "0.0.0.0");
      const env = { APERTURE_CONNECTION: way };
      const prefix = install("network", url);
      expect(await failures(prefix, env)).toEqual(codes);
      expect((await run(prefix, ["connect", "--launch"], env)).status).toBe(status);
    },
  );

  test("a gateway on this machine needs no node, whatever is asked for, which both say", async () => {
    const prefix = install("network", await startGateway());
    const env = { APERTURE_CONNECTION: "userspace" };
    expect(await failures(prefix, env)).toEqual([]);
    expect((await run(prefix, ["connect"], env)).status).toBe(0);
  });
});
