import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadBackupStores, type BackupStoreSettings } from '#configuration/backup-stores.js';
import { ConfigurationError } from '#configuration/configuration-error.js';
import { manifestPlaces, type ManifestPlace } from '#persistence/complete-backups.js';
import { askPostgres } from './ask-postgres.js';
import { composeUrlFile } from './compose-home.js';
import { ensureEmbeddedDatabase, hasEmbeddedDatabase } from './embedded-database.js';
import type { LeftBackups } from './kept-key.js';
import { placeInHome } from './purge.js';
import type { Progress } from './progress.js';
import { readIfPresent } from './secret-file.js';

export interface AskedInstallation {
  readonly home: string;
  /** That the operator brings; null for the one in the home. */
  readonly databaseUrl: string | null;
  readonly backupStoresFile: string | null;
}

/** The complete backups that do not lie in the home, by store; null when Postgres cannot be asked. Starts the one in the home. */
export const leftBackups = async (
  installation: AskedInstallation,
  progress: Progress,
  signal: AbortSignal,
): Promise<readonly LeftBackups[] | null> => {
  const places = await recordedPlaces(installation, progress, signal);
  const { home, backupStoresFile } = installation;
  return places && elsewhere(places, storesOf(backupStoresFile, home), home);
};

const recordedPlaces = async (
  installation: AskedInstallation,
  progress: Progress,
  signal: AbortSignal,
): Promise<readonly ManifestPlace[] | null> => {
  try {
    const url = await databaseUrlOf(installation, signal);
    return url === null ? null : await askPostgres(url, manifestPlaces);
  } catch (error) {
    signal.throwIfAborted();
    progress.note(`Postgres cannot be asked: ${error instanceof Error ? error.message : 'unknown'}`);
    return null;
  }
};

/** What the operator says, what docker-compose.yml has made, or the embedded one; null when there is none. */
const databaseUrlOf = async ({ home, databaseUrl }: AskedInstallation, signal: AbortSignal): Promise<string | null> => {
  const url = databaseUrl ?? readIfPresent(composeUrlFile(home));
  if (url !== null) return url.trim();
  return hasEmbeddedDatabase(home) ? ensureEmbeddedDatabase(home, signal) : null;
};

/** A file that cannot be read names no store; its backups are then told by the names that their rows have. */
const storesOf = (file: string | null, home: string): BackupStoreSettings => {
  try {
    return loadBackupStores(file, home);
  } catch (error) {
    if (error instanceof ConfigurationError) return {};
    throw error;
  }
};

/** By where the manifest is, not by the name of the store alone: `default` may have been another one when the backup was taken. */
export const elsewhere = (
  places: readonly ManifestPlace[],
  stores: BackupStoreSettings,
  home: string,
): readonly LeftBackups[] => {
  const counts = new Map<string, number>();
  for (const { store, manifest_key } of places) {
    const root = rootOf(stores[store], home);
    const manifest = root && join(root, manifest_key);
    if (manifest && existsSync(manifest) && placeInHome(home, manifest) !== null) continue;
    counts.set(store, (counts.get(store) ?? 0) + 1);
  }
  return [...counts].map(([store, count]) => ({ store, place: placeOf(stores[store]), count }));
};

const rootOf = (store: BackupStoreSettings[string] | undefined, home: string): string | null => {
  if (store?.type === 's3') return null;
  return store?.path ?? join(home, 'backups');
};

const placeOf = (store: BackupStoreSettings[string] | undefined): string | null => {
  if (store === undefined) return null;
  return store.type === 's3' ? `S3 bucket ${store.bucket}` : `directory ${store.path}`;
};
