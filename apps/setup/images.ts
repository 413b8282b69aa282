import { setTimeout as delay } from 'node:timers/promises';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { DockerCli } from './docker-cli.js';
import { askEngine } from './docker-http.js';
import { fingerprintOf, recipesOf, type ImageRecipe } from './image-recipes.js';
import { buildFromPackages, recordedFingerprint } from './package-images.js';
import type { Progress } from './progress.js';

export type ImageSource = 'registry' | 'packages';

/** The names under which the images stand on the host, wherever they come from. */
export const imageNames = {
  redis60: 'holdfast/redis:6.0',
  redis70: 'holdfast/redis:7.0',
  redis80: 'holdfast/redis:8.0',
  edge: 'holdfast/haproxy:3.0',
  postgres: 'holdfast/postgres:17',
  app: 'holdfast/app',
} as const;

const registryAnswersWithinMs = 5000;

/** Makes the images stand on the host and says where they came from. Errors: `setup_failed`. */
export const ensureImages = async (
  docker: DockerCli,
  names: readonly string[],
  wanted: 'auto' | ImageSource,
  progress: Progress,
  signal: AbortSignal,
): Promise<ImageSource> => {
  const recipes = recipesOf(names);
  const present = await Promise.all(recipes.map((recipe) => originOf(docker, recipe, signal)));
  const missing = recipes.filter((_, index) => present[index] === null);
  if (missing.length === 0) {
    progress.note(`Images are there: ${names.join(', ')}`);
    return present.includes('packages') ? 'packages' : 'registry';
  }
  const source = wanted === 'auto' ? await chooseSource(docker.socket, missing, progress, signal) : wanted;
  if (source === 'registry') await pullAll(docker, missing, progress, signal);
  else await buildFromPackages(docker, missing, progress, signal);
  return source;
};

/** Null when the image is missing, or was built from a recipe that has changed since. */
const originOf = async (docker: DockerCli, recipe: ImageRecipe, signal: AbortSignal): Promise<ImageSource | null> => {
  const fingerprint = await recordedFingerprint(docker, recipe.name, signal);
  if (fingerprint === '') return 'registry';
  return fingerprint === fingerprintOf(recipe) ? 'packages' : null;
};

/** Asks the engine, not the network: the engine may have a proxy or a mirror of its own. */
const chooseSource = async (
  socket: string,
  missing: readonly ImageRecipe[],
  progress: Progress,
  signal: AbortSignal,
): Promise<ImageSource> => {
  const reference = missing.find(({ official }) => official !== null)?.official;
  if (reference && (await registryHas(socket, reference, signal))) {
    progress.note('An image registry answers: images are pulled from it');
    return 'registry';
  }
  progress.note(
    'No image registry answers: images are built from Debian packages, and the catalogue offers what could be built',
  );
  return 'packages';
};

const registryHas = async (socket: string, reference: string, signal: AbortSignal): Promise<boolean> => {
  const inquiry = new AbortController();
  const tooLate = delay(registryAnswersWithinMs, false, { signal: inquiry.signal });
  const answer = askEngine(socket, `/distribution/${reference}/json`, AbortSignal.any([signal, inquiry.signal]));
  try {
    return await Promise.race([answer.then(({ status }) => status === 200), tooLate]);
  } finally {
    inquiry.abort();
    await Promise.allSettled([answer, tooLate]);
  }
};

const pullAll = async (
  docker: DockerCli,
  recipes: readonly ImageRecipe[],
  progress: Progress,
  signal: AbortSignal,
): Promise<void> => {
  await Promise.all(
    recipes.map((recipe) =>
      progress.phase(`Pulling ${recipe.official ?? recipe.name}`, () => pull(docker, recipe, signal)),
    ),
  );
};

/** Pulls an image by the name that it has in its registry, unless the host has it. Errors: `setup_failed`. */
export const ensurePulled = async (
  docker: DockerCli,
  reference: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> => {
  if ((await docker.lines(['images', '--quiet', reference], signal)).length > 0) return;
  await progress.phase(`Pulling ${reference}`, () => docker.run(['pull', '--quiet', reference], signal));
};

const pull = async (docker: DockerCli, { official, name }: ImageRecipe, signal: AbortSignal): Promise<void> => {
  if (official === null) throw new HoldfastError('setup_failed', `${name} is in no registry; it is built here.`);
  await docker.run(['pull', '--quiet', official], signal);
  await docker.run(['tag', official, name], signal);
};
