import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appFingerprint, collectApp } from './app-material.js';
import type { DockerCli } from './docker-cli.js';
import { fingerprintOf, recipesOf, type ImageRecipe } from './image-recipes.js';
import { ensureImages, imageNames } from './images.js';
import { buildFromPackages, recordedFingerprint } from './package-images.js';
import type { Progress } from './progress.js';

/**
 * Makes the images of docker-compose.yml without a registry, the apps as they are built in `dist/`; what is there already stays.
 * Returns the variables that make compose use them. Errors: `setup_failed`.
 */
export const buildComposeImages = async (
  docker: DockerCli,
  progress: Progress,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> => {
  const servers = [imageNames.postgres, imageNames.redis80, imageNames.edge];
  await ensureImages(docker, servers, 'packages', progress, signal);
  for (const recipe of recipesOf([imageNames.app])) await ensureAppImage(docker, recipe, progress, signal);
  return {
    APP_IMAGE: imageNames.app,
    POSTGRES_IMAGE: imageNames.postgres,
    QUEUE_IMAGE: imageNames.redis80,
    HOLDFAST_EDGE_IMAGE: imageNames.edge,
  };
};

const ensureAppImage = async (
  docker: DockerCli,
  recipe: ImageRecipe,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> => {
  const fingerprint = appFingerprint();
  if ((await recordedFingerprint(docker, recipe.name, signal)) === fingerprintOf(recipe, fingerprint)) return;
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-app-'));
  try {
    await progress.phase('Installing the packages of the app image', () => collectApp(directory, signal));
    await buildFromPackages(docker, [recipe], progress, signal, { directory, fingerprint });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};
