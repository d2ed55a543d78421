/** The help: made from the same descriptors as the flags, narrow enough for any terminal, and each command's its own. */
import { describe, expect, test } from "vitest";
import { parseCommand } from "../../src/cli/args.ts";
import { descriptors } from "../../src/cli/descriptors/all.ts";
import { flagsOf } from "../../src/cli/descriptors/descriptor.ts";
import { formatAllHelp, formatHelp, formatVerbHelp } from "../../src/cli/help.ts";
import { questions } from "../../src/questions/table.ts";

const all = formatAllHelp("1.2.3");

test.each(Object.keys(all))("the help of %j fits a terminal of 80 columns", (name) => {
  const lines = all[name]!.split("\n");
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(lines.filter((line) => /\s$/.test(line))).toEqual([]);
  expect(all[name]).toMatch(/[^\n]\n$/);
  expect(all[name]).not.toMatch(/\n\n\n|undefined/);
});

describe("the program's help", () => {
  test("lists the commands, and the flags of making an environment", () => {
    const help = formatHelp("1.2.3");
    expect(help).toMatch(/^create-aperture-env 1\.2\.3\n/);
    for (const { name, summary } of descriptors.slice(1)) expect(help.replaceAll(/\s+/g, " ")).toContain(`${name} ${summary}`);
    for (const { flag } of questions) expect(help).toContain(`--${flag}`);
    expect(help).not.toContain("--outdated");
  });
});

describe.each(descriptors)("$name", (descriptor) => {
  const help = formatVerbHelp(descriptor);

  test("its help has its flags and no others, grouped, and two examples", () => {
    const named = [...help.slice(0, help.indexOf("Examples:")).matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm)].map(([, flag]) => flag!);
    expect(named.sort()).toEqual(
      flagsOf(descriptor)
        .map(({ name }) => name)
        .sort(),
    );
    expect(new Set(named).size).toBe(named.length);
    expect(descriptor.groups.length).toBeGreaterThan(1);
    expect(descriptor.examples).toHaveLength(2);
  });

  test("its examples are understood, and are of it", () => {
    for (const [line] of descriptor.examples) {
      const words = line.replace(/^(?:npm create aperture-env@latest|npx create-aperture-env) ?/, "").split(" ");
      const command = parseCommand(
        words.filter((word) => word !== "" && word !== "--"),
        {},
      );
      expect(command).toMatchObject({ kind: descriptor.name });
    }
  });

  test("every flag of its help is understood, with a value where it names one", () => {
    const values: Record<string, string> = {
      "on-conflict": "keep",
      "on-bypass": "fix",
      summary: "markdown",
      target: "ci",
      timeout: "1",
      port: "1",
      fault: "slow",
    };
    for (const { name, short, value } of flagsOf(descriptor)) {
      for (const flag of [`--${name}`, ...(short === undefined ? [] : [`-${short}`])]) {
        const where = ["commit", "from", "pull-request"].includes(name) ? ["--branch", "x"] : [];
        const words = descriptor.name === "replace-model" ? ["openai/a", "openai/b"] : [];
        const argv = [descriptor.name, ...words, ...where, flag, ...(value === undefined ? [] : [values[name] ?? "x"])];
        expect(() => parseCommand(argv, {})).not.toThrow();
      }
    }
  });
});
