/** The doctor of an installed environment, run by the real OpenCode's runtime: real faults, each called by its name and no other. */
import { spawnSync } from "node:child_process";
import { mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadCatalogue } from "../../src/catalog/models.ts";
import { readInstallation } from "../../src/doctor/probe/installation.ts";
import { asLaunched } from "../../src/doctor/probe/launched.ts";
import type { Check } from "../../src/doctor/types.ts";
import { formatShell } from "../../src/render/escape.ts";
import type { LocalInstallation } from "../../src/scripts/install-locally.ts";
import { startMockGateway } from "../../src/gateway/mock/server.ts";
import { bundleScript } from "../support/docker.ts";
import { opencodeBinary } from "../support/opencode.ts";
import type { Case, Input, Outcome } from "./doctor.main.ts";
import {
  bait,
  findBait,
  findProgram,
  install,
  installStub,
  makeFolder,
  makePlace,
  removeFolders,
  run,
  startGateway,
  whyNoMounts,
  withMounts,
} from "./environment.ts";
import { skips } from "../support/skips.ts";

const available = (await opencodeBinary()) !== null;

const endpoints: Readonly<Record<string, string>> = { anthropic: "/v1/messages", openai: "/v1/responses" };
const catalogue = await loadCatalogue(Object.keys(endpoints));
/** A list as a gateway gives it; `change` may leave models out or alter them. */
const list = (change: (model: { id: string; supported_endpoints?: string[] }) => object | null = (model) => model): string =>
  JSON.stringify({
    object: "list",
    data: Object.entries(endpoints).flatMap(([id, path]) =>
      Object.keys(catalogue[id]!.models).flatMap((model) => change({ id: model, supported_endpoints: [path] }) ?? []),
    ),
  });
const ok = (body: string, more: object = {}): Case => ({ gateway: { status: 200, body, ...more } });
const status = (code: number, body = '{"error":{"message":"no"}}', headers: Readonly<Record<string, string>> = {}): Case => ({
  gateway: { status: code, body, headers },
});
/** A list that does not tell of paths, so that the doctor tries them; and what prompts get. */
const prompts = (code: number, body: string, headers: Readonly<Record<string, string>> = {}): Case =>
  ok(
    list(({ id }) => ({ id })),
    { post: { status: code, body, headers } },
  );
const project = (config: object | string): Case => ({
  files: { "$work/opencode.json": typeof config === "string" ? config : JSON.stringify({ $schema: "s", ...config }) },
});
const env = (variables: Readonly<Record<string, string | null>>): Case => ({ env: variables });
/** An environment that was made with a model that ends, seen on a day. */
const ending = (today: string): Case => {
  const file = "$prefix/share/aperture-env/environment.json";
  const end =
    '"ends":[{"model":"anthropic/claude-haiku-4-5","on":"2030-01-31","replacement":"anthropic/claude-haiku-9"}],"providers"';
  return {
    env: { APERTURE_ENV_TODAY: today },
    before: `cp ${file} $tmp/e; sed -i 's|"providers"|${end}|' ${file}`,
    after: `mv $tmp/e ${file}`,
  };
};
const ids = Object.keys(endpoints);
const binary = "$prefix/lib/aperture-env/opencode";
/** Puts something in place of the binary for one case. */
const instead = (how: string): Case => ({
  before: `mv ${binary} ${binary}.kept; ${how}`,
  after: `rm -f ${binary}; mv ${binary}.kept ${binary}`,
});
const magic = "100.100.100.100";

/** What is wrong, and the codes of everything above ok. Both ways: each fault is named, and nothing else is. */
const cases: Readonly<Record<string, readonly [Case, ...string[]]>> = {
  nothing: [{}],
  "a name server that does not know the name": [{ records: {} }, "name-unknown"],
  "a full name that nobody knows": [env({ APERTURE_URL: "http://ai.nobody.ts.net" }), "name-unknown"],
  "an empty resolv.conf": [{ resolv: "\n", dns: "none" }, "name-no-server"],
  "a name server that never answers": [{ dns: "silent" }, "name-server-silent"],
  "a name server that is not there": [{ dns: "none" }, "name-server-silent"],
  "a name server that never answers, before one that does": [
    { resolv: "nameserver 10.8.0.2\nnameserver 127.0.0.1\n" },
    "name-server-slow",
  ],
  "a name server that is not the tailnet's": [
    { resolv: "nameserver 10.9.9.9\n", dns: "10.9.9.9", records: {} },
    "name-no-magicdns",
  ],
  "MagicDNS without a search domain": [
    { resolv: `nameserver ${magic}\n`, dns: magic, records: { "ai.tail.ts.net": "127.0.0.1" } },
    "name-search-domain",
  ],
  "nothing, with MagicDNS and its search domain": [
    { resolv: `nameserver ${magic}\nsearch tail.ts.net\n`, dns: magic, records: { "ai.tail.ts.net": "127.0.0.1" } },
  ],
  "a name that the tailnet does not know": [
    { resolv: `nameserver ${magic}\nsearch tail.ts.net\n`, dns: magic, records: {} },
    "name-unknown",
  ],
  "one where all else but the tailnet is silent": [
    { resolv: `nameserver ${magic}\nsearch tail.ts.net\noptions timeout:1 attempts:1\n`, dns: magic, records: {}, mute: ["ai"] },
    "name-unknown",
  ],
  "the tailnet's own name server, silent": [
    {
      resolv: `nameserver ${magic}\nsearch tail.ts.net\noptions timeout:1 attempts:1\n`,
      dns: magic,
      mute: ["ai", "ai.tail.ts.net"],
    },
    "name-server-silent",
  ],
  "nothing, by address": [env({ APERTURE_URL: "http://127.0.0.1" })],
  "a closed port": [{ gateway: "closed" }, "gateway-refused"],
  ...(findProgram("iptables") !== null && {
    "a firewall that rejects": [
      {
        before: "iptables -A OUTPUT -p tcp --dport 80 -j REJECT --reject-with icmp-admin-prohibited",
        after: "iptables -F OUTPUT",
      },
      "gateway-refused",
    ] as const,
  }),
  "no way to the address": [env({ APERTURE_URL: "http://203.0.113.7" }), "gateway-unreachable"],
  "packets that vanish": [env({ APERTURE_URL: "http://10.8.0.2" }), "gateway-timeout"],
  "a connection without an answer": [{ gateway: "stall" }, "gateway-slow"],
  "something that is not HTTP": [{ gateway: "garbage" }, "gateway-speaks-tls"],
  "a reset": [{ gateway: "reset" }, "gateway-reset"],
  "an answer that is cut": [{ gateway: "cut" }, "gateway-cut-off"],
  "a page with 200": [status(200, "<!doctype html><p>Sign in", { "content-type": "text/html" }), "gateway-html"],
  "a redirect": [status(302, "", { location: "https://login.example/" }), "gateway-redirect"],
  "401": [status(401), "gateway-unauthorized"],
  "403, no role": [status(403, '{"error":{"message":"access denied: no role granted"}}'), "gateway-forbidden"],
  "403 of another kind": [status(403), "gateway-denied"],
  "404": [status(404), "gateway-no-list"],
  "429, a quota": [status(429, "{}", { "retry-after": "60" }), "gateway-quota"],
  "500": [status(500), "gateway-failed"],
  "a gateway that is restarting": [status(503, "aperture is restarting, retry this request"), "gateway-restarting"],
  "JSON that ends early": [status(200, '{"data":['), "gateway-not-json"],
  "JSON of another kind": [status(200, '{"hello":1}'), "gateway-not-json"],
  "an empty list, no grant": [ok('{"object":"list","data":[]}'), "models-none"],
  "a clock that is wrong": [ok("models", { headers: { date: "Mon, 01 Jan 2024 00:00:00 GMT" } }), "clock"],
  "no responses flag, by the list": [
    ok(
      list((model) => ({
        ...model,
        supported_endpoints:
          model.supported_endpoints![0] === "/v1/responses" ? ["/v1/chat/completions"] : model.supported_endpoints,
      })),
    ),
    "responses-missing",
  ],
  "no flags at all, by 404": [
    ok(
      list(({ id }) => ({ id })),
      { post: 404 },
    ),
    "responses-missing",
    "wire-format-missing",
  ],
  "nothing, with a list that does not tell of paths": [ok(list(({ id }) => ({ id })))],
  "a quota, seen only by a request": [
    ok(
      list(({ id }) => ({ id })),
      { post: 429 },
    ),
    "gateway-quota",
    "gateway-quota",
  ],
  "a guardrail, seen only by a request": [
    prompts(403, '{"error":{"message":"blocked","code":"guardrail_blocked"}}'),
    "gateway-guardrail",
    "gateway-guardrail",
  ],
  "a hook that fails closed": [prompts(503, '{"error":{"message":"hook scan failed"}}'), "gateway-hook", "gateway-hook"],
  "a quota that is used up": [
    prompts(429, '{"error":{"message":"quota daily:<user> exceeded"}}', { "retry-after": "60" }),
    "gateway-quota",
    "gateway-quota",
  ],
  "a quota that the gateway cannot read": [
    prompts(429, '{"error":{"message":"cannot parse quota daily:<user>"}}'),
    "gateway-quota-invalid",
    "gateway-quota-invalid",
  ],
  "a model that is not served": [
    ok(
      list((model) => (model.id === "claude-sonnet-5-5" ? null : model)),
      { post: 404 },
    ),
    "model-not-served",
    "models-not-served",
  ],
  "a model that is not listed, and asked for all the same": [
    ok(list((model) => (model.id === "claude-sonnet-5-5" ? null : model))),
    "model-not-listed",
    "models-not-served",
  ],
  "a small model that is not served": [
    ok(
      list((model) => (model.id === "claude-haiku-4-5" ? null : model)),
      { post: 404 },
    ),
    "models-not-served",
    "small-model-not-served",
  ],
  "a small model that is not listed, and asked for all the same": [
    ok(list((model) => (model.id === "claude-haiku-4-5" ? null : model))),
    "models-not-served",
    "small-model-not-listed",
  ],
  "models that are new": [ok(list().replace('"data":[', '"data":[{"id":"brand-new"},')), "models-new"],

  "an address with a path": [env({ APERTURE_URL: "http://ai/gateway" }), "origin-path"],
  "an address of another kind": [env({ APERTURE_URL: "ftp://ai" }), "origin-invalid"],
  "an address that would break the configuration": [env({ APERTURE_URL: 'http://ai"b' }), "origin-invalid"],
  "an address with what files of variables leave around it": [env({ APERTURE_URL: '"http://ai"\r' }), "origin-spelling"],
  "https on a short name": [{ ...env({ APERTURE_URL: "https://ai" }), port: 443 }, "origin-https-short"],
  "https on a short name, where nothing listens": [env({ APERTURE_URL: "https://ai" }), "origin-https-short"],
  "a doubled /v1 in the variable": [env({ APERTURE_URL: "http://ai/v1/v1" }), "origin-spelling"],
  "an empty address": [env({ APERTURE_URL: "" }), "origin-empty"],
  "nothing, without any variable": [env({ APERTURE_URL: null, OPENCODE_CONFIG: null })],

  "a proxy that is not there": [env({ HTTP_PROXY: "http://127.0.0.1:3128" }), "proxy"],
  "a proxy that is not there, where nothing else leads to the gateway": [
    { records: {}, ...env({ HTTP_PROXY: "http://127.0.0.1:3128" }) },
    "proxy-closed",
  ],
  "a proxy that does not get there, where nothing else leads to the gateway": [
    { records: {}, proxy: true, ...env({ HTTP_PROXY: "http://127.0.0.1:3128" }) },
    "proxy",
  ],
  "a proxy for https alone, where nothing else leads to the gateway": [
    { records: {}, ...env({ HTTPS_PROXY: "http://127.0.0.1:3128" }) },
    "proxy-http-missing",
  ],
  "a proxy, and NO_PROXY in a form that does not count": [
    env({ http_proxy: "http://127.0.0.1:3128", NO_PROXY: "http://ai,10.0.0.0/8" }),
    "proxy",
  ],
  "a proxy of another kind": [env({ HTTP_PROXY: "socks5://127.0.0.1:3128" }), "proxy-unusable"],
  "a proxy with what secrets leave behind it": [
    { proxy: true, ...env({ HTTP_PROXY: "http://127.0.0.1:3128\n" }) },
    "proxy-unusable",
  ],
  "nothing, with an empty no_proxy": [env({ HTTP_PROXY: "http://127.0.0.1:3128", no_proxy: "", NO_PROXY: "ai" })],
  "nothing, with NO_PROXY": [env({ HTTP_PROXY: "http://127.0.0.1:3128", NO_PROXY: "localhost, ai" })],
  "nothing, through a proxy that works": [{ proxy: true, ...env({ HTTP_PROXY: "http://127.0.0.1:3128" }) }],

  "OPENCODE_CONFIG that names no file": [env({ OPENCODE_CONFIG: "/nowhere.json" }), "config-not-found"],
  "a project file that bypasses the gateway": [
    project({ provider: { anthropic: { options: { baseURL: "https://api.anthropic.com/v1" } } } }),
    "provider-bypass",
  ],
  "a doubled /v1 in a project file": [
    project({ provider: { anthropic: { options: { baseURL: "http://ai/v1/v1" } } } }),
    "base-url-path",
  ],
  "a base URL without /v1": [project({ provider: { anthropic: { options: { baseURL: "http://ai" } } } }), "base-url-path"],
  "a base URL of a variable that is not set": [
    project({ provider: { openai: { options: { baseURL: "{env:NO_SUCH}/v1" } } } }),
    "base-url-invalid",
  ],
  "a provider of the project's own": [
    project({
      enabled_providers: [...ids, "ollama"],
      provider: {
        ollama: {
          npm: "@ai-sdk/openai-compatible",
          options: { baseURL: "http://localhost:11434/v1", apiKey: "-" },
          models: { m: {} },
        },
      },
    }),
    "provider-stray",
  ],
  "a real key": [project({ provider: { openai: { options: { apiKey: bait.OPENAI_API_KEY } } } }), "key-real"],
  "a provider that is taken away": [project({ disabled_providers: ["openai"] }), "provider-gone"],
  "OpenCode's own models": [
    { ...project({ enabled_providers: [...ids, "opencode"] }), ...env({ OPENCODE_MODELS_PATH: "/nowhere.json" }) },
    "bypass",
    "catalogue-missing",
    "hosted-models",
  ],
  "providers of the environment": [
    {
      ...project({ enabled_providers: [...ids, "github-copilot"] }),
      ...env({ OPENCODE_MODELS_PATH: "/nowhere.json", GITHUB_TOKEN: bait.GITHUB_TOKEN }),
    },
    "bypass",
    "catalogue-missing",
    "provider-ambient",
  ],
  "a model of nobody": [project({ model: "opencode/big-pickle" }), "model-unknown"],
  "a small model of nobody": [project({ small_model: "google/gemini" }), "small-model-unknown"],
  "JSON that is none": [project('{ "model": '), "config-unreadable"],
  "a file that a file asks for": [project({ username: "{file:gone.txt}" }), "config-reference"],
  "a wrong type": [project({ enabled_providers: "anthropic" }), "config-invalid"],
  "a file without $schema": [project("{}"), "config-rewritten"],
  "a global file that bypasses the gateway": [
    {
      files: { "$home/.config/opencode/opencode.json": '{"$schema":"s","provider":{"anthropic":{"options":{"apiKey":"real"}}}}' },
      ...env({ OPENCODE_CONFIG_CONTENT: '{"provider":{"openai":{"options":{"baseURL":"http://localhost:1/v1"}}}}' }),
    },
    "provider-bypass",
  ],
  "switches that are off": [env({ OPENCODE_DISABLE_AUTOUPDATE: "0" }), "switch-off"],
  "traces that go elsewhere": [env({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318" }), "telemetry"],
  "a real key that is stored": [
    env({ OPENCODE_AUTH_CONTENT: `{"openai":{"type":"api","key":"${bait.OPENAI_API_KEY}"}}` }),
    "auth-key",
  ],
  "a login of a plugin's": [
    env({ OPENCODE_AUTH_CONTENT: '{"openai":{"type":"oauth","refresh":"R","access":"A","expires":1}}' }),
    "auth-login",
  ],
  "a login of a plugin's that is let in": [
    {
      files: { "$home/.local/share/opencode/auth.json": '{"openai":{"type":"oauth","refresh":"R","access":"A","expires":1}}' },
      ...env({ OPENCODE_DISABLE_DEFAULT_PLUGINS: "0" }),
    },
    "auth-login-used",
    "bypass",
    "switch-off",
  ],
  "a foreign configuration in the place of ours": [
    {
      files: {
        "$work/other.json":
          '{"$schema":"s","model":"local/m","enabled_providers":["local"],"provider":{"local":{"options":{"baseURL":"http://localhost:1/v1"},"models":{"m":{}}}}}',
      },
      ...env({ OPENCODE_CONFIG: "$work/other.json" }),
    },
    "provider-stray",
    "providers-gone",
  ],
  "an agent of a provider that is not enabled": [project({ agent: { review: { model: "local/m" } } }), "foreign-model"],
  "a provider of the project's own that is left off": [
    project({ provider: { local: { options: { baseURL: "http://localhost:1/v1" }, models: { m: {} } } } }),
    "provider-off",
  ],
  "plugins, by file and by name": [project({ plugin: ["./x.ts", "some-plugin@1.0.0"] }), "asks-registry", "runs-code"],
  "configuration from a server": [
    env({ OPENCODE_AUTH_CONTENT: '{"https://a.example":{"type":"wellknown","key":"K","token":"t"}}' }),
    "auth-well-known",
  ],
  "keys in the environment": [env(bait), "keys-in-environment"],
  "nothing, of a model that ends in 61 days": [ending("2029-12-01")],
  "a model that ends in 60 days": [ending("2029-12-02"), "model-ending"],
  "a model that ended today": [ending("2030-01-31"), "model-ended"],
  "a folder .opencode": [{ files: { "$work/.opencode/opencode.json": '{"$schema":"s"}' } }, "opencode-folder"],

  "a read-only home": [
    { before: "mount --bind $home $home; mount -o remount,bind,ro $home", after: "umount $home" },
    "folders-moved",
  ],
  "a read-only data folder": [
    {
      before: "d=$home/.local/share/opencode; mkdir -p $d; mount --bind $d $d; mount -o remount,bind,ro $d",
      after: "umount $home/.local/share/opencode",
    },
    "folders-moved",
  ],
  "a read-only configuration": [
    {
      files: { "$home/.config/opencode/opencode.json": '{"$schema":"s"}' },
      before: "d=$home/.config/opencode; mount --bind $d $d; mount -o remount,bind,ro $d",
      after: "umount $home/.config/opencode",
    },
    "config-linked",
  ],
  "sessions in a folder that is no longer used": [
    { before: "d=$tmp/aperture-env-$(id -u)/data/opencode; mkdir -p $d; : >$d/opencode.db" },
    "sessions-left",
  ],
  "no volume where the spec wants one": [
    {
      before: `sed -i 's#"volume": null#"volume": "/nowhere"#' $prefix/share/aperture-env/environment.json`,
      after: `sed -i 's#"volume": "/nowhere"#"volume": null#' $prefix/share/aperture-env/environment.json`,
    },
    "state-not-kept",
  ],
  "a tool without the package that it imports": [
    { files: { "$home/.config/opencode/tool/x.ts": "export default {}" } },
    "plugin-package",
    "runs-code",
  ],
  "plugins of the project, and an agent of another provider": [
    {
      files: {
        "$work/.opencode/.gitignore": "",
        "$work/.opencode/node_modules/@opencode-ai/plugin/package.json": "{}",
        "$work/.opencode/plugin/a.ts": "",
        "$work/.opencode/plugins/b.js": "",
        "$work/.opencode/agents/c.md": "---\nmodel: local/m\n---\n",
      },
    },
    "foreign-model",
    "opencode-folder",
    "runs-code",
  ],
  "a provider of the user's own that is switched off": [
    {
      files: {
        "$home/.config/opencode/opencode.json": JSON.stringify({
          provider: { local: { options: { baseURL: "http://localhost:1234/v1" }, models: { m: {} } } },
        }),
      },
    },
    "provider-off",
  ],
  "no home": [env({ HOME: null }), "folders-moved"],
  "a home that is no folder": [env({ HOME: "/dev/null" }), "folders-moved"],
  "somebody's folder in the temporary one": [{ before: "mkdir $tmp/opencode; chown 12345 $tmp/opencode" }, "tmp-moved"],
  "nowhere to write": [
    {
      before: "for f in $home $tmp /tmp /var/tmp /dev/shm; do mount --bind $f $f; mount -o remount,bind,ro $f; done",
      after: "for f in /dev/shm /var/tmp /tmp $tmp $home; do umount $f; done",
    },
    "folders-none",
  ],
  "a read-only project with .opencode": [
    { before: "mkdir $work/.opencode; mount --bind $work $work; mount -o remount,bind,ro $work", after: "umount $work" },
    "folder-read-only",
    "opencode-folder",
  ],
  "a temporary folder without execution": [{ before: "mount -t tmpfs -o noexec tmpfs $tmp", after: "umount $tmp" }, "tmp-noexec"],
  "no rg": [{ before: "mv $tools/rg $tools/no-rg", after: "mv $tools/no-rg $tools/rg" }, "ripgrep-missing"],
  "no git": [{ before: "mv $tools/git $tools/no-git", after: "mv $tools/no-git $tools/git" }, "git-missing"],
  "another version": [
    { before: `cp ${binary}.version $tmp/v; echo 1.18.1 >${binary}.version`, after: `cp $tmp/v ${binary}.version` },
    "version",
  ],
  "no version": [{ before: `mv ${binary}.version ${binary}.v`, after: `mv ${binary}.v ${binary}.version` }, "version-unknown"],
  "another opencode, first on PATH": [
    {
      files: { "$home/bin/opencode": "#!/bin/sh\n" },
      before: "chmod +x $home/bin/opencode",
      ...env({ PATH: "$home/bin:$prefix/bin:$tools" }),
    },
    // The prefix is named by a variable, and PATH by itself leads elsewhere.
    "bypass",
    "other-opencode-first",
  ],
  "another opencode in the launcher's place": [
    {
      before:
        "mv $prefix/bin/opencode $prefix/bin/kept; printf '#!/bin/sh\\n' >$prefix/bin/opencode; chmod +x $prefix/bin/opencode",
      after: "mv $prefix/bin/kept $prefix/bin/opencode",
    },
    "launcher-replaced",
  ],
  "another opencode, last on PATH": [
    {
      files: { "$home/bin/opencode": "#!/bin/sh\n" },
      before: "chmod +x $home/bin/opencode",
      ...env({ PATH: "$prefix/bin:$tools:$home/bin" }),
    },
    "other-opencode",
  ],
  "a PATH without the launcher": [env({ PATH: "$tools" }), "bypass", "launcher-not-on-path"],

  "no binary": [instead("true"), "binary-missing"],
  "a binary without its mode": [instead(`echo x >${binary}`), "binary-mode"],
  "something else as binary": [instead(`echo x >${binary}; chmod +x ${binary}`), "binary-damaged"],
  "a binary of another architecture": [
    instead(`cp /bin/true ${binary}; printf '\\267' | dd of=${binary} bs=1 seek=18 conv=notrunc 2>/dev/null`),
    "binary-architecture",
  ],
  "a binary for another libc": [
    instead(`sed 's,ld-linux-x86,ld-muslx-x86,' /bin/true >${binary}; chmod +x ${binary}`),
    "binary-libc",
  ],
  "a library that is missing": [
    instead(`sed 's,libc\\.so\\.6,libx.so.6,' /bin/true >${binary}; chmod +x ${binary}`),
    "binary-libraries",
  ],
  "a binary on a file system without execution": [
    { before: "mount --bind $prefix/lib $prefix/lib; mount -o remount,bind,noexec $prefix/lib", after: "umount $prefix/lib" },
    "binary-noexec",
  ],
  "a binary that dies": [instead(`printf '#!/bin/sh\\nkill -ILL $$\\n' >${binary}; chmod +x ${binary}`), "binary-damaged"],
  "no doctor.mjs": [
    { before: "mv $prefix/share/aperture-env/doctor.mjs $tmp/d", after: "mv $tmp/d $prefix/share/aperture-env/doctor.mjs" },
    "doctor-missing",
  ],
  "no opencode.json in the image": [
    { before: "mv $prefix/share/aperture-env/opencode.json $tmp/o", after: "mv $tmp/o $prefix/share/aperture-env/opencode.json" },
    "config-missing",
  ],
  "nothing, although the repository brings bunfig.toml and .env": [
    {
      files: {
        "$work/bunfig.toml": 'preload = ["./evil.mjs"]\n',
        "$home/.bunfig.toml": 'preload = ["$work/evil.mjs"]\n',
        "$work/evil.mjs": 'console.log("EVIL"); process.exit(7);\n',
        "$work/.env": "APERTURE_URL=http://evil\nHTTP_PROXY=http://127.0.0.1:9\n",
        "$work/tsconfig.json": "{ nonsense",
        "$work/package.json": "{ nonsense",
      },
      ...env({ BUN_OPTIONS: "--preload ./evil.mjs" }),
    },
  ],
  "nothing, asked in depth": [{ args: ["--json", "--deep"] }],
  "a model of nobody, asked in depth": [
    { ...project({ model: "opencode/big-pickle" }), args: ["--json", "--deep"] },
    "model-unknown",
  ],
  "a configuration that OpenCode refuses, asked in depth": [
    { ...project({ agent: { build: { mode: "nonsense" } } }), args: ["--json", "--deep"] },
    "config-refused",
  ],
};

const whyNot = (): string | null => {
  const noMounts = whyNoMounts();
  if (noMounts !== null) return noMounts;
  return (
    ["ip", "rg", "git"].map((name) => (findProgram(name) === null ? `there is no ${name}` : null)).find((why) => why !== null) ??
    null
  );
};

describe.skipIf(!available || skips("the doctor among faults", whyNot()))("the doctor", { timeout: 300_000 }, () => {
  let installation: LocalInstallation;
  let outcomes: Readonly<Record<string, Outcome>>;

  beforeAll(async () => {
    installation = await install();
    const folder = makeFolder();
    const tools = join(folder, "tools");
    mkdirSync(tools);
    for (const name of ["sh", "sed", "od", "tr", "head", "grep", "uname", "ls", "mkdir", "rg", "git"])
      symlinkSync(findProgram(name) ?? `/bin/${name}`, join(tools, name));
    const script = join(folder, "inside.mjs");
    const resolv = join(folder, "resolv.conf");
    writeFileSync(script, await bundleScript("test/opencode/doctor.main.ts"));
    writeFileSync(resolv, "");
    const input: Input = {
      prefix: installation.prefix,
      tools,
      resolv,
      folder,
      models: list(),
      cases: Object.fromEntries(Object.entries(cases).map(([name, [one]]) => [name, one])),
    };
    // The private place that the launcher takes where there is no home is of this account, and must not be one that somebody uses.
    const code = [
      `mount --bind ${formatShell(resolv)} /etc/resolv.conf`,
      "ip link set lo up",
      "for a in 10.9.9.9 100.100.100.100; do ip addr add $a/32 dev lo; done",
      "ip link add v0 type veth peer name v1; ip addr add 10.8.0.1/24 dev v0; ip link set v0 up; ip link set v1 up",
      "ip neigh add 10.8.0.2 lladdr 02:00:00:00:00:01 dev v0",
    ].join("\n");
    const [unshare = "", ...rest] = withMounts(code, [process.execPath, script]);
    const { stdout, stderr, exitCode } = await execa(unshare, ["--net", ...rest], {
      input: JSON.stringify(input),
      reject: false,
    });
    expect(exitCode, stderr).toBe(0);
    outcomes = JSON.parse(stdout) as typeof outcomes;
  });
  afterAll(removeFolders);

  test.each(Object.entries(cases).map(([name, [, ...codes]]) => ({ name, codes })))("finds $name", ({ name, codes }) => {
    const { status: exit, stdout, stderr, ms, verdict } = outcomes[name]!;
    const report = JSON.parse(stdout) as { schemaVersion: number; verdict: string; checks: Check[] };
    const above = report.checks.filter(
      // The variable is these tests' own: it keeps this machine's /etc out.
      ({ severity, message }) => severity !== "ok" && !message.startsWith("OPENCODE_TEST_MANAGED_CONFIG_DIR is set"),
    );
    expect(above.map(({ code }) => code).sort(), JSON.stringify(above, null, 1)).toEqual([...codes].sort());
    expect(report.schemaVersion).toBe(1);
    const failed = above.some(({ severity }) => severity === "failure");
    expect(exit).toBe(failed ? 4 : 0);
    for (const { message, cause, next } of above) for (const text of [message, cause, next]) expect(text).toMatch(/\S/);
    expect(findBait(stdout + stderr + (verdict ?? ""))).toEqual([]);
    // npm run bench measures how fast it is. Here it must only not hang.
    expect(ms).toBeLessThan(20_000);
    if (verdict !== null) expect(verdict.split("\n")[0] === "ok").toBe(!failed);
  });

  test("covers every code that there is", () => {
    const named = new Set(Object.values(cases).flatMap(([, ...codes]) => codes));
    expect(named.size).toBeGreaterThan(60);
  });

  test.skipIf(findProgram("iptables") === null)(
    "a closed port and a firewall that rejects look the same, and both are offered",
    () => {
      for (const name of ["a closed port", "a firewall that rejects"]) {
        const { checks } = JSON.parse(outcomes[name]!.stdout) as { checks: Check[] };
        const refused = checks.find(({ code }) => code === "gateway-refused");
        expect(refused?.message, name).toBe("Nothing listens on ai (port 80), or a firewall on the way rejects it");
        expect(refused?.next, name).toContain("icmp-admin-prohibited");
      }
    },
  );

  test("is done sooner where all is well than where nothing answers", () => {
    expect(outcomes["nothing"]!.ms).toBeLessThan(outcomes["a connection without an answer"]!.ms);
    process.stderr.write(
      `doctor: healthy ${outcomes["nothing"]!.ms.toFixed(0)} ms, silent name server ${outcomes["a name server that never answers"]!.ms.toFixed(0)} ms, no answer ${outcomes["a connection without an answer"]!.ms.toFixed(0)} ms, in depth ${outcomes["nothing, asked in depth"]!.ms.toFixed(0)} ms\n`,
    );
  });

  test("keeps its verdict for this account only, and the launcher shows it on a terminal", async () => {
    const place = makePlace();
    const doctor = join(installation.prefix, "bin", "aperture-doctor");
    const variables = { ...installation.env, APERTURE_URL: "http://127.0.0.1:9" };
    const said = await run([doctor], { place, env: variables });
    expect(said.exitCode).toBe(4);
    expect(said.stdout).toContain("gateway-refused");
    const file = join(place.home, ".local/state/aperture-env/verdict");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const stub = await installStub("true");
    const piped = await run([stub.opencode], { place, env: stub.env });
    expect(piped.stderr).toBe("");
    // Before its screen there is time to read, before all else there is not.
    const pause = makeFolder();
    writeFileSync(join(pause, "sleep"), "#!/bin/sh\necho paused\n", { mode: 0o755 });
    const env = { ...stub.env, PATH: `${pause}:${process.env["PATH"]}` };
    const atTerminal = async (command: string): Promise<string> =>
      (await run(["script", "-qec", command, "/dev/null"], { place, env })).stdout.replaceAll("\r\n", "\n");
    const line = /^opencode \(aperture-env\): Nothing listens on 127\.0\.0\.1:9.* aperture-doctor checks again\.\n/;
    const screen = await atTerminal(stub.opencode);
    expect(screen).toMatch(line);
    expect(screen.replace(line, "")).toBe("paused\n");
    expect((await atTerminal(`${stub.opencode} run hi`)).replace(line, "")).toBe("");
    writeFileSync(file, "ok\n");
    expect(await atTerminal(stub.opencode)).toBe("");
  });

  test("--send sends one prompt and says where it shows; what is refused is named", async () => {
    const gateway = await startGateway();
    const doctor = join(installation.prefix, "bin", "aperture-doctor");
    const sent = await run([doctor, "--json", "--send"], {
      place: makePlace(),
      env: { ...installation.env, ...bait, APERTURE_URL: gateway.origin },
    });
    const check = (JSON.parse(sent.stdout) as { checks: Check[] }).checks.find(({ code }) => code === "send");
    expect(check?.message, sent.stdout).toContain(`It is on ${gateway.origin}/ui/`);
    expect(gateway.requests.filter(({ method }) => method === "POST")).toMatchObject([
      { path: "/v1/messages", status: 200, placeholder: true },
    ]);
    expect(findBait(gateway.received())).toEqual([]);
    const place = makePlace();
    writeFileSync(
      join(place.work, "opencode.json"),
      '{"$schema":"s","provider":{"anthropic":{"options":{"baseURL":"{env:APERTURE_URL}/v1/v1"}}}}',
    );
    const refused = await run([doctor, "--json", "--send"], {
      place,
      env: { ...installation.env, APERTURE_URL: gateway.origin },
    });
    const codes = (JSON.parse(refused.stdout) as { checks: Check[] }).checks
      .filter(({ severity }) => severity === "failure")
      .map(({ code }) => code);
    expect(codes).toEqual(["base-url-path", "send-failed"]);
    await gateway.close();
  });

  test("why a prompt was refused is told from what the gateway says", async () => {
    const models = ids.flatMap((id) =>
      Object.keys(catalogue[id]!.models).map((model) => ({ id: model, provider: { id, name: id }, endpoints: [endpoints[id]!] })),
    );
    const gateway = await startMockGateway({ models, faults: ["guardrail"] });
    const doctor = join(installation.prefix, "bin", "aperture-doctor");
    const ran = await run([doctor, "--json", "--send"], {
      place: makePlace(),
      env: { ...installation.env, ...bait, APERTURE_URL: gateway.origin },
    });
    const { checks } = JSON.parse(ran.stdout) as { checks: Check[] };
    expect([...new Set(checks.filter(({ severity }) => severity === "failure").map(({ code }) => code))]).toEqual([
      "gateway-guardrail",
    ]);
    await gateway.close();
  });

  test("a grant that would help is printed ready to paste, with the providers of the environment", async () => {
    const gateway = await startMockGateway({ models: [], faults: ["no-role"] });
    const doctor = join(installation.prefix, "bin", "aperture-doctor");
    const ran = await run([doctor], { place: makePlace(), env: { ...installation.env, APERTURE_URL: gateway.origin } });
    const grant = /\{"src":.*?\]\}\}/.exec(ran.stdout)?.[0] ?? "null";
    expect(JSON.parse(grant), ran.stdout).toEqual({
      src: ["you@example.com"],
      app: { "tailscale.com/cap/aperture": [{ role: "user" }, ...ids.map((id) => ({ models: `${id}/**` }))] },
    });
    expect(ran.stdout).toContain('["tag:api,tag:prod"]');
    await gateway.close();
  });

  test.skipIf(findProgram("shellcheck") === null)("shellcheck finds nothing in the shim", () => {
    const shim = join(installation.prefix, "bin", "aperture-doctor");
    const options = ["--shell=sh", "--enable=all", "--exclude=SC2250,SC2292,SC2310,SC2312", shim];
    expect(spawnSync("shellcheck", options, { encoding: "utf8" })).toMatchObject({ stdout: "", status: 0 });
  });

  test("in the background it is silent, ends at once and leaves its verdict", async () => {
    const place = makePlace();
    const doctor = join(installation.prefix, "bin", "aperture-doctor");
    // It accepts connections and is silent: the doctor has no verdict before its time for an answer is over.
    const asked: Socket[] = [];
    const gateway = createServer((socket) => asked.push(socket.on("error", () => {})));
    await new Promise<void>((resolve) => gateway.listen(0, "127.0.0.1", resolve));
    const { port } = gateway.address() as AddressInfo;
    const env = { ...installation.env, APERTURE_URL: `http://127.0.0.1:${port}` };
    const ran = await run([doctor, "--background"], { place, env });
    expect(ran).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
    const size = (): number =>
      statSync(join(place.home, ".local/state/aperture-env/verdict"), { throwIfNoEntry: false })?.size ?? 0;
    expect(size()).toBe(0);
    gateway.close();
    for (const socket of asked) socket.destroy();
    await expect.poll(size, { timeout: 60_000 }).toBeGreaterThan(10);
  });

  test("internet access that the spec allows is no finding; any other still is", async () => {
    const { prefix, env: own } = await install({ online: ["share"] });
    const gateway = await startGateway();
    try {
      const codesWith = async (variables: Readonly<Record<string, string>>): Promise<string[]> => {
        const PATH = `${prefix}/bin:${process.env["PATH"]}`;
        const options = { place: makePlace(), env: { ...own, ...variables, PATH, APERTURE_URL: gateway.origin } };
        const { stdout } = await run([join(prefix, "bin", "aperture-doctor"), "--json"], options);
        const { checks } = JSON.parse(stdout) as { checks: Check[] };
        return checks.filter(({ severity }) => severity !== "ok").map(({ code }) => code);
      };
      expect(await codesWith({})).toEqual([]);
      expect(await codesWith({ OPENCODE_DISABLE_LSP_DOWNLOAD: "0" })).toEqual(["switch-off"]);
    } finally {
      await gateway.close();
    }
  });

  test.each([
    [{}],
    [{ APERTURE_URL: "ai:8080//v1/v1/" }],
    [{ APERTURE_URL: "" }],
    [{ OPENCODE_CONFIG: "/nowhere" }],
    [{ OPENCODE_MODELS_PATH: "/m.json", OPENCODE_DISABLE_SHARE: "0" }],
    [{ HOME: undefined }],
    [{ HOME: "/dev/null" }],
    [{ XDG_STATE_HOME: "/dev/null" }],
    [{ XDG_CONFIG_HOME: "/dev/null", XDG_DATA_HOME: "/dev/null" }],
    [{ HOME: undefined, XDG_DATA_HOME: "/dev/null", XDG_CACHE_HOME: "/dev/null" }],
    [{}, ["share"]],
    [{ OPENCODE_DISABLE_SHARE: "1" }, ["share", "lsp"]],
  ] as [Record<string, string | undefined>, string[]?][])(
    "takes for granted what the launcher does with %j and %j online",
    async (variables, online = []) => {
      const stub = await installStub("env -0", { online });
      const place = makePlace();
      const given = { PATH: process.env["PATH"], HOME: place.home, TMPDIR: place.tmp, ...stub.env, ...variables };
      const ours = asLaunched(
        given,
        readInstallation(join(stub.prefix, "share/aperture-env"), stub.prefix, null),
        process.getuid!(),
      ).env;
      const { stdout } = await run([stub.opencode], { place, env: { ...stub.env, ...variables } });
      const theirs = Object.fromEntries(
        stdout
          .split("\0")
          .filter(Boolean)
          .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
      );
      for (const name of ["PWD", "OLDPWD", "SHLVL", "_"]) delete theirs[name];
      expect(Object.fromEntries(Object.entries(ours).filter(([, value]) => value !== undefined))).toEqual(theirs);
    },
  );

  test("folders below a home that ends with a slash, as / does, have one slash", async () => {
    const stub = await installStub("true");
    const installation = readInstallation(join(stub.prefix, "share/aperture-env"), stub.prefix, null);
    const { moved } = asLaunched({ ...stub.env, HOME: "/dev/null/" }, installation, process.getuid!());
    expect(moved.map(({ from }) => from)).toContain("/dev/null/.local/share/opencode");
  });
});
