import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Configuration } from '#configuration/configuration.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { broughtAlong, isInstallationHome } from './installation.js';

/** What becomes of the backups that lie in the home of the installation; those in other stores are never touched. */
export type BackupsFate = 'remove' | 'keep' | 'unsaid';

/** What `down` was asked for. Errors: `setup_failed` for both. */
export const fateOf = (flags: { readonly 'with-backups': boolean; readonly 'keep-backups': boolean }): BackupsFate => {
  if (flags['with-backups'] && flags['keep-backups']) {
    throw new HoldfastError(
      'setup_failed',
      'Backups are either kept or removed: give one of --keep-backups and --with-backups.',
    );
  }
  if (flags['with-backups']) return 'remove';
  return flags['keep-backups'] ? 'keep' : 'unsaid';
};

/** Backups are what is left when all else is lost: they do not go without a word. Errors: `setup_failed`. */
export const requireSaid = (home: string, fate: BackupsFate): void => {
  const count = isInstallationHome(home) ? backupsIn(join(home, 'backups')) : 0;
  if (fate !== 'unsaid' || count === 0) return;
  throw new HoldfastError(
    'setup_failed',
    `${join(home, 'backups')} holds ${String(count)} backups, which a purge would remove. Nothing was touched. Say --with-backups to remove them too, or --keep-backups to keep them and the master key that opens them.`,
  );
};

/** A backup is one when its manifest is there (libs/operations/backup/location.ts). */
const backupsIn = (directory: string): number =>
  existsSync(directory)
    ? readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.manifest.json'))
        .length
    : 0;

/** The home with all that is in it; or all but what an empty machine needs to restore the backups. */
export const removeHome = ({ home }: Pick<Configuration, 'home'>, fate: BackupsFate): void => {
  if (!isInstallationHome(home)) return;
  if (fate !== 'keep') return rmSync(home, { recursive: true });
  for (const name of readdirSync(home).filter((one) => !broughtAlong.has(one))) {
    rmSync(join(home, name), { recursive: true });
  }
};
