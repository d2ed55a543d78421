/** What OpenCode asks the network for, in a network namespace whose name server writes down every question and knows only the gateway. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { proposedProviders as providers } from "../../src/catalog/providers.ts";
import { formatShell } from "../../src/render/escape.ts";
import type { LocalInstallation } from "../../src/scripts/install-locally.ts";
import { bundleScript } from "../support/docker.ts";
import { opencodeBinary } from "../support/opencode.ts";
import {
  bait,
  findProgram,
  install,
  makeFolder,
  makePlace,
  removeFolders,
  run,
  skipBecause,
  whyNoMounts,
  withMounts,
} from "./environment.ts";
import type { Seen } from "./silence.main.ts";

/** A namespace has its own loopback, and its own resolv.conf over this machine's. */
const network = 'ip link set lo up; mount --bind "$resolv" /etc/resolv.conf';

function whyNoNetworks(): string | null {
  const noMounts = whyNoMounts();
  if (noMounts !== null) return noMounts;
  if (findProgram("ip") === null) return "there is no ip";
  if (!existsSync("/etc/resolv.conf")) return "there is no /etc/resolv.conf";
  if (/^[^#]*\sai(\s|$)/m.test(existsSync("/etc/hosts") ? readFileSync("/etc/hosts", "utf8") : ""))
    return "/etc/hosts knows a host ai";
  const { status } = spawnSync("unshare", ["--net", "ip", "link", "set", "lo", "up"], { stdio: "ignore" });
  return status === 0 ? null : "no network namespace can be made here";
}

const available = (await opencodeBinary()) !== null;

describe.skipIf(!available || skipBecause("OpenCode in a network of its own (container tests prove the same)", whyNoNetworks()))(
  "in a network with only the gateway",
  { timeout: 60_000 },
  () => {
    let installation: LocalInstallation;
    let script: string;
    let resolv: string;

    beforeAll(async () => {
      const folder = makeFolder();
      script = join(folder, "inside.mjs");
      resolv = join(folder, "resolv.conf");
      writeFileSync(script, await bundleScript("test/opencode/silence.main.ts"));
      writeFileSync(resolv, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
      installation = await install();
    });
    afterAll(removeFolders);

    const models = Object.values(providers).flatMap(({ id, name, defaults, wireFormats, defaultApi }) =>
      Object.values(defaults).map((model) => ({ id: model, provider: { id, name }, endpoints: [wireFormats[defaultApi]!.path] })),
    );

    const runInside = async (command: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Seen> => {
      const place = makePlace();
      const settings = {
        models,
        folder: place.work,
        env: { PATH: process.env["PATH"], HOME: place.home, TMPDIR: place.tmp, ...bait, ...env },
      };
      const code = `resolv=${formatShell(resolv)}; ${network}`;
      const [unshare = "", ...rest] = withMounts(code, [process.execPath, script, JSON.stringify(settings), ...command]);
      const ran = await run([unshare, "--net", ...rest], { place });
      expect(ran.exitCode, ran.stderr).toBe(0);
      return JSON.parse(ran.stdout) as Seen;
    };

    /** The questions but for those of the canary, which has to be among them. */
    const asked = ({ names }: Seen): string[] => {
      expect(names).toContain("canary.example A");
      return names.filter((name) => !name.startsWith("canary.example "));
    };

    test.each(Object.entries(providers))(
      "%s answers and asks for no name but the gateway's",
      async (id, { defaults, wireFormats, defaultApi }) => {
        const seen = await runInside(
          [installation.opencode, "run", "--model", `${id}/${defaults.model}`, "hi"],
          installation.env,
        );
        expect(seen.exitCode, seen.stderr).toBe(0);
        expect(seen.stdout).toContain(`answering as ${defaults.model}. You said: hi`);
        expect(asked(seen).filter((name) => !["ai A", "ai AAAA"].includes(name))).toEqual([]);
        expect(asked(seen)).toContain("ai A");
        expect(seen.requests).toContainEqual({ path: wireFormats[defaultApi]!.path, model: defaults.model, placeholder: true });
        expect(seen.requests.filter(({ placeholder }) => !placeholder)).toEqual([]);
      },
    );

    test("without the launcher it asks for others, so this would be noticed", async () => {
      const binary = join(installation.prefix, "lib", "aperture-env", "opencode");
      expect(asked(await runInside([binary, "models"])).length).toBeGreaterThan(0);
    });
  },
);
