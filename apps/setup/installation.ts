import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseEnv } from 'node:util';
import { loadConfiguration, type Configuration } from '#configuration/configuration.js';
import type { Environment } from '#configuration/environment.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { readIfPresent, writeSecretFile } from './secret-file.js';

/** Settings that `up` made up and records, so that the next `up` finds the same servers. */
export type RecordedSettings = Readonly<Record<string, string>>;

export const settingsFile = (home: string): string => join(home, 'installation.env');

const defaultKeyFile = (home: string): string => join(home, 'master.key');

export const isInstallationHome = (home: string): boolean => existsSync(settingsFile(home));

/** What a purge says of the master key that it left (docs/backups.md). */
export const keptNoteFile = (home: string): string => join(home, 'master.key.kept');

/** What somebody puts into an empty home who has lost all but this (docs/backups.md), and what a purge leaves there. */
const broughtAlong = (home: string, masterKeyFile: string): ReadonlySet<string> =>
  new Set(['master.key', 'master.key.kept', 'backups', ...relative(home, masterKeyFile).split('/').slice(0, 1)]);

/**
 * Makes the directory of the state. Others may pass through, since Postgres and Redis run as users of their own below it;
 * each secret in it is mode 0600. Errors: `setup_failed` for a directory with files of somebody else, since a purge removes all of it.
 */
export const ensureHome = (home: string, masterKeyFile = defaultKeyFile(home)): void => {
  mkdirSync(home, { recursive: true, mode: 0o711 });
  if (isInstallationHome(home)) return;
  const allowed = broughtAlong(home, masterKeyFile);
  if (readdirSync(home).some((name) => !allowed.has(name))) {
    throw new HoldfastError(
      'setup_failed',
      `${home} holds files that are not Holdfast's; choose an empty directory as HOLDFAST_HOME.`,
    );
  }
  chmodSync(home, 0o711);
  writeSecretFile(settingsFile(home), '');
};

export const readSettings = (home: string): RecordedSettings => {
  const content = readIfPresent(settingsFile(home));
  return content === null ? {} : (parseEnv(content) as Record<string, string>);
};

/** What the operator says that a purge has to know as well: it may be run from another shell, or when docker compose has gone. */
export const settingsOfPurge = ({ home, backupStoresFile, masterKeyFile }: Configuration): RecordedSettings => ({
  ...(backupStoresFile === null ? {} : { HOLDFAST_BACKUP_STORES_FILE: backupStoresFile }),
  ...(masterKeyFile === defaultKeyFile(home) ? {} : { HOLDFAST_MASTER_KEY_FILE: masterKeyFile }),
});

/** Writes only what changed, so that a second `up` leaves the file as it is. */
export const recordSettings = (home: string, settings: RecordedSettings): void => {
  const lines = Object.entries(settings).map(([name, value]) => `${name}='${value}'\n`);
  if (readIfPresent(settingsFile(home)) !== lines.join('')) writeSecretFile(settingsFile(home), lines.join(''));
};

/** What the processes of the installation are started with: the recorded settings, and before them what the operator says. */
export const installationEnvironment = (
  environment: Environment,
  settings: RecordedSettings,
): Record<string, string> => {
  const given = Object.entries(environment).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return { ...settings, ...Object.fromEntries(given) };
};

export const installationConfiguration = (environment: Environment, settings: RecordedSettings): Configuration =>
  loadConfiguration(installationEnvironment(environment, settings));
