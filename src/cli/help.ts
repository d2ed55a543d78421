/** The help text, from the question table. It is rendered when building, so that `--help` loads nothing. */
import { questions } from "../questions/table.ts";

type Rows = readonly (readonly [string, string])[];

const general: Rows = [
  ["-y, --yes", "take the proposals for what is not given, and show them"],
  ["--dry-run", "show the plan, write nothing"],
  ["--diff", "show the plan with the text of every change"],
  ["--json", "one JSON object on stdout"],
  ["--no-input", "never ask (as in CI, without a terminal, and under coding agents)"],
  ["--cwd <folder>", "work from that folder"],
  ["-h, --help", "show this"],
  ["-V, --version", "show the version"],
];
const existing: Rows = [
  ["--on-conflict <how>", "where you and we changed one place: keep (yours), replace (ours), fail (the default)"],
  ["--on-bypass <how>", "where a project file goes past the gateway: leave, fix (take that out), managed"],
  ["--discover", "when making an environment: propose what the gateway serves (asked for at a terminal anyway)"],
  ["--unignore", "add lines to .gitignore for files that git would leave out"],
];
const update: Rows = [["--summary markdown", "the text of a pull request on stdout: what moved and why"]];
const check: Rows = [["--outdated", "ask the registry, too, and fail where a newer OpenCode or generator is out"]];

const doctor: Rows = [
  ["--deep", "ask OpenCode itself, too, and try each wire format"],
  ["--send", "send one short prompt with OpenCode"],
  ["--timeout <s>", "how long to wait for the gateway, 2 by default"],
];
const discover: Rows = [
  ["--write", "write providers, model and small_model into aperture-env.yaml; what is served stays as it is"],
  ["--timeout <seconds>", "how long the gateway may take, 5 by default"],
];

/** The whole help. */
export function formatHelp(version: string): string {
  const answers = questions.map((question): readonly [string, string] => [
    `--${question.flag}${question.value === "" ? "" : ` <${question.value}>`}`,
    question.help,
  ]);
  return [
    `create-aperture-env ${version}`,
    "Any container started from your repository has OpenCode installed, and pointed at Aperture by Tailscale.",
    "",
    "  npm create aperture-env@latest [dir] -- [flags]     writes the environment (here, or into dir)",
    "  npx create-aperture-env update [dirs] [flags]       renders it again from aperture-env.yaml; your edits stay",
    "  npx create-aperture-env check [dirs] [flags]        says whether all is as aperture-env.yaml and the lock say",
    "  npx create-aperture-env remove [dir] [flags]        takes it out again; what you edited stays",
    "  npx create-aperture-env discover [origin] [flags]   lists what a gateway serves to you, and can write it down",
    "  npx create-aperture-env doctor [dir] [flags]        says what keeps OpenCode from working through the gateway here",
    "  npx create-aperture-env mock-gateway [flags]        runs a small gateway to try things with",
    "",
    "What the environment is (each has a key in aperture-env.yaml and a variable, APERTURE_ENV_URL and so on):",
    ...columns(answers),
    "",
    "Where files are already there:",
    ...columns(existing),
    "",
    "How to run:",
    ...columns(general),
    "",
    "update, which takes the flags above, too, and writes them into aperture-env.yaml:",
    ...columns(update),
    "",
    "check:",
    ...columns(check),
    "",
    "discover, which asks the spec's gateway, else APERTURE_ENDPOINT, APERTURE_URL, or http://ai:",
    ...columns(discover),
    "",
    "doctor, which is aperture-doctor in a container:",
    ...columns(doctor),
    "",
    "mock-gateway:",
    ...columns([
      ["--port <n>", "port to listen on, 8080 by default; 0 takes any free one"],
      ["--host <address>", "address to listen on, 127.0.0.1 by default"],
      ["--json", "begin the log of requests with a line that says where it listens"],
    ]),
    "",
    "Exit: 0 done or nothing to do, 1 our fault, 2 usage or missing answers, 3 needs your decision, 4 the machine, 130 interrupted.",
    "",
  ].join("\n");
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = 30;
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
