/** `discover`'s question in a process of its own: prints what came of it, and how much memory it took at most, in kB. */
import { askForModels } from "../../src/gateway/discover.ts";
import { loadAllProviders, readModels } from "../../src/spec/file.ts";

const [origin = "", timeout = ""] = process.argv.slice(2);
let code = "ok";
try {
  readModels(await askForModels({ origin, timeout: Number(timeout), env: {} }), await loadAllProviders("2026-11-25"));
} catch (error) {
  code = (error as { readonly code?: string }).code ?? String(error);
}
process.stdout.write(JSON.stringify({ codes: [code], rss: process.resourceUsage().maxRSS }));
