/** Where this project is, for tests and for the bench, which runs them from a bundle in another folder. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The nearest folder upwards that has the project's templates. */
export const root = ((): string => {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, "templates", "aperture-env.yaml.hbs")) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
})();
