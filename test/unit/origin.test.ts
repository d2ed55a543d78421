/** The gateway's origin: what is taken, with which word on the way, and what is refused with which fix. */
import { describe, expect, test } from "vitest";
import { parseOrigin } from "../../src/gateway/origin.ts";

const taken: readonly (readonly [typed: string, origin: string, ...notes: readonly RegExp[]])[] = [
  ["http://ai", "http://ai"],
  ["https://ai", "https://ai"],
  ["https://ai.example.ts.net", "https://ai.example.ts.net"],
  ["http://localhost:8080", "http://localhost:8080"],
  ["http://127.0.0.1:8080", "http://127.0.0.1:8080"],
  ["http://[::1]:8080", "http://[::1]:8080"],
  ["http://[fd7a:115c:a1e0::1]", "http://[fd7a:115c:a1e0::1]"],
  ["  http://ai\n", "http://ai"],
  ["HTTP://AI", "http://ai"],
  ["http://ai:80", "http://ai"],
  ["https://ai:443", "https://ai"],
  ["https://ai:80", "https://ai:80"],
  ["ai", "http://ai", /^read ai as http:\/\/ai: /],
  ["ai:8080", "http://ai:8080", /^read ai:8080 as http:\/\/ai:8080: /],
  ["http://ai/", "http://ai", /^took the trailing \/ off$/],
  ["http://ai/v1", "http://ai", /^took \/v1 off/],
  ["http://ai/v1/", "http://ai", /^took \/v1\/ off/],
  ["ai/v1", "http://ai", /^read ai\/v1 as http:\/\/ai: /, /^took \/v1 off/],
  ["a-b.c-d.example", "http://a-b.c-d.example", /^read /],
  [`http://${"a".repeat(63)}.example`, `http://${"a".repeat(63)}.example`],
];

test.each(taken.map(([typed, origin, ...notes]) => ({ typed, origin, notes })))(
  "$typed is read as $origin",
  ({ typed, origin, notes }) => {
    const parsed = parseOrigin(typed);
    expect(parsed).toMatchObject({ ok: true, value: origin });
    if (!parsed.ok) return;
    expect(parsed.notes).toHaveLength(notes.length);
    for (const [index, note] of notes.entries()) expect(parsed.notes[index]).toMatch(note);
  },
);

test("an origin that was read is read again without a word", () => {
  for (const [, origin] of taken) expect(parseOrigin(origin)).toEqual({ ok: true, value: origin, notes: [] });
});

const giveOne = /^give (?:its|the gateway's) origin: http:\/\/ai, /;
const refused: readonly (readonly [typed: string, why: RegExp, fix: RegExp])[] = [
  ["", /is empty/, giveOne],
  [" \t\n", /is empty/, giveOne],
  ["http://", /is not an address/, giveOne],
  ["http://ai/v2", /the path \/v2;/, /^write http:\/\/ai;/],
  ["http://ai/v1/messages", /the path \/v1\/messages;/, /^write http:\/\/ai;/],
  ["http://ai//", /the path \/\/;/, /^write http:\/\/ai;/],
  ["http://ai/V1", /the path \/V1;/, /^write http:\/\/ai;/],
  ["http://user:secret@ai", /user name or a password/, /^write http:\/\/ai$/],
  ["http://user@ai:8080", /user name or a password/, /^write http:\/\/ai:8080$/],
  ["http://@ai", /user name or a password/, /^write http:\/\/ai$/],
  ["http://ai?x=1", /a query or a fragment/, /^write http:\/\/ai$/],
  ["http://ai?", /a query or a fragment/, /^write http:\/\/ai$/],
  ["http://ai/#x", /a query or a fragment/, /^write http:\/\/ai$/],
  ["http://ai/#", /a query or a fragment/, /^write http:\/\/ai$/],
  ["http://a i", /a space, a quote or a control character/, giveOne],
  ["http://a\ti", /control character/, giveOne],
  ["http://a\ni", /control character/, giveOne],
  ["http://ai\u0000", /control character/, giveOne],
  ["http://a\u200bi", /control character/, giveOne],
  ["http://a\u202ei", /control character/, giveOne],
  ["http://a\u00a0i", /a space/, giveOne],
  ['http://a"i', /a quote/, giveOne],
  ["http://a'i", /a quote/, giveOne],
  ["http://a`i", /a quote/, giveOne],
  ["http://ai\\", /control character/, giveOne],
  ["http://${HOME}", /control character/, giveOne],
  ["http://$(id)", /control character/, giveOne],
  ["http://{env:X}", /control character/, giveOne],
  ["http://a|i", /control character/, giveOne],
  ["http://a_i", /"a_i" is not a host name/, giveOne],
  ["http://a..b", /"a\.\.b" is not a host name/, giveOne],
  ["http://ai.", /"ai\." is not a host name/, giveOne],
  ["http://-ai", /"-ai" is not a host name/, giveOne],
  ["http://a*", /"a\*" is not a host name/, giveOne],
  [`http://${"a".repeat(64)}`, /is not a host name/, giveOne],
  [`http://${"a.".repeat(126)}aa`, /is not a host name/, giveOne],
  ["http://ai:99999", /is not an address/, giveOne],
  ["http://ai:port", /is not an address/, giveOne],
  ["http://[::1", /is not an address/, giveOne],
  ["ftp://ai", /http or https, not ftp/, /^write http:\/\/ai$/],
  ["ftp://ai/pub?x", /http or https, not ftp/, /^write http:\/\/ai$/],
  ["WS://ai", /http or https, not ws/, /^write http:\/\/ai$/],
  ["ssh://git:secret@ai", /http or https, not ssh/, /^write http:\/\/ai$/],
  ["file:///etc/passwd", /http or https, not file/, giveOne],
  ["\ud800", /control character/, giveOne],
];

describe("refused", () => {
  test.each(refused)("%j", (typed, why, fix) => {
    const parsed = parseOrigin(typed);
    expect(parsed.ok).toBe(false);
    if (parsed.ok) return;
    expect(parsed.why).toMatch(why);
    expect(parsed.fix).toMatch(fix);
    expect(parsed.why + parsed.fix).not.toContain("secret");
  });
});

test("a name in another script becomes what DNS is asked", () => {
  expect(parseOrigin("http://münchen.example")).toMatchObject({ ok: true, value: "http://xn--mnchen-3ya.example" });
});
