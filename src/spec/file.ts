/** All that needs the YAML parser, which is the largest part of the program: loaded at once, and only where there is a spec. */
export { loadAllProviders } from "../catalog/all-providers.ts";
export { readModels } from "../gateway/models.ts";
export { mergeDiscovery } from "./discovered.ts";
export { yamlEditor } from "../edit/yaml.ts";
export { editSpec } from "./edit.ts";
export { parseSpec } from "./parse.ts";
