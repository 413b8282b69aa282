import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { broughtAlong, isInstallationHome } from './installation.js';

/** How many backups lie in the home of the installation. One is a backup when its manifest is there (libs/operations/backup/location.ts). */
export const backupsIn = (home: string): number => {
  const directory = join(home, 'backups');
  if (!isInstallationHome(home) || !existsSync(directory)) return 0;
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return files.filter((path) => path.endsWith('.manifest.json')).length;
};

/** The home with all that is in it; or all but what an empty machine needs to restore the backups. Other stores are never touched. */
export const removeHome = (home: string, keepBackups: boolean): void => {
  if (!isInstallationHome(home)) return;
  if (!keepBackups) return rmSync(home, { recursive: true });
  for (const name of readdirSync(home).filter((one) => !broughtAlong.has(one))) {
    rmSync(join(home, name), { recursive: true });
  }
};
