/** The page at `/ui/`, as Aperture has one: the log as a table. One document without scripts or external resources. */
import type { LoggedRequest } from "./log.ts";

/** Keeps the page from loading or running anything, whatever text gets into it. */
export const pagePolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; form-action 'none'";

/** The answer of a captive portal, or of a login in front of a gateway. */
export const loginPage = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Sign in</title></head>
<body><h1>Sign in</h1><p>This page stands for any that is not the gateway's: a captive portal, a proxy, a login.</p></body>
</html>
`;

/** The columns with their layout: numbers to the right, long names on several lines, ids cut. */
const columns = [
  ["Time (UTC)", ""],
  ["User / node", ""],
  ["Model", "wide"],
  ["Provider", ""],
  ["Status", ""],
  ["Tokens in", "number"],
  ["Tokens out", "number"],
  ["Duration", "number"],
  ["Path", "wide"],
  ["Key", ""],
  ["Session", "cut"],
] as const;

const style = `
:root {
  color-scheme: light dark;
  --back: #f7f7f5; --card: #fff; --text: #1f2328; --dim: #656d76; --line: #e2e4e8; --head: #f0f1f3;
  --good: #1a7f37; --good-back: #dafbe1; --bad: #b3261e; --bad-back: #ffe5e2; --note: #7a5200; --note-back: #fff1cc; --link: #0858c4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #16181c; --card: #1d2025; --text: #e6e8eb; --dim: #9aa3ad; --line: #31363e; --head: #242830;
    --good: #6fdd8b; --good-back: #143821; --bad: #ff9d94; --bad-back: #4a1a17; --note: #f5cf7a; --note-back: #43340f; --link: #7cb7ff;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 14px/1.45 system-ui, sans-serif; }
a { color: var(--link); }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1rem; padding: .9rem 1.5rem; background: var(--card);
  border-bottom: 1px solid var(--line); }
h1 { margin: 0; font-size: 1.25rem; }
main { padding: 1.25rem 1.5rem; }
.dim, small { color: var(--dim); }
small { display: block; font-size: 12px; }
dl { display: flex; flex-wrap: wrap; gap: .75rem; margin: 0 0 1.25rem; }
dl div { min-width: 8rem; padding: .55rem .9rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
dt { color: var(--dim); font-size: 12px; }
dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
.table { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .5rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { background: var(--head); color: var(--dim); font-size: 12px; font-weight: 600; white-space: nowrap; }
tr:last-child td { border-bottom: 0; }
td { font-variant-numeric: tabular-nums; }
td, small { white-space: nowrap; }
.wide small { white-space: normal; }
.wide { min-width: 11rem; overflow-wrap: anywhere; white-space: normal; }
.cut { max-width: 9rem; overflow: hidden; text-overflow: ellipsis; }
.number { text-align: right; }
code, .code { font-family: ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", monospace; font-size: 12.5px; }
.chip { display: inline-block; padding: 0 .45rem; border-radius: 999px; font-size: 12px; white-space: nowrap; }
.good { color: var(--good); background: var(--good-back); }
.bad { color: var(--bad); background: var(--bad-back); }
.note { color: var(--note); background: var(--note-back); }
`;

/** The page as HTML. `requests` are oldest first, the table has the newest first. */
export function formatPage(origin: string, requests: readonly LoggedRequest[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="2">
<title>Logs - mock gateway</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>Logs</h1>
<span class="dim">mock gateway at <code>${escapeHtml(origin)}</code>; no model is behind it</span>
<span class="dim">refreshes itself · the same as JSON: <a href="/ui/log.json">log.json</a></span>
</header>
<main>
${requests.length === 0 ? formatEmpty(origin) : `${formatTotals(requests)}\n${formatTable(requests)}`}
</main>
</body>
</html>
`;
}

function formatEmpty(origin: string): string {
  return `<p>No requests yet. Start an environment with <code>APERTURE_URL=${escapeHtml(origin)}</code>, or give a client the base URL
<code>${escapeHtml(origin)}/v1</code>.</p>`;
}

function formatTotals(requests: readonly LoggedRequest[]): string {
  const sum = (read: (request: LoggedRequest) => number | null): number =>
    requests.reduce((total, request) => total + (read(request) ?? 0), 0);
  const totals = [
    ["Requests", requests.length],
    ["Failed", sum((request) => (isGood(request) ? 0 : 1))],
    ["Not the placeholder", sum(({ keys, placeholder }) => (keys.length > 0 && !placeholder ? 1 : 0))],
    ["Tokens in", sum(({ inputTokens }) => inputTokens)],
    ["Tokens out", sum(({ outputTokens }) => outputTokens)],
  ] as const;
  return `<dl>${totals.map(([name, value]) => `<div><dt>${name}</dt><dd>${formatNumber(value)}</dd></div>`).join("")}</dl>`;
}

function formatTable(requests: readonly LoggedRequest[]): string {
  const head = columns
    .map(([name, kind]) => `<th scope="col"${kind === "number" ? ' class="number"' : ""}>${name}</th>`)
    .join("");
  return `<div class="table"><table>
<thead><tr>${head}</tr></thead>
<tbody>
${requests.toReversed().map(formatRow).join("\n")}
</tbody>
</table></div>`;
}

function formatRow(request: LoggedRequest): string {
  const { time, node, userAgent, model, provider, inputTokens, outputTokens, ms, method, path, stream, session } = request;
  const attribution = Object.entries(request.attribution).map(
    ([name, value]) => `<small class="code">${escapeHtml(`${name}: ${value}`)}</small>`,
  );
  const cells = [
    `<time datetime="${escapeHtml(time)}">${escapeHtml(time.slice(11, 19))}<small>${escapeHtml(time.slice(0, 10))}</small></time>`,
    // The first word is the program; the rest is long and shown on hover.
    `${escapeHtml(node)}<small title="${escapeHtml(userAgent)}">${escapeHtml(userAgent.split(" ", 1)[0] ?? "")}</small>`,
    escapeHtml(model ?? ""),
    escapeHtml(provider ?? ""),
    formatStatus(request),
    inputTokens === null ? "" : formatNumber(inputTokens),
    outputTokens === null ? "" : formatNumber(outputTokens),
    ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`,
    `<span class="code">${escapeHtml(`${method} ${path}`)}</span>${stream ? "<small>stream</small>" : ""}${attribution.join("")}`,
    formatKey(request),
    session === null ? "" : `<span class="code" title="${escapeHtml(session)}">${escapeHtml(session)}</span>`,
  ];
  return `<tr>${cells.map((cell, index) => `<td class="${columns[index]![1]}">${cell}</td>`).join("")}</tr>`;
}

function formatStatus(request: LoggedRequest): string {
  const { status, fault } = request;
  const code = chip(isGood(request) ? "good" : "bad", status === 0 ? "none" : String(status));
  return fault === null ? code : `${code} ${chip("note", fault.startsWith("status=") ? "fault" : `fault ${fault}`)}`;
}

function formatKey({ keys, placeholder }: LoggedRequest): string {
  const text = keys.join(", ");
  if (placeholder) return `<span class="code">${escapeHtml(text)}</span>`;
  // In words as well, for those who do not see the colour.
  return keys.length === 0 ? chip("note", "no key") : `${chip("bad", text)}<small>not the placeholder</small>`;
}

/** Whether the client got the requested answer. The status alone does not say so: the rest may be missing, or another page. */
function isGood({ status, fault }: LoggedRequest): boolean {
  return status > 0 && status < 400 && (fault === null || fault === "slow");
}

function chip(kind: "good" | "bad" | "note", text: string): string {
  return `<span class="chip ${kind}">${escapeHtml(text)}</span>`;
}

/** With a thin space between thousands, which nobody reads as a decimal point. */
function formatNumber(value: number): string {
  return String(value).replaceAll(/\B(?=(?:\d{3})+$)/g, "\u202F");
}

/** Escapes a text for HTML and for quoted attributes. */
function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
