/** docs/json.md names exactly the fields that the commands give. */
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startMockGateway, type MockGateway } from "../../src/gateway/mock/server.ts";
import { everywhere } from "../support/mock-gateway.ts";
import { environmentOf, makeFolders, root, runBin } from "./machine.ts";

const folders = makeFolders();
afterAll(() => folders.remove());

/** The fields of a section's table, each with what is said of it. */
function documented(section: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(root, "docs", "json.md"), "utf8");
  const part = text.split(/^## /m).find((one) => one.startsWith(`${section}\n`))!;
  return new Map([...part.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, field = "", what = ""]) => [field, what]));
}

/** The names in the first `{ … }` of a description. */
function namesIn(what: string): string[] {
  return (/`\{ ([^}]*) \}`/.exec(what)?.[1] ?? "").split(", ").sort();
}

let gateway: MockGateway;
let folder: string;
beforeAll(async () => {
  gateway = await startMockGateway({ models: [everywhere] });
  folder = folders.make("repositories");
  for (const name of ["one", "none"]) mkdirSync(join(folder, name));
});
afterAll(() => gateway?.close());

const environment = environmentOf(folders.make("home"));
async function jsonOf(...args: string[]): Promise<Record<string, unknown>> {
  const { stdout } = await runBin(environment, folder, [...args, "--json"]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe("docs/json.md", () => {
  test("create, update and remove", async () => {
    const fields = documented("create, update, remove");
    const created = await jsonOf("one", "--yes", "--summary", "markdown");
    expect(Object.keys(created)).toEqual([...fields.keys()]);
    for (const verb of ["update", "remove"]) {
      const { repeat: _, ...rest } = Object.fromEntries(fields);
      expect(Object.keys(await jsonOf(verb, "one", "--yes", "--dry-run", "--summary", "markdown"))).toEqual(Object.keys(rest));
    }
    for (const kind of (created["changes"] as { kind: string }[]).map((change) => change.kind))
      expect(fields.get("changes")).toContain(`\`${kind}\``);
  });

  test("several folders", async () => {
    const fields = documented("several folders");
    const { repositories, ...rest } = await jsonOf("update", "one", "none");
    expect(["schemaVersion", "repositories", "counts"]).toEqual([...fields.keys()]);
    expect(Object.keys(rest)).toEqual(["schemaVersion", "counts"]);
    expect(repositories).toMatchObject([
      { directory: "one", status: "unchanged", exit: 0 },
      { directory: "none", status: "skipped", exit: 0, why: "has no environment" },
    ]);
    const said = fields.get("repositories")!;
    const without = [...said.slice(said.indexOf(" without ")).matchAll(/`(\w+)`/g)].map(([, field]) => field!);
    const single = [...documented("create, update, remove").keys()].filter(
      (field) => field !== "schemaVersion" && !without.includes(field),
    );
    const { repositories: summed } = await jsonOf("update", "one", "none", "--summary", "markdown");
    expect(new Set(Object.keys((summed as object[])[0]!))).toEqual(new Set([...namesIn(said), ...single]));
  });

  test("check", async () => {
    const fields = documented("check");
    appendFileSync(join(folder, "one", ".devcontainer", "aperture-env", "launcher.sh"), "# mine\n");
    const checked = await jsonOf("check", "one");
    // What only --outdated asks for is the last of them.
    expect([...Object.keys(checked), "catalogue"]).toEqual([...fields.keys()]);
    const [first] = checked["observations"] as object[];
    expect(Object.keys(first!).sort()).toEqual(namesIn(fields.get("observations")!));
  });

  test("hosts", async () => {
    const fields = documented("hosts");
    const { containers, ...rest } = await jsonOf("hosts", "one");
    expect([...Object.keys(rest), "containers"]).toEqual([...fields.keys()]);
    const [container] = containers as { hosts: { findings: object[] }[] }[];
    expect(Object.keys(container!).sort()).toEqual(namesIn(fields.get("containers")!));
    const finding = container!.hosts.flatMap(({ findings }) => findings)[0]!;
    for (const one of [container!.hosts[0]!, finding])
      expect(fields.get("containers")).toContain(`\`{ ${Object.keys(one).join(", ")} }\``);
  });

  test("discover", async () => {
    const fields = documented("discover");
    const found = await jsonOf("discover", gateway.origin);
    expect(Object.keys(found)).toEqual([...fields.keys()]);
    const [provider] = found["providers"] as { models: object[] }[];
    expect(Object.keys(provider!).sort()).toEqual(namesIn(fields.get("providers")!));
    expect(fields.get("providers")).toContain(`\`{ ${Object.keys(provider!.models[0]!).join(", ")} }\``);
  });

  test("doctor", async () => {
    const fields = documented("doctor");
    const report = await jsonOf("doctor", "one");
    expect(Object.keys(report)).toEqual([...fields.keys()]);
    expect(Object.keys((report["checks"] as object[])[0]!).sort()).toEqual(namesIn(fields.get("checks")!));
  });

  test("an error", async () => {
    const fields = documented("an error");
    const failed = await jsonOf("--nope");
    expect(Object.keys(failed)).toEqual([...fields.keys()]);
    for (const name of Object.keys(failed["error"] as object)) expect(namesIn(fields.get("error")!)).toContain(name);
  });
});
