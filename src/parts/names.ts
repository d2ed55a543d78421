/** Reads the spec's options for a container's name resolution. Pure. */
import type { Parsed } from "../questions/types.ts";
import type { ConnectionOption, Names } from "../vocabulary.ts";

const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const name = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)*\.?$/;

function isAddress(text: string): boolean {
  return ipv4.test(text) || (/^[0-9A-Fa-f:.]{2,45}$/.test(text) && URL.canParse(`http://[${text}]`));
}

/** An option of one or more texts, separated by blanks. */
function listOption(help: string, item: string, read: (text: string) => string | null): ConnectionOption {
  return {
    help,
    required: false,
    parse: (text): Parsed<string> => {
      const given = text.split(/\s+/).filter((each) => each !== "");
      const items = given.map(read);
      const odd = given[items.indexOf(null)];
      if (given.length === 0) return { ok: false, why: "it is empty", fix: "leave it out" };
      return odd === undefined
        ? { ok: true, value: [...new Set(items)].join(" "), notes: [] }
        : { ok: false, why: `${JSON.stringify(odd)} is none`, fix: `write  ${item}` };
    },
  };
}

/** The formats of `docker run --add-host`, `--dns` and `--dns-search`. */
export const nameOptions = {
  hosts: listOption("addresses by name, as ai:100.64.0.1; several with blanks between", "ai:100.64.0.1", (text) => {
    const [, host = "", address = ""] = /^([^:=]+)[:=](.+)$/.exec(text) ?? [];
    return name.test(host) && (isAddress(address) || address === "host-gateway") ? `${host}:${address}` : null;
  }),
  dns: listOption("addresses of name servers, as 100.100.100.100", "100.100.100.100", (text) => (isAddress(text) ? text : null)),
  dnsSearch: listOption("domains in which short names are looked for, as example.ts.net", "example.ts.net", (text) =>
    name.test(text) ? text : null,
  ),
} satisfies Readonly<Record<string, ConnectionOption>>;

const words = (text: string | undefined): readonly string[] => (text === undefined ? [] : text.split(" "));

/** The parsed options. */
export function namesOf({ hosts, dns, dnsSearch }: Readonly<Record<string, string>>): Names {
  return {
    hosts: words(hosts).map((pair) => {
      const at = pair.indexOf(":");
      return { name: pair.slice(0, at), address: pair.slice(at + 1) };
    }),
    servers: words(dns),
    search: words(dnsSearch),
  };
}
