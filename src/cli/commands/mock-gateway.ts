/** `mock-gateway`: runs the mock gateway until it is interrupted, with all models of the catalogue or the named ones. */
import type { MockGatewayIo, Serving } from "../../gateway/mock/serve.ts";
import { modelsOfCatalogue, selectModels } from "../../gateway/mock/stock.ts";

/** Its command line. */
export interface MockGatewayFlags extends Omit<Serving, "models"> {
  /** The models to serve, plain or as `provider/model`; null for the catalogue's. */
  readonly models: readonly string[] | null;
}

/** Runs the gateway and resolves to the exit status, 0, once it is interrupted. Throws an environment error if it cannot listen. */
export async function runMockGateway(flags: MockGatewayFlags, io: MockGatewayIo): Promise<number> {
  const all = await modelsOfCatalogue();
  const { serveMockGateway } = await import("../../gateway/mock/serve.ts");
  await serveMockGateway({ ...flags, models: flags.models === null ? all : selectModels(all, flags.models) }, io);
  return 0;
}
