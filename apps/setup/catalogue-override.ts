import { createHash } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCatalogue } from '#configuration/catalogue.js';
import { newestEntry, type Catalogue, type CatalogueEntry } from '#domain/catalogue/version.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { DockerCli } from './docker-cli.js';
import { recipesOf, type ImageRecipe } from './image-recipes.js';
import type { Progress } from './progress.js';
import { readIfPresent } from './secret-file.js';

/**
 * Writes a catalogue that offers what was built from packages, under the dates of the one that ships, and returns its path. One that
 * somebody has edited stays as it is. Asking each image for its version shows that it runs. Errors: `setup_failed`, and
 * `configuration_invalid` for an edited one that is not valid.
 */
export const ensureCatalogueOverride = async (
  docker: DockerCli,
  home: string,
  images: readonly string[],
  progress: Progress,
  signal: AbortSignal,
): Promise<string> => {
  const file = fileIn(home);
  if (isEdited(home)) loadCatalogue(file);
  const built = await Promise.all(
    recipesOf(images).map(async (recipe) => ({ recipe, patch: await releaseOf(docker, recipe.name, signal) })),
  );
  if (!writeOverride(home, catalogueOf(built, loadCatalogue(null))))
    progress.note(`${file} was edited and stays as it is`);
  return file;
};

const fileIn = (home: string): string => join(home, 'catalogue.json');

/** SHA-256 of what the set-up wrote itself, one a line; a file with another one is somebody's work. */
const recordIn = (home: string): string => join(home, 'catalogue.written');

const digestOf = (content: string): string => createHash('sha256').update(content).digest('hex');

/** One without a record is taken for edited: nobody can tell. */
const isEdited = (home: string): boolean => {
  const content = readIfPresent(fileIn(home));
  return content !== null && !(readIfPresent(recordIn(home)) ?? '').split('\n').includes(digestOf(content));
};

/** Whether the file is as the set-up wants it now; false for one that somebody has edited, which stays as it is. */
export const writeOverride = (home: string, catalogue: Catalogue): boolean => {
  const content = `${JSON.stringify({ versions: catalogue }, null, 2)}\n`;
  const before = readIfPresent(fileIn(home));
  if (before !== content) {
    if (isEdited(home)) return false;
    // A run that breaks off between the two must not take its own work for somebody's.
    record(home, ...(before === null ? [] : [before]), content);
    replaceFile(fileIn(home), content);
  }
  record(home, content);
  return true;
};

const record = (home: string, ...contents: readonly string[]): void => {
  const digests = contents.map((content) => `${digestOf(content)}\n`).join('');
  if (readIfPresent(recordIn(home)) !== digests) replaceFile(recordIn(home), digests);
};

/** It is either the old one or the new one, at each moment. */
const replaceFile = (file: string, content: string): void => {
  writeFileSync(`${file}.new`, content, { mode: 0o644 });
  renameSync(`${file}.new`, file);
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
