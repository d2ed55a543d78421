/** Everything that needs the YAML parser, the largest part of the program. Loaded together, and only if there is a spec. */
export { loadAllProviders } from "../catalog/all-providers.ts";
export { readModels } from "../gateway/models.ts";
export { mergeDiscovery } from "./discovered.ts";
export { yamlEditor } from "../edit/yaml.ts";
export { editSpec } from "./edit.ts";
export { parseSpec } from "./parse.ts";
