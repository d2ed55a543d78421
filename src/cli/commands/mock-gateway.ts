/** `mock-gateway`: runs the mock gateway until it is interrupted, with all models of the catalogue or those that are named. */
import type { MockGatewayIo, Serving } from "../../gateway/mock/serve.ts";
import { modelsOfCatalogue, selectModels } from "../../gateway/mock/stock.ts";

/** What the command line says. */
export interface MockGatewayFlags extends Omit<Serving, "models"> {
  /** The only models, plain or as `provider/model`; null takes the catalogue's. */
  readonly models: readonly string[] | null;
}

/** Runs the gateway and resolves to the exit status, 0, once it is interrupted. Throws an environment error where it cannot listen. */
export async function runMockGateway(flags: MockGatewayFlags, io: MockGatewayIo): Promise<number> {
  const all = await modelsOfCatalogue();
  const { serveMockGateway } = await import("../../gateway/mock/serve.ts");
  await serveMockGateway({ ...flags, models: flags.models === null ? all : selectModels(all, flags.models) }, io);
  return 0;
}
