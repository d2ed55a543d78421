/** The version of this generator; the build puts package.json's in. */
declare const PACKAGE_VERSION: string;

export const generatorVersion: string = typeof PACKAGE_VERSION === "string" ? PACKAGE_VERSION : "0.0.0-source";
