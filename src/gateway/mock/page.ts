/** The page at `/ui/`, where Aperture has its own: the log as a table. One document without scripts or anything from elsewhere. */
import type { LoggedRequest } from "./log.ts";

/** Keeps the page from loading or running anything at all, whatever may end up in it. */
export const pagePolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; form-action 'none'";

const columns = ["Time", "Status", "Model", "Path", "Key", "Stream", "Session", "ms"];

/** The page as HTML. `requests` are oldest first, the table begins with the newest. */
export function formatPage(origin: string, requests: readonly LoggedRequest[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="2">
<title>Logs - mock gateway</title>
<style>
:root { color-scheme: light dark; }
body { margin: 2rem; font: 15px/1.5 system-ui, sans-serif; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .35rem .8rem .35rem 0; border-bottom: 1px solid #8884; text-align: left; vertical-align: top; }
td, code { font-family: ui-monospace, monospace; font-size: 13px; overflow-wrap: anywhere; }
td:first-child { white-space: nowrap; }
strong { color: light-dark(#b00020, #ff8a80); }
</style>
</head>
<body>
<h1>Logs</h1>
<p>This is a mock gateway at <code>${escapeHtml(origin)}</code>; no model is behind it. The page refreshes itself.
The same as JSON: <a href="/ui/log.json">log.json</a>.</p>
${requests.length === 0 ? formatEmpty(origin) : formatTable(requests)}
</body>
</html>
`;
}

function formatEmpty(origin: string): string {
  return `<p>No requests yet. Start an environment with <code>APERTURE_URL=${escapeHtml(origin)}</code>, or give a client the base URL
<code>${escapeHtml(origin)}/v1</code>.</p>`;
}

function formatTable(requests: readonly LoggedRequest[]): string {
  const head = columns.map((name) => `<th scope="col">${name}</th>`).join("");
  return `<table>
<thead><tr>${head}</tr></thead>
<tbody>
${requests.toReversed().map(formatRow).join("\n")}
</tbody>
</table>`;
}

function formatRow({ time, status, model, method, path, keys, placeholder, stream, session, ms }: LoggedRequest): string {
  const key = escapeHtml(keys.join(", "));
  const cells = [
    escapeHtml(time),
    status < 400 ? `${status}` : `<strong>${status}</strong>`,
    escapeHtml(model ?? ""),
    escapeHtml(`${method} ${path}`),
    // In words as well, because a colour alone is lost on some.
    placeholder ? key : `<strong>${keys.length === 0 ? "no key" : `${key} (not the placeholder)`}</strong>`,
    stream ? "yes" : "no",
    escapeHtml(session ?? ""),
    String(ms),
  ];
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
}

/** Text for between tags and for quoted attributes. */
function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
