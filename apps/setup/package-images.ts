import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { run } from './command.js';
import { findDebianMirror, sourcesOf, type DebianMirror } from './debian-mirror.js';
import type { DockerCli } from './docker-cli.js';
import { ensureProgram, installPackages } from './host-packages.js';
import { fingerprintOf, imagesDirectory, type ImageRecipe } from './image-recipes.js';
import type { Progress } from './progress.js';

const recipeLabel = 'io.holdfast.recipe';

/** What the hook of a recipe copies into its image, beside the packages. */
export interface Material {
  readonly directory: string;
  /** Changes with its content. */
  readonly fingerprint: string;
}

/** The fingerprint that an image was built with; empty for one that came from elsewhere, null when there is none. */
export const recordedFingerprint = async (
  docker: DockerCli,
  image: string,
  signal: AbortSignal,
): Promise<string | null> => {
  // `images` and not `inspect`: an absent image is an empty answer there, and a failure stays a failure.
  const found = await docker.lines(['images', '--quiet', image], signal);
  if (found.length === 0) return null;
  const format = `{{with .Config}}{{index .Labels "${recipeLabel}"}}{{end}}`;
  return (await docker.run(['image', 'inspect', '--format', format, image], signal)).trim();
};

const mergedUsrHook = '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr';
const keyring = (suite: string): string => `/usr/share/keyrings/debian-archive-${suite}-automatic.gpg`;

/**
 * Builds images from Debian packages, all at the same time, without maintainer scripts and so without anything running as root.
 * Errors: `setup_failed`.
 */
export const buildFromPackages = async (
  docker: DockerCli,
  recipes: readonly ImageRecipe[],
  progress: Progress,
  signal: AbortSignal,
  material: Material | null = null,
): Promise<void> => {
  await ensureProgram('mmdebstrap', ['mmdebstrap'], progress, signal);
  await ensureKeyrings(recipes, progress, signal);
  const mirror = await findDebianMirror(signal);
  await Promise.all(
    recipes.map((recipe) =>
      progress.phase(`Building ${recipe.name} from ${recipe.suite} packages`, () =>
        buildImage(docker, recipe, mirror, material, signal),
      ),
    ),
  );
};

/** A machine that was not updated for long lacks the keys of later releases; apt brings them. */
const ensureKeyrings = async (
  recipes: readonly ImageRecipe[],
  progress: Progress,
  signal: AbortSignal,
): Promise<void> => {
  const lacking = () => recipes.map(({ suite }) => suite).filter((suite) => !existsSync(keyring(suite)));
  if (lacking().length > 0) await installPackages(['debian-archive-keyring'], progress, signal);
  if (lacking().length === 0) return;
  throw new HoldfastError(
    'setup_failed',
    `The package debian-archive-keyring has no key of ${lacking().join(', ')}; update it.`,
  );
};

/** Through a file, not a pipe: `docker import` would take the first half of a build that broke off. */
const buildImage = async (
  docker: DockerCli,
  recipe: ImageRecipe,
  mirror: DebianMirror,
  material: Material | null,
  signal: AbortSignal,
): Promise<void> => {
  const replaced = await docker.lines(['images', '--quiet', '--no-trunc', recipe.name], signal);
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-image-'));
  const archive = join(directory, 'root.tar');
  try {
    await run(
      'mmdebstrap',
      [
        ...bootstrapArguments(recipe, material?.directory ?? ''),
        recipe.suite,
        archive,
        ...sourcesOf(mirror, recipe.suite),
      ],
      { signal },
    );
    const changes = [...recipe.changes, `LABEL ${recipeLabel}=${fingerprintOf(recipe, material?.fingerprint)}`];
    await docker.run(['import', ...changes.flatMap((change) => ['--change', change]), archive, recipe.name], signal);
    // Docker refuses to remove one that a container still uses, and so it must.
    if (replaced.length > 0) await docker.outcomeOf(['image', 'rm', ...replaced], signal);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

const bootstrapArguments = (recipe: ImageRecipe, material: string): string[] => [
  '--variant=extract',
  '--quiet',
  mergedUsrHook,
  `--include=${recipe.packages.join(',')}`,
  ...(recipe.hook ? [`--extract-hook=sh '${join(imagesDirectory, recipe.hook)}' "$1" '${material}'`] : []),
];
