/**
 * Google's generateContent wire format, as Vertex AI serves it: the same bodies on paths with a project and a region.
 *
 * Shapes: Vertex AI API reference, "Method: models.generateContent". Path: tailscale/aperture-cli, internal/config/providers.go. Aperture puts
 * its own project and region in for `_aperture_auto_vertex_project_id_` and `_aperture_auto_vertex_region_` (the same, internal/clients/opencode/
 * sdk.go); here any will do.
 */
import { generateContent } from "./generate-content.ts";
import { matchModel, type WireFormat } from "./wire.ts";

const pattern =
  /^\/v1\/projects\/[^/]+\/locations\/[^/]+\/publishers\/google\/models\/(?<model>[^/]+):(?<method>generateContent|streamGenerateContent)$/;

/** `POST /v1/projects/{project}/locations/{region}/publishers/google/models/{model}:generateContent` and `:streamGenerateContent`. */
export const vertex: WireFormat = {
  ...generateContent,
  name: "vertex",
  path: "/v1/projects/{project}/locations/{region}/publishers/google/models/{model}:generateContent",
  match: matchModel(pattern, "streamGenerateContent"),
};
