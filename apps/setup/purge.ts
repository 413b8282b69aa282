import { appendFileSync, existsSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { isInstallationHome, keptNoteFile, settingsFile } from './installation.js';

const backupsOf = (home: string): string => join(home, 'backups');

/** How many backups lie in the home of the installation. One is a backup when its manifest is there (libs/operations/backup/location.ts). */
export const backupsIn = (home: string): number => {
  const directory = backupsOf(home);
  if (!isInstallationHome(home) || placeInHome(home, join(directory, 'any')) === null) return 0;
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return files.filter((path) => path.endsWith('.manifest.json')).length;
};

/** Where a file is that goes with the home, as a path that begins with the home's. Null of one that a purge does not reach: behind a link out of it, for one. */
export const placeInHome = (home: string, file: string): string | null => {
  if (!existsSync(dirname(file))) return null;
  const folder = relative(realpathSync(home), realpathSync(dirname(file)));
  return folder.split('/')[0] === '..' ? null : join(home, folder, basename(file));
};

/** What of the home a purge leaves. */
export interface Kept {
  readonly backups: boolean;
  /** The file of the master key, when it lies in the home and stays. */
  readonly keyFile: string | null;
  /** What the key is kept for beside the backups in the home. */
  readonly reason: string | null;
}

/** An earlier purge has left the master key for backups that lie elsewhere. */
export const hasKeptNote = (home: string): boolean => existsSync(keptNoteFile(home));

/**
 * The home with all that is in it; or all but what an empty machine needs to restore the backups. Other stores are never touched. For what the
 * key is kept is written down first, since the rows that say so go, and what makes it a home goes last, so that a purge that broke off can go on.
 */
export const removeHome = (home: string, { backups, keyFile, reason }: Kept, now: Date): void => {
  if (!isInstallationHome(home)) return;
  const kept = [...(backups ? [backupsOf(home)] : []), ...(keyFile === null ? [] : [keyFile, keptNoteFile(home)])];
  if (kept.length === 0) return rmSync(home, { recursive: true });
  if (keyFile !== null && reason !== null)
    appendFileSync(keptNoteFile(home), `${now.toISOString()} kept ${keyFile} for ${reason}\n`, { mode: 0o600 });
  removeAllBut(home, [...kept, settingsFile(home)]);
  rmSync(settingsFile(home));
};

const removeAllBut = (directory: string, kept: readonly string[]): void => {
  for (const path of readdirSync(directory).map((name) => join(directory, name))) {
    if (kept.includes(path)) continue;
    if (kept.some((one) => one.startsWith(`${path}/`))) removeAllBut(path, kept);
    else rmSync(path, { recursive: true });
  }
};
