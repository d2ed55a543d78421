/** A throw-away output, as somebody would add one: a file below `.github/`, and an element of a list in a YAML file of the user's. */
import { file } from "../../../src/parts/file.ts";
import { relayed } from "./relay.ts";
import type { Output } from "../../../src/vocabulary.ts";

const path = ".github/workflows/aperture.yml";
const pipeline = ".gitlab-ci.yml";

export const workflow: Output = {
  value: "workflow",
  label: "workflow",
  hint: "a workflow that runs in the environment",
  offers: ["env", "secret", relayed],
  requires: () => ["payload"],
  claims: [
    { strategy: "own", path: (candidate) => candidate === path },
    { strategy: "keys", path: (candidate) => candidate === pipeline, keys: { include: {} } },
  ],
  files: ({ runtime: { service, secrets } }) => {
    const references = secrets.map(({ name }) => ({ name, reference: `\${{ secrets.${name} }}` }));
    return [
      file(path, "aperture and outputs", {
        context: {
          services:
            service === null
              ? []
              : [{ name: service.name, image: service.image, host: service.env["HOST"] ?? "", secrets: references }],
        },
      }),
    ];
  },
  pieces: () => [
    {
      strategy: "keys",
      path: pipeline,
      optional: true,
      values: [{ path: ["include"], value: path, item: true, fromText: true, oursFrom: null }],
    },
  ],
  next: () => ["Run the workflow once"],
};

/** Its template, which would lie at `templates/.github/workflows/aperture.yml.hbs`. */
export const template = {
  path,
  source: `on: workflow_dispatch
env:
  APERTURE_URL: {{yaml spec.url}}
{{#each runtime.env}}
  {{yaml name}}: {{yaml value}}
{{/each}}
jobs:
  prompt:
    runs-on: ubuntu-latest
{{#if services}}
    services:
{{#each services}}
      {{yaml name}}:
        image: {{yaml image}}
        env:
          HOST: {{yaml host}}
{{#each secrets}}
          {{yaml name}}: {{yaml reference}}
{{/each}}
{{/each}}
{{/if}}
    steps:
      - run: opencode run hello # {{word revision}}
`,
};
