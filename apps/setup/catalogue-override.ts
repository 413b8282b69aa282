import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCatalogue } from '#configuration/catalogue.js';
import { newestEntry, type Catalogue, type CatalogueEntry } from '#domain/catalogue/version.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { DockerCli } from './docker-cli.js';
import { recipesOf, type ImageRecipe } from './image-recipes.js';
import { readIfPresent } from './secret-file.js';

/**
 * Writes a catalogue that offers what was built from packages, under the dates of the one that ships, and returns its path.
 * Asking each image for its version shows that it runs. Errors: `setup_failed`.
 */
export const ensureCatalogueOverride = async (
  docker: DockerCli,
  home: string,
  images: readonly string[],
  signal: AbortSignal,
): Promise<string> => {
  const file = join(home, 'catalogue.json');
  const built = await Promise.all(
    recipesOf(images).map(async (recipe) => ({ recipe, patch: await releaseOf(docker, recipe.name, signal) })),
  );
  const content = `${JSON.stringify({ versions: catalogueOf(built, loadCatalogue(null)) }, null, 2)}\n`;
  if (readIfPresent(file) !== content) writeFileSync(file, content, { mode: 0o644 });
  return file;
};

export interface BuiltRedis {
  readonly recipe: ImageRecipe;
  readonly patch: string;
}

/** The newest of them is the default. */
export const catalogueOf = (built: readonly BuiltRedis[], shipped: Catalogue): Catalogue => {
  const entries = built.map(({ recipe, patch }) => ({ ...shippedEntry(recipe, shipped), image: recipe.name, patch }));
  const newest = newestEntry(entries)?.version;
  return entries.map((entry) => ({ ...entry, default: entry.version === newest }));
};

const shippedEntry = ({ name, redis }: ImageRecipe, shipped: Catalogue): CatalogueEntry => {
  const entry = shipped.find(({ version }) => version === redis);
  if (!entry) throw new RangeError(`The catalogue that ships knows nothing of ${name}`);
  return entry;
};

const releaseOf = async (docker: DockerCli, image: string, signal: AbortSignal): Promise<string> => {
  const confined = ['--rm', '--network', 'none', '--read-only', '--cap-drop', 'ALL', '--user', '65534:65534'];
  const printed = await docker.run(['run', ...confined, '--entrypoint', 'redis-server', image, '--version'], signal);
  const release = /\bv=(\d+\.\d+\.\d+)/.exec(printed)?.[1];
  if (release) return release;
  throw new HoldfastError('setup_failed', `The image ${image} does not say which Redis it holds: ${printed.trim()}`);
};
