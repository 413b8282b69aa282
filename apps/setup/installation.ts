import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { loadConfiguration, type Configuration } from '#configuration/configuration.js';
import type { Environment } from '#configuration/environment.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { readIfPresent, writeSecretFile } from './secret-file.js';

/** Settings that `up` made up and records, so that the next `up` finds the same servers. */
export type RecordedSettings = Readonly<Record<string, string>>;

const settingsFile = (home: string): string => join(home, 'installation.env');

export const isInstallationHome = (home: string): boolean => existsSync(settingsFile(home));

/** What somebody puts into an empty home who has lost all but this (docs/backups.md). */
export const broughtAlong: ReadonlySet<string> = new Set(['master.key', 'backups']);

/**
 * Makes the directory of the state. Others may pass through, since Postgres and Redis run as users of their own below it;
 * each secret in it is mode 0600. Errors: `setup_failed` for a directory with files of somebody else, since a purge removes all of it.
 */
export const ensureHome = (home: string): void => {
  mkdirSync(home, { recursive: true, mode: 0o711 });
  if (isInstallationHome(home)) return;
  if (readdirSync(home).some((name) => !broughtAlong.has(name))) {
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
