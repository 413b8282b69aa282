import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { run } from './command.js';
import { aptGet } from './host-packages.js';

export interface DebianMirror {
  readonly main: string;
  /** Null when this machine takes no security updates from a separate archive. */
  readonly security: string | null;
}

/**
 * The mirror that this machine's apt uses, asked from apt itself so that each notation of its sources works.
 * Errors: `setup_failed` when apt has no Debian archive (on Ubuntu, for one).
 */
export const findDebianMirror = async (signal: AbortSignal): Promise<DebianMirror> => {
  const found = (await readMirror(signal)) ?? (await aptGet(['update', '-qq'], signal), await readMirror(signal));
  if (found) return found;
  throw new HoldfastError(
    'setup_failed',
    'No image registry answers, and apt has no Debian archive to build images from. Make a registry reachable, or use Debian.',
  );
};

const readMirror = async (signal: AbortSignal): Promise<DebianMirror | null> => {
  const format = ['--format', '$(LABEL)\t$(REPO_URI)', 'Created-By: Packages'];
  return mirrorFrom(await run('apt-get', ['indextargets', ...format], { signal }));
};

/** Lines of `<label> TAB <address>`, as `apt-get indextargets` prints them. */
export const mirrorFrom = (indexTargets: string): DebianMirror | null => {
  const lines = indexTargets.split('\n').map((line) => line.split('\t'));
  const addressOf = (label: string): string | null => lines.find(([name]) => name === label)?.[1] ?? null;
  const main = addressOf('Debian');
  return main === null ? null : { main, security: addressOf('Debian-Security') };
};

/** The sources of a suite in apt's one-line notation; the security archive first has what was mended since the release. */
export const sourcesOf = (mirror: DebianMirror, suite: string): string[] => [
  `deb ${mirror.main} ${suite} main`,
  ...(mirror.security === null ? [] : [`deb ${mirror.security} ${suite}-security main`]),
];
