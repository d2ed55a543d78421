/**
 * Every key of git's configuration that names a program, and every other way by which a repository has git start one: each with its command, in a
 * repository of its own, in front of all that starts git here. Where a key can be made to work by plain git at once, a control shows that the
 * command does run without the guard, so that a test of a key that is written wrongly cannot pass.
 */
import { execFileSync, spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { copyRepository } from "../../src/repo/copy.ts";
import { findIgnored, guard, guardVariables, isTracked, readHead } from "../../src/repo/git.ts";
import { guardEnvironment } from "../../src/repo/guarded-environment.ts";
import { runPiped } from "../cli/harness.ts";

let base: string;
let folder: string;
let root: string;
let env: Record<string, string>;
let evil: string;

beforeAll(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), "aperture-env-evil-git-")));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));
beforeEach(() => {
  folder = mkdtempSync(join(base, "case-"));
  root = join(folder, "repository");
  evil = join(folder, "evil");
  mkdirSync(join(folder, "home"));
  mkdirSync(root);
  program(evil, `echo "$0 $*" >>${join(folder, "ran")}; cat >/dev/null </dev/null; exit 1`);
  env = { PATH: process.env["PATH"]!, HOME: join(folder, "home"), GIT_CONFIG_NOSYSTEM: "1" };
  plain(["init", "--quiet", "--initial-branch=main"]);
  put(".gitignore", "*.lock\nignored\n");
  put("file", "one\n");
  plain(["add", "."]);
  plain(["commit", "--quiet", "--message", "first"]);
});

function program(path: string, script: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}
function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** Git as it is, with an identity. What it prints is not of interest, and it may fail. */
function unguarded(args: readonly string[], cwd = root, input = ""): void {
  const named = ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args];
  spawnSync("git", named, { cwd, env: { ...env, GIT_TERMINAL_PROMPT: "0", TERM: "xterm" }, input, timeout: 20_000 });
}
function plain(args: readonly string[], cwd = root): string {
  const named = ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args];
  return execFileSync("git", named, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
/** Adds lines to the repository's configuration, as an archive would have them. */
function configure(text: string, file = join(root, ".git", "config")): void {
  appendFileSync(file, `\n${text}\n`);
}

function ran(): string[] {
  const file = join(folder, "ran");
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
}
function forget(): void {
  rmSync(join(folder, "ran"), { force: true });
}

/** All that calls git here. */
async function everything(at = root): Promise<void> {
  await runPiped(["--yes", "--dry-run"], at, env);
  await findIgnored(at, ["aperture-env.lock", "sub/x"], env);
  await isTracked(at, "file", env);
  await readHead(at, env);
  const copy = await copyRepository(at, "copy", env);
  copy.remove();
  await runPiped(["--yes", "--unignore"], at, env);
  await runPiped(["update"], at, env);
  await runPiped(["check"], at, env);
}

interface Case {
  readonly key: string;
  /** Makes the repository; EVIL is the command. */
  readonly make: string | (() => void);
  /** A command of plain git that runs it, with its input. */
  readonly control?: readonly string[] | (() => void);
}

const commitAll = (): void => {
  plain(["add", "--all"]);
  plain(["commit", "--quiet", "--message", "more"]);
};
const change = (): void => put("file", "two\n");
const attribute = (line: string): void => put(".gitattributes", `${line}\n`);
const secondBranch = (): void => {
  plain(["checkout", "--quiet", "-b", "other"]);
  put("file", "theirs\n");
  commitAll();
  plain(["checkout", "--quiet", "main"]);
  put("file", "ours\n");
  commitAll();
};
const hooks = (place: string): void => {
  for (const name of readdirSync(join(root, ".git", "hooks")).map((sample) => sample.replace(".sample", "")))
    symlinkSync(evil, join(place, name));
  for (const name of ["post-index-change", "reference-transaction", "post-commit", "post-checkout", "post-rewrite"])
    if (!existsSync(join(place, name))) symlinkSync(evil, join(place, name));
};

const cases: readonly Case[] = [
  { key: "core.fsmonitor", make: '[core]\nfsmonitor = "EVIL"', control: ["status"] },
  {
    key: "core.fsmonitor version 1",
    make: '[core]\nfsmonitor = "EVIL"\nfsmonitorHookVersion = 1',
    control: ["ls-files", "--modified"],
  },
  { key: "core.fsmonitor in check-ignore", make: '[core]\nfsmonitor = "EVIL"\nuntrackedCache = true', control: ["status"] },
  { key: "core.sshCommand", make: '[core]\nsshCommand = "EVIL"\n[remote "origin"]\nurl = ssh://host/x', control: ["fetch"] },
  {
    key: "ssh.variant",
    make: '[core]\nsshCommand = "EVIL"\n[ssh]\nvariant = ssh\n[remote "origin"]\nurl = host:x',
    control: ["fetch"],
  },
  { key: "core.gitProxy", make: '[core]\ngitProxy = "EVIL"\n[remote "origin"]\nurl = git://host/x', control: ["fetch"] },
  {
    key: "core.askPass",
    make: '[core]\naskPass = "EVIL"',
    control: () => unguarded(["credential", "fill"], root, "protocol=https\nhost=x\n\n"),
  },
  { key: "core.editor", make: '[core]\neditor = "EVIL"', control: ["commit", "--allow-empty"] },
  { key: "core.pager", make: '[core]\npager = "EVIL"' },
  { key: "pager.<cmd>", make: '[pager]\nls-files = "EVIL"\ncheck-ignore = "EVIL"\nsymbolic-ref = EVIL' },
  {
    key: "core.hooksPath",
    make: () => {
      hooks(base === "" ? "" : mkdirIn("hooks"));
      configure(`[core]\nhooksPath = ${join(folder, "hooks")}`);
    },
    control: ["commit", "--allow-empty", "--message", "x"],
  },
  { key: "hooks", make: () => hooks(join(root, ".git", "hooks")), control: ["commit", "--allow-empty", "--message", "x"] },
  { key: "core.alternateRefsCommand", make: '[core]\nalternateRefsCommand = "EVIL"' },
  {
    key: "sequence.editor",
    make: '[sequence]\neditor = "EVIL"',
    control: () => {
      plain(["checkout", "--force", "."]);
      unguarded(["rebase", "--interactive", "--root"]);
    },
  },
  {
    key: "diff.external",
    make: () => {
      configure(`[diff]\nexternal = ${evil}`);
      change();
    },
    control: ["diff"],
  },
  {
    key: "diff.<driver>.command",
    make: () => {
      attribute("* diff=x");
      commitAll();
      configure(`[diff "x"]\ncommand = ${evil}`);
      change();
    },
    control: ["diff"],
  },
  {
    key: "diff.<driver>.textconv",
    make: () => {
      attribute("* diff=x");
      commitAll();
      configure(`[diff "x"]\ntextconv = ${evil}`);
      change();
    },
    control: ["diff"],
  },
  {
    key: "filter.<driver>.clean",
    make: () => {
      attribute("* filter=x");
      configure(`[filter "x"]\nclean = ${evil}`);
      change();
    },
    control: ["add", "file"],
  },
  {
    key: "filter.<driver>.smudge",
    make: () => {
      attribute("* filter=x");
      configure(`[filter "x"]\nsmudge = ${evil}`);
    },
    control: () => {
      rmSync(join(root, "file"));
      unguarded(["checkout-index", "--force", "file"]);
    },
  },
  {
    key: "filter.<driver>.process",
    make: () => {
      attribute("* filter=x");
      configure(`[filter "x"]\nprocess = ${evil}\nrequired`);
      change();
    },
    control: ["add", "file"],
  },
  {
    key: "filter.lfs.*",
    make: () => {
      attribute("* filter=lfs diff=lfs merge=lfs");
      configure(`[filter "lfs"]\nprocess = ${evil}\nclean = ${evil}\nsmudge = ${evil}\nrequired`);
      change();
    },
    control: ["add", "file"],
  },
  {
    key: "attributes of .git/info",
    make: () => {
      mkdirSync(join(root, ".git/info"), { recursive: true });
      writeFileSync(join(root, ".git/info/attributes"), "* filter=x diff=x\n");
      configure(`[filter "x"]\nclean = ${evil}`);
      change();
    },
    control: ["add", "file"],
  },
  {
    key: "core.attributesFile",
    make: () => {
      writeFileSync(join(folder, "attributes"), "* filter=x\n");
      configure(`[core]\nattributesFile = ${join(folder, "attributes")}\n[filter "x"]\nclean = ${evil}`);
      change();
    },
    control: ["add", "file"],
  },
  {
    key: "merge.<driver>.driver",
    make: () => {
      attribute("* merge=x");
      commitAll();
      secondBranch();
      configure(`[merge "x"]\ndriver = ${evil} %A`);
    },
    control: ["merge", "other"],
  },
  {
    key: "mergetool.<tool>.cmd",
    make: () => {
      secondBranch();
      configure(`[merge]\ntool = x\n[mergetool "x"]\ncmd = ${evil}\n[mergetool]\nprompt = false`);
    },
    control: () => {
      unguarded(["merge", "other"]);
      unguarded(["mergetool"]);
    },
  },
  { key: "mergetool.<tool>.path", make: '[merge]\ntool = meld\n[mergetool "meld"]\npath = EVIL' },
  {
    key: "difftool.<tool>.cmd",
    make: () => {
      configure(`[diff]\ntool = x\n[difftool "x"]\ncmd = ${evil}\n[difftool]\nprompt = false`);
      change();
    },
    control: ["difftool"],
  },
  { key: "difftool.<tool>.path", make: '[diff]\ntool = meld\n[difftool "meld"]\npath = EVIL' },
  { key: "guitool.<name>.cmd", make: '[guitool "x"]\ncmd = EVIL' },
  { key: "browser.<tool>.cmd", make: '[web]\nbrowser = x\n[browser "x"]\ncmd = EVIL', control: ["web--browse", "http://x"] },
  { key: "browser.<tool>.path", make: '[web]\nbrowser = firefox\n[browser "firefox"]\npath = EVIL' },
  { key: "help.browser", make: '[help]\nbrowser = x\nformat = web\n[browser "x"]\ncmd = EVIL' },
  { key: "instaweb.browser", make: "[instaweb]\nbrowser = EVIL\nhttpd = EVIL\nmodulePath = EVIL" },
  { key: "man.<tool>.cmd", make: '[man]\nviewer = x\n[man "x"]\ncmd = EVIL', control: ["help", "--man", "add"] },
  { key: "man.<tool>.path", make: '[man]\nviewer = konqueror\n[man "konqueror"]\npath = EVIL' },
  {
    key: "alias.<builtin>",
    make: '[alias]\nls-files = "!EVIL"\ncheck-ignore = "!EVIL"\nsymbolic-ref = "!EVIL"\nx = "!EVIL"',
    control: ["x"],
  },
  {
    key: "credential.helper",
    make: '[credential]\nhelper = "!EVIL"',
    control: () => unguarded(["credential", "fill"], root, "protocol=https\nhost=x\n\n"),
  },
  {
    key: "credential.<url>.helper",
    make: '[credential "https://x"]\nhelper = "!EVIL"',
    control: () => unguarded(["credential", "fill"], root, "protocol=https\nhost=x\n\n"),
  },
  {
    key: "gpg.program",
    make: "[gpg]\nprogram = EVIL\n[commit]\ngpgSign = true\n[log]\nshowSignature = true",
    control: ["commit", "--allow-empty", "--message", "x"],
  },
  {
    key: "gpg.<format>.program",
    make: '[gpg]\nformat = ssh\n[gpg "ssh"]\nprogram = EVIL\n[user]\nsigningKey = key\n[commit]\ngpgSign = true',
    control: ["commit", "--allow-empty", "--message", "x"],
  },
  {
    key: "gpg.x509.program",
    make: '[gpg]\nformat = x509\n[gpg "x509"]\nprogram = EVIL\n[commit]\ngpgSign = true',
    control: ["commit", "--allow-empty", "--message", "x"],
  },
  {
    key: "gpg.ssh.defaultKeyCommand",
    make: '[gpg]\nformat = ssh\n[gpg "ssh"]\ndefaultKeyCommand = EVIL\n[commit]\ngpgSign = true',
    control: ["commit", "--allow-empty", "--message", "x"],
  },
  {
    key: "remote.<name>.uploadpack",
    make: () => configure(`[remote "origin"]\nurl = ${root}\nuploadpack = ${evil}`),
    control: ["fetch"],
  },
  {
    key: "remote.<name>.receivepack",
    make: () => configure(`[remote "origin"]\nurl = ${root}\nreceivepack = ${evil}`),
    control: ["push", "origin", "main"],
  },
  {
    key: "remote.<name>.vcs",
    make: () => {
      program(join(root, "bin", "git-remote-evil"), `exec ${evil}`);
      env["PATH"] = `${join(root, "bin")}${delimiter}${env["PATH"]!}`;
      configure('[remote "origin"]\nvcs = evil\nurl = x');
    },
    control: ["fetch"],
  },
  { key: "protocol.ext.allow", make: '[protocol "ext"]\nallow = always\n[remote "origin"]\nurl = ext::EVIL', control: ["fetch"] },
  {
    key: "url.<base>.insteadOf",
    make: '[protocol]\nallow = always\n[url "ext::EVIL "]\ninsteadOf = safe:\n[remote "origin"]\nurl = safe:x',
    control: ["fetch"],
  },
  { key: "uploadpack.packObjectsHook", make: "[uploadpack]\npackObjectsHook = EVIL" },
  { key: "receive.procReceiveRefs", make: "[receive]\nprocReceiveRefs = refs" },
  {
    key: "submodule.<name>.update",
    make: () => {
      const inner = join(folder, "inner");
      plain(["clone", "--quiet", root, inner]);
      plain(["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner, "module"]);
      commitAll();
      configure(`[submodule "module"]\nupdate = "!${evil}"\nactive = true\n[submodule]\nrecurse = true`);
      plain(["commit", "--quiet", "--allow-empty", "--message", "x"], join(root, "module"));
    },
    control: ["submodule", "update"],
  },
  {
    key: "trailer.<token>.command",
    make: '[trailer "x"]\ncommand = EVIL\nkey = x',
    control: () => unguarded(["interpret-trailers", "--trailer", "x=1"], root, "a\n"),
  },
  {
    key: "trailer.<token>.cmd",
    make: '[trailer "x"]\ncmd = EVIL\nkey = x',
    control: () => unguarded(["interpret-trailers", "--trailer", "x=1"], root, "a\n"),
  },
  {
    key: "interactive.diffFilter",
    make: () => {
      configure(`[interactive]\ndiffFilter = ${evil}\n[color]\nui = always`);
      change();
    },
  },
  { key: "hook.<name>.command", make: '[hook "x"]\ncommand = EVIL\nevent = post-index-change\nevent = reference-transaction' },
  {
    key: "sendemail.*",
    make: "[sendemail]\nsendmailCmd = EVIL\nsmtpServer = EVIL\ntoCmd = EVIL\nccCmd = EVIL\nheaderCmd = EVIL",
  },
  {
    key: "imap.tunnel",
    make: "[imap]\ntunnel = EVIL\nfolder = x",
  },
  {
    key: "include.path",
    make: () => {
      put(".gitconfig-evil", `[core]\nfsmonitor = ${evil}\nsshCommand = ${evil}\nhooksPath = ${mkdirIn("hooks")}\n`);
      hooks(join(folder, "hooks"));
      configure("[include]\npath = ../.gitconfig-evil");
    },
    control: ["status"],
  },
  {
    key: "includeIf.<condition>.path",
    make: () => {
      put(".gitconfig-evil", `[core]\nfsmonitor = ${evil}\n`);
      configure('[includeIf "gitdir:/**"]\npath = ../.gitconfig-evil');
    },
    control: ["status"],
  },
  {
    key: "config.worktree",
    make: () => {
      plain(["config", "extensions.worktreeConfig", "true"]);
      writeFileSync(join(root, ".git", "config.worktree"), `[core]\nfsmonitor = ${evil}\n`);
    },
    control: ["status"],
  },
  {
    key: "init.templateDir",
    make: () => {
      hooks(mkdirIn("template/hooks"));
      configure(`[init]\ntemplateDir = ${join(folder, "template")}`);
    },
  },
  { key: "gc.recentObjectsHook", make: "[gc]\nrecentObjectsHook = EVIL\nauto = 1\n[maintenance]\nauto = true" },
  {
    key: "post-index-change",
    make: () => {
      symlinkSync(evil, join(root, ".git", "hooks", "post-index-change"));
      touchIndex();
    },
    control: ["status"],
  },
  {
    key: "partial clone: an index entry whose blob is missing",
    make: () => missingBlob(join(root, ".git"), root),
    control: ["check-ignore", "sub/x"],
  },
  {
    key: "the same, with a protocol that the repository allows",
    make: () => {
      missingBlob(join(root, ".git"), root);
      configure('[protocol]\nallow = always\n[protocol "file"]\nallow = always');
    },
    control: ["check-ignore", "sub/x"],
  },
  {
    key: "the same, through ext",
    make: () => {
      missingBlob(join(root, ".git"), root, `ext::${evil}`);
      configure('[protocol "ext"]\nallow = always');
    },
    control: ["check-ignore", "sub/x"],
  },
  {
    key: "the same, through ssh",
    make: () => {
      missingBlob(join(root, ".git"), root, "ssh://host/x");
      configure(`[core]\nsshCommand = ${evil}`);
    },
    control: ["check-ignore", "sub/x"],
  },
  {
    key: "the same, through git:// and a proxy",
    make: () => {
      missingBlob(join(root, ".git"), root, "git://host/x");
      configure(`[core]\ngitProxy = ${evil}`);
    },
    control: ["check-ignore", "sub/x"],
  },
  {
    key: ".git as a file that leads elsewhere",
    make: () => {
      configure(`[core]\nfsmonitor = ${evil}`);
      plain(["config", "core.worktree", root]);
      execFileSync("mv", [join(root, ".git"), join(folder, "elsewhere")]);
      writeFileSync(join(root, ".git"), `gitdir: ${join(folder, "elsewhere")}\n`);
    },
    control: ["status"],
  },
  { key: "core.worktree", make: () => configure(`[core]\nworktree = ${folder}\nfsmonitor = ${evil}`), control: ["status"] },
  {
    key: "core.bare",
    make: () => {
      configure(`[core]\nfsmonitor = ${evil}`);
      plain(["config", "core.bare", "true"]);
    },
  },
];

function mkdirIn(name: string): string {
  mkdirSync(join(folder, name), { recursive: true });
  return join(folder, name);
}
/** Makes the index older than the files, so that a reader would like to write it. */
function touchIndex(): void {
  put("file", "one\n");
  put("other", "x\n");
  unguarded(["update-index", "--no-fsmonitor"]);
  put("file", "one\n");
}
/** The state of a partial clone: a `.gitignore` that is only in the index, and whose text would have to be fetched. */
function missingBlob(git: string, top: string, url = top): void {
  put("sub/.gitignore", "y\n");
  plain(["add", "sub/.gitignore"]);
  plain(["update-index", "--skip-worktree", "sub/.gitignore"]);
  const id = plain(["rev-parse", ":sub/.gitignore"]).trim();
  rmSync(join(root, "sub", ".gitignore"));
  rmSync(join(git, "objects", id.slice(0, 2), id.slice(2)), { force: true });
  configure(
    `[core]\nrepositoryFormatVersion = 1\n[extensions]\npartialClone = origin\n[remote "origin"]\nurl = "${url}"\npromisor = true\nuploadpack = ${evil}`,
    join(git, "config"),
  );
}

describe("no program that a repository names is started", () => {
  test.each(cases.map((one) => [one.key, one] as const))("%s", async (_, { make, control }) => {
    if (typeof make === "string") configure(make.replaceAll("EVIL", evil));
    else make();
    // Making it may have started it.
    forget();
    await everything();
    expect(ran()).toEqual([]);
    if (control === undefined) return;
    if (typeof control === "function") control();
    else unguarded(control);
    expect(ran().length, "the control: plain git starts it").toBeGreaterThan(0);
  });

  test("each key of this git's own list that reads like a program is tried, or known to be none", () => {
    const list = execFileSync("git", ["help", "--config"], { encoding: "utf8", env }).split("\n");
    const suspicious = list.filter((key) =>
      /(?:cmd|command|program|hook|editor|pager|helper|driver|textconv|external|browser|askpass|proxy|clean|smudge|process|vcs|pack|fsmonitor|hookspath|\.path|templatedir|insteadof|diffFilter|update|tunnel|server|alias)$|^(?:alias|pager|include|includeIf)\b/i.test(
        key,
      ),
    );
    const tried = [
      ...cases.map(({ key }) => key),
      "instaweb.modulePath",
      "instaweb.httpd",
      "web.browser",
      "sendemail.tocmd",
      "sendemail.ccCmd",
      "submodule.<name>.update",
      "url.<base>.pushInsteadOf",
      "pager.<cmd>",
      "alias.*",
    ];
    // What these name is no program: a folder's file, an address, a switch.
    const harmless =
      /^(?:column\.clean|diff\.<driver>\.cachetextconv|http\.(?:proxy|<url>)|remote\.<name>\.(?:proxy|skipDefaultUpdate)|color\.pager|notes\.rewrite\.<command>|rerere\.autoUpdate|rebase\.|advice\.|receive\.|fetch\.|gc\.|pack\.|core\.(?:packed|bigFile|untracked|log|precompose|ignoreStat)|push\.|stash\.|repack\.|mergetool\.hideResolved|submodule\.(?:fetch|recurse)|transfer\.|index\.|status\.|fsck\.|gitcvs\.dbDriver|cvs|sendemail\.(?:smtp|alias)|imap\.|feature\.|credential\.useHttpPath|uploadpack\.|difftool|pull\.|branch\.|merge\.)/i;
    const known = (key: string): boolean => tried.some((one) => one.toLowerCase() === key.toLowerCase());
    expect(suspicious.filter((key) => !known(key) && !harmless.test(key))).toEqual([]);
  });
});

/** A folder that git takes for a bare repository, with a configuration and an index of its own. */
function bareRepository(at: string, configuration: string): void {
  execFileSync("cp", ["-R", join(root, ".git"), at]);
  appendFileSync(join(at, "config"), `\n[core]\nbare = false\nworktree = ${at}\n${configuration}\n`);
}

describe("a folder of a clone that is a bare repository itself", () => {
  const make = (): string => {
    const at = join(root, "vendor");
    missingBlob(join(root, ".git"), root);
    mkdirSync(join(at, "sub"), { recursive: true });
    rmSync(at, { recursive: true });
    bareRepository(at, `fsmonitor = ${evil}\nsshCommand = ${evil}`);
    // The clone around it is an honest one.
    rmSync(join(root, ".git"), { recursive: true });
    plain(["init", "--quiet"]);
    put(".gitignore", "*.lock\n");
    put("vendor/aperture-env.yaml", "");
    rmSync(join(at, "aperture-env.yaml"));
    forget();
    return at;
  };

  test("none of its programs runs, and the clone's own patterns count", async () => {
    const at = make();
    await everything(at);
    expect(ran()).toEqual([]);
    expect(await findIgnored(at, ["aperture-env.lock"], env)).toEqual([
      { path: "aperture-env.lock", by: { file: "../.gitignore", line: 1, pattern: "*.lock" } },
    ]);
    unguarded(["check-ignore", "sub/x"], at);
    expect(ran().length, "the control: plain git starts it").toBeGreaterThan(0);
  });

  test("nor where git is too old to know safe.bareRepository and GIT_NO_LAZY_FETCH", () => {
    const at = make();
    const old = guard.filter((argument, index) => ![guard[index + 1], argument].some((one) => one?.startsWith("safe.bare")));
    expect(old).toHaveLength(guard.length - 2);
    const { GIT_NO_LAZY_FETCH: _, ...variables } = guardVariables;
    for (const args of [
      ["check-ignore", "sub/x"],
      ["ls-files", "--others", "--exclude-standard"],
      ["symbolic-ref", "HEAD"],
    ])
      spawnSync("git", [...old, ...args], { cwd: at, env: { ...env, ...variables } });
    expect(ran()).toEqual([]);
  });

  test("programs that call git themselves, as the Dev Containers CLI and Docker's builder do, cannot start them either", () => {
    const at = make();
    const ask = (variables: NodeJS.ProcessEnv): void => {
      for (const args of [["rev-parse", "--show-cdup"], ["status"], ["ls-files", "--modified"]])
        spawnSync("git", args, { cwd: at, env: variables });
    };
    ask(guardEnvironment(env, root));
    expect(ran()).toEqual([]);
    ask(env);
    expect(ran().length, "the control: plain git starts it").toBeGreaterThan(0);
  });
});

describe("an index of somebody else's making", () => {
  /** Replaces names in the index by others of the same length. */
  function rename(names: Readonly<Record<string, string>>): void {
    for (const name of Object.keys(names)) put(name, "secret\n");
    plain(["add", "--all", "--force"]);
    const index = join(root, ".git", "index");
    let bytes = readFileSync(index).subarray(0, -20);
    for (const [from, to] of Object.entries(names)) {
      expect(to).toHaveLength(from.length);
      bytes = Buffer.from(bytes.toString("latin1").replaceAll(from, to), "latin1");
      rmSync(join(root, from));
    }
    const sum = execFileSync("sha1sum", { input: bytes, encoding: "utf8" }).slice(0, 40);
    writeFileSync(index, Buffer.concat([bytes, Buffer.from(sum, "hex")]));
  }

  test("nothing outside is read, nothing outside the copy is written", async () => {
    writeFileSync(join(folder, "outside"), "a secret of the user's");
    mkdirSync(join(folder, "private"));
    writeFileSync(join(folder, "private", "key"), "a secret of the user's");
    rename({ "aa/outside": "../outside", "ab/hooks/x": ".git/evilx", "lnkx/key": "link/key" });
    symlinkSync(join(folder, "private"), join(root, "link"));
    mkdirSync(join(root, ".git"), { recursive: true });
    writeFileSync(join(root, ".git", "evilx"), "[core]");
    const copy = await copyRepository(root, "copy", env);
    const names = execFileSync("find", [dirname(copy.folder), "-not", "-path", "*/.git/*"], { encoding: "utf8" });
    expect(names).toContain("/copy/file\n");
    expect(names).not.toMatch(/outside|key|evilx/);
    expect(existsSync(join(copy.folder, ".git", "evilx"))).toBe(false);
    expect(readdirSync(join(folder, "private"))).toEqual(["key"]);
    const control = execFileSync("git", [...guard, "ls-files"], { cwd: root, env, encoding: "utf8" });
    expect(control).toContain("../outside");
    copy.remove();
    expect(existsSync(dirname(copy.folder))).toBe(false);
  });

  test("the copy is a repository of its own: no configuration, no hook, no attribute of the original runs in it", async () => {
    attribute("* filter=x diff=x merge=x");
    configure(`[filter "x"]\nclean = ${evil}\nsmudge = ${evil}`);
    writeFileSync(
      join(folder, "home", ".gitconfig"),
      `[filter "x"]\nclean = ${evil}\n[init]\ntemplateDir = ${mkdirIn("template")}\n`,
    );
    hooks(mkdirIn("template/hooks"));
    forget();
    const copy = await copyRepository(root, "copy", env);
    expect(ran()).toEqual([]);
    expect(readFileSync(join(copy.folder, ".git", "config"), "utf8")).not.toMatch(/filter|remote|include/);
    expect(plain(["log", "--oneline"], copy.folder)).toMatch(/^\w+ The files that aperture-env verifies\n$/);
    copy.remove();
  });
});

test("a configuration that never ends is read for five seconds at most", async () => {
  execFileSync("mkfifo", [join(root, "pipe")]);
  configure("[include]\npath = ../pipe");
  const began = Date.now();
  expect(await findIgnored(root, ["aperture-env.lock"], env)).toEqual([]);
  expect(Date.now() - began).toBeLessThan(15_000);
});
