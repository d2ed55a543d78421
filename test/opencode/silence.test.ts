/** What OpenCode asks the network for, in a network namespace whose name server writes down every question and knows only the gateway. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { proposedProviders as providers } from "../../src/catalog/providers.ts";
import type { LocalInstallation } from "../../src/scripts/install-locally.ts";
import { bundleScript } from "../support/docker.ts";
import { inNetwork, whyNoNetworks } from "../support/network-namespace.ts";
import { opencodeBinary } from "../support/opencode.ts";
import { bait, findProgram, install, makeFolder, makePlace, removeFolders, run } from "./environment.ts";
import type { Seen } from "./silence.main.ts";
import { skips } from "../support/skips.ts";

const available = (await opencodeBinary()) !== null;

describe.skipIf(!available || skips("OpenCode in a network of its own (container tests prove the same)", whyNoNetworks()))(
  "in a network with only the gateway",
  () => {
    let installation: LocalInstallation;
    let script: string;

    beforeAll(async () => {
      const folder = makeFolder();
      script = join(folder, "inside.mjs");
      writeFileSync(script, await bundleScript("test/opencode/silence.main.ts"));
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
      const ran = await run(inNetwork([process.execPath, script, JSON.stringify(settings), ...command]), { place });
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
        gatewayOnly(seen);
        expect(asked(seen)).toContain("ai A");
        expect(seen.requests).toContainEqual({ path: wireFormats[defaultApi]!.path, model: defaults.model, placeholder: true });
        expect(seen.requests.filter(({ placeholder }) => !placeholder)).toEqual([]);
      },
    );

    const gatewayOnly = (seen: Seen): void =>
      expect(asked(seen).filter((name) => !["ai A", "ai AAAA"].includes(name))).toEqual([]);

    test("a session that is to be shared goes nowhere, but where the spec allows that", async () => {
      const share = ["run", "--share", "--model", "anthropic/claude-sonnet-5-5", "hi"];
      const silent = await runInside([installation.opencode, ...share], installation.env);
      expect(silent.stdout).toContain("You said: hi");
      gatewayOnly(silent);
      const { opencode, env } = await install({ online: ["share"] });
      expect(asked(await runInside([opencode, ...share], env))).toContain("opncd.ai A");
    });

    test.skipIf(skips("OpenCode's screen in a network of its own", findProgram("script") === null ? "there is no script" : null))(
      "its screen, for eight seconds",
      async () => {
        // A terminal that is open as long: at its end, OpenCode would end.
        const code = 'sleep 10 | script --quiet --return --command "timeout --foreground 8 $1" /dev/null';
        const seen = await runInside(["sh", "-c", code, "sh", installation.opencode], {
          ...installation.env,
          TERM: "xterm-256color",
        });
        expect(seen.stdout).toContain("\u001b[?1049h");
        gatewayOnly(seen);
        expect(seen.requests).toEqual([]);
      },
    );

    // Without it the doctor warns, and OpenCode, at the first search, would fetch one.
    const noRipgrep = findProgram("rg") === null ? "there is no rg" : null;
    test.skipIf(skips("the doctor in a network of its own", noRipgrep)).each([[[]], [["--deep"]], [["--send"]]])(
      "the doctor %j",
      async (flags) => {
        const doctor = join(installation.prefix, "bin", "aperture-doctor");
        const seen = await runInside([doctor, "--json", ...flags], {
          ...installation.env,
          PATH: `${installation.prefix}/bin:${process.env["PATH"]}`,
        });
        const { verdict } = JSON.parse(seen.stdout) as { verdict: string };
        expect([seen.exitCode, verdict], seen.stdout).toEqual([0, "note"]);
        gatewayOnly(seen);
        expect(seen.requests.length).toBeGreaterThan(0);
      },
    );

    test("without the launcher it asks for other names, which shows that the test can fail", async () => {
      const binary = join(installation.prefix, "lib", "aperture-env", "opencode");
      expect(asked(await runInside([binary, "models"])).length).toBeGreaterThan(0);
    });
  },
);
