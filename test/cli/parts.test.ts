/**
 * Two throw-away parts, an output and a connection, a file each and a template: whatever a user does with them goes through the whole program,
 * of which no other file knows them.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { parseLock, type Lock } from "../../src/lock/lock.ts";
import { makeFolder, runPiped, treeOf, write, type Files, type Ran } from "./harness.ts";

vi.mock("../../src/outputs/index.ts", async (original) => {
  const { outputs } = await original<typeof import("../../src/outputs/index.ts")>();
  return { outputs: [...outputs, (await import("./parts/workflow.ts")).workflow] };
});
vi.mock("../../src/connections/index.ts", async (original) => {
  const { connections } = await original<typeof import("../../src/connections/index.ts")>();
  return { connections: [...connections, (await import("./parts/relay.ts")).relay] };
});
vi.mock("virtual:templates", async (original) => {
  const { programs } = await original<typeof import("virtual:templates")>();
  const { compileTemplate } = await import("../../src/scripts/templates.mjs");
  const { template } = await import("./parts/workflow.ts");
  const { templates, partials } = programs("");
  const more = { ...templates, [template.path]: compileTemplate(template.source, template.path) };
  return { programs: () => ({ templates: more, partials }) };
});

const path = ".github/workflows/aperture.yml";
const pipeline = ".gitlab-ci.yml";
const theirs: Files = {
  [pipeline]: "# mine\ninclude:\n  - base.yml # first\n\nstages: [test]\n",
  "README.md": "# A project\n",
};

let outside: ReturnType<typeof makeFolder>;
let root: string;
beforeEach(() => {
  outside = makeFolder();
  root = join(outside.folder, "sample");
  mkdirSync(root);
  write(root, theirs);
});
afterEach(() => outside.remove());

const read = (file: string): string => readFileSync(join(root, file), "utf8");
const lock = (): Lock => parseLock(read("aperture-env.lock"))!;
const edit = (file: string, change: (text: string) => string): void => write(root, { [file]: change(read(file)) });
const run = async (...args: readonly string[]): Promise<Ran> => {
  const ran = await runPiped(args, root);
  expect(ran.exit, ran.stderr).toBe(0);
  return ran;
};
const create = (): Promise<Ran> => run("--yes", "--outputs", "workflow", "--connection", "relay,hostname=dev");
const untouched = (): void => {
  for (const [file, text] of Object.entries(theirs)) expect(read(file), file).toBe(text);
  expect(Object.keys(treeOf(root)).sort()).toEqual(Object.keys(theirs).sort());
};

test("sessions on a volume are refused where no output can keep them, with what to do", async () => {
  const ran = await runPiped(["--yes", "--outputs", "workflow", "--connection", "relay,hostname=dev", "--state", "volume"], root);
  expect(ran.exit).toBe(2);
  expect(ran.stderr).toContain("Sessions cannot be kept on a volume: workflow has no volume.");
  expect(ran.stderr).toContain("Set state to container, or also generate devcontainer.");
  untouched();
});

test("create: the service and the secret are in the output's file, the element in the user's list, the variable in the Feature", async () => {
  const { stdout, stderr } = await create();
  expect(parse(read(path))).toMatchObject({
    env: { APERTURE_URL: "http://ai", RELAY_URL: "http://localhost:8080" },
    jobs: {
      prompt: {
        services: { relay: { image: "relay:1", env: { HOST: "dev", RELAY_KEY: "${{ secrets.RELAY_KEY }}" } } },
        steps: [{ run: "opencode run hello" }],
      },
    },
  });
  expect(read(pipeline)).toBe(theirs[pipeline]!.replace("# first\n", `# first\n  - "${path}"\n`));
  const feature = JSON.parse(read(".devcontainer/aperture-env/devcontainer-feature.json")) as { containerEnv: object };
  expect(feature.containerEnv).toMatchObject({ RELAY_URL: "http://localhost:8080" });
  expect(parse(read("aperture-env.yaml"))).toMatchObject({
    aperture: { connection: { kind: "relay", hostname: "dev" } },
    outputs: ["workflow"],
  });
  expect(lock().answers.connection).toEqual({ kind: "relay", hostname: "dev" });
  expect(Object.keys(treeOf(root)).filter((file) => file.startsWith(".devcontainer/") && !file.includes("aperture-env"))).toEqual(
    [],
  );
  expect(stdout).toContain("relay,hostname=dev");
  expect(stderr).toContain("Run the workflow once");
  // The line that repeats it does.
  const [, again] = /Repeat this:\n\s+npm create aperture-env@latest -- (.*)\n/.exec(stderr) ?? [];
  expect(again).toContain("--connection relay,hostname=dev");
});

test("check: fine, and each thing that is not as it was written is told by its place", async () => {
  await create();
  expect((await run("check")).stdout).toMatch(/^Fine/);
  edit(pipeline, () => theirs[pipeline]!);
  expect((await run("check")).stdout).toContain(`= ${pipeline}  include "${path}" was removed by hand`);
  edit(path, (text) => `${text}# mine\n`);
  const { exit, stdout } = await runPiped(["check"], root);
  expect([exit, stdout]).toEqual([3, expect.stringContaining(`! ${path}  is generated, but was edited by hand`)]);
  expect(stdout).toContain("to change it, set aperture and outputs in the spec");
});

test("update: nothing to do, then what the spec changed", async () => {
  await create();
  expect((await run("update")).stdout).toContain("Nothing to do");
  edit("aperture-env.yaml", (text) => text.replace("hostname: dev", "hostname: ci"));
  const { stdout } = await run("update");
  expect(stdout).toContain(`~ ${path}\n`);
  expect(read(path)).toContain("HOST: ci\n");
  expect(lock().answers.connection).toEqual({ kind: "relay", hostname: "ci" });
});

test("switch: another connection takes the service and the secret away; another output takes its files and the element", async () => {
  await create();
  await run("update", "--connection", "network", "--outputs", "workflow,devcontainer");
  expect(read(path)).not.toMatch(/services|RELAY/);
  expect(read(".devcontainer/aperture-env/devcontainer-feature.json")).not.toContain("RELAY");
  expect(read(".devcontainer/devcontainer.json")).toContain('"dockerfile": "Dockerfile"');
  expect(read("aperture-env.yaml")).toMatch(/^ {2}connection: network$/m);
  await run("update", "--outputs", "devcontainer");
  expect(Object.keys(treeOf(root)).filter((file) => file.startsWith(".github"))).toEqual([]);
  expect(read(pipeline)).toBe(theirs[pipeline]);
  await run("update", "--outputs", "workflow");
  expect(Object.keys(lock().files)).not.toContain(".devcontainer/devcontainer.json");
  expect(read(pipeline)).toContain(path);
});

test("remove: the repository is as it was, also where the user went on in the meantime", async () => {
  await create();
  await run("remove", "--yes");
  untouched();
  await create();
  edit(pipeline, (text) => text.replace("# mine", "# mine, still"));
  await run("remove", "--yes");
  expect(read(pipeline)).toBe(theirs[pipeline]!.replace("# mine", "# mine, still"));
});

describe("a text that becomes a list", () => {
  const text = "include: base.yml # first\nstages: [test]\n";

  test("is a text again when the element goes", async () => {
    write(root, { [pipeline]: text });
    await create();
    expect(parse(read(pipeline))).toEqual({ include: ["base.yml", path], stages: ["test"] });
    expect((await run("update")).stdout).toContain("Nothing to do");
    await run("remove", "--yes");
    expect(read(pipeline)).toBe(text);
  });

  test("by itself where the user edited the file, and stays a list where the user put more into it", async () => {
    write(root, { [pipeline]: text });
    await create();
    edit(pipeline, (there) => there.replace("[test]", "[test, deploy]"));
    await run("remove", "--yes");
    expect(parse(read(pipeline))).toEqual({ include: "base.yml", stages: ["test", "deploy"] });
    write(root, { [pipeline]: text });
    await create();
    edit(pipeline, (there) => there.replace(`"${path}"`, `"${path}"\n  - more.yml`));
    await run("remove", "--yes");
    expect(parse(read(pipeline))).toEqual({ include: ["base.yml", "more.yml"], stages: ["test"] });
  });
});

test("a user's file that is not there is not made, and one that is in the way is told with its place", async () => {
  write(root, { [pipeline]: "include: { local: x }\n" });
  const { exit, stdout } = await runPiped(["--yes", "--outputs", "workflow"], root);
  expect([exit, stdout]).toEqual([3, expect.stringContaining(`${pipeline}:1:10: cannot be edited: "include" is not a list`)]);
  const fresh = join(outside.folder, "fresh");
  mkdirSync(fresh);
  expect((await runPiped(["--yes", "--outputs", "workflow"], fresh)).exit).toBe(0);
  expect(Object.keys(treeOf(fresh))).not.toContain(pipeline);
});

describe("what fits", () => {
  test("is computed: the refusal says what is lacking and what to take instead, with its place in the spec", async () => {
    const flags = await runPiped(["--yes", "--outputs", "devcontainer", "--connection", "relay,hostname=dev"], root);
    expect(flags.exit).toBe(2);
    expect(flags.stderr).toContain("The output devcontainer does not support the connection relay: it has no relay.");
    expect(flags.stderr).toMatch(/Use the connection auto or network.*; or generate workflow with relay\./);
    untouched();
    write(root, { "aperture-env.yaml": "aperture:\n  connection: { kind: relay, hostname: dev }\noutputs: [devcontainer]\n" });
    expect((await runPiped([], root)).stderr).toContain("aperture-env.yaml:2:15: The output devcontainer does not support");
  });

  test("is proposed where nothing is said", async () => {
    await run("--yes", "--connection", "relay,hostname=dev");
    expect(lock().answers.outputs).toEqual(["workflow"]);
  });

  test.each([
    ["relay", /relay needs the option hostname/],
    ["relay,hostname=A B", /relay's hostname: that is no host name/],
    ["relay,hostname=a,port=1", /relay has no option "port"/],
  ])("options are read: %s", async (connection, why) => {
    const ran = await runPiped(["--yes", "--connection", connection], root);
    expect([ran.exit, ran.stderr]).toEqual([2, expect.stringMatching(why)]);
  });
});
