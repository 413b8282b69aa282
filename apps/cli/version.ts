import { createRequire } from 'node:module';

/** The version of the package that this program belongs to. */
export const packageVersion = (): string => {
  const manifest = createRequire(import.meta.url)('#package.json') as { version: string };
  return manifest.version;
};
