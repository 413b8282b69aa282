import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { isInstalled, outcomeOf, run } from './command.js';
import type { Progress } from './progress.js';

/** Installs Debian packages. Errors: `setup_failed` when this user may not, or when apt cannot. */
export const installPackages = async (
  packages: readonly string[],
  progress: Progress,
  signal: AbortSignal,
): Promise<void> => {
  if (process.getuid?.() !== 0) {
    throw new HoldfastError(
      'setup_failed',
      `These packages are missing: ${packages.join(', ')}. Install them as root.`,
    );
  }
  await progress.phase(`Installing ${packages.join(', ')}`, async () => {
    await aptGet(['update', '-qq'], signal);
    await aptGet(['install', '-y', '-qq', '--no-install-recommends', ...packages], signal);
  });
};

/** Installs the package when its program is missing. */
export const ensureProgram = async (
  program: string,
  packages: readonly string[],
  progress: Progress,
  signal: AbortSignal,
): Promise<void> => {
  if (!(await isInstalled(program, signal))) await installPackages(packages, progress, signal);
};

/** For a package that brings no program. */
export const isPackageInstalled = async (name: string, signal: AbortSignal): Promise<boolean> =>
  (await outcomeOf('dpkg-query', ['--show', '--showformat=${db:Status-Status}', name], { signal })).stdout ===
  'installed';

export const isPackageKnown = async (name: string, signal: AbortSignal): Promise<boolean> =>
  (await outcomeOf('apt-cache', ['show', '--quiet=2', name], { signal })).exitCode === 0;

/** `env` because apt asks questions on a terminal otherwise; the lock is waited for, since a fresh machine often updates itself. */
export const aptGet = (args: readonly string[], signal: AbortSignal): Promise<string> =>
  run('env', ['DEBIAN_FRONTEND=noninteractive', 'apt-get', '-o', 'DPkg::Lock::Timeout=120', ...args], { signal });
