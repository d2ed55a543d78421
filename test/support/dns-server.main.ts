/**
 * The DNS server as a program, for a container: `RECORDS=ai=172.20.0.2,other=172.20.0.3` (or the same as arguments, each `name=address`),
 * at `HOST` and `PORT` (0.0.0.0 and 53). Writes `{"listening":port}` and then one line of JSON for each query.
 */
import { startDnsServer } from "./dns-server.ts";

const { RECORDS = "", HOST: host = "0.0.0.0", PORT: port = "53" } = process.env;
const pairs = [...RECORDS.split(","), ...process.argv.slice(2)].map((pair) => pair.trim()).filter((pair) => pair !== "");
const records = Object.fromEntries(
  pairs.map((pair) => {
    const [name, address, ...more] = pair.split("=");
    if (!name || !address || more.length > 0) throw new Error(`${pair} is not name=address`);
    return [name, address];
  }),
);
const write = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
// as the first process of a container it gets no default signal handlers
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(0));
const server = await startDnsServer({ host, port: Number(port), records, onQuery: write });
write({ listening: server.port });
