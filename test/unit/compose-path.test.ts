/** Which files a container may be put into. */
import { expect, test } from "vitest";
import { isComposePath } from "../../src/catalog/files.ts";

test.each([
  ["docker-compose.yml", true],
  ["compose.yaml", true],
  ["backend/docker/Compose.dev.YML", true],
  [".devcontainer/dev.yml", true],
  ["app/.devcontainer/api/services.yaml", true],
  [".github/workflows/ci.yml", false],
  [".gitlab-ci.yml", false],
  ["compose/stack.yml", false],
  ["docker-compose.json", false],
  [".devcontainer/aperture-env/sidecar/tailscale.yaml", false],
])("%s: %s", (path, expected) => {
  expect(isComposePath(path)).toBe(expected);
});
