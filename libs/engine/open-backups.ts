import { loadBackupStores } from '#configuration/backup-stores.js';
import { ServerBackupStreams } from './backups/backup-streams.js';
import type { BackupStreams } from './ports/backup-streams.js';
import type { IdentifiableStores } from './ports/object-store.js';
import { openStores } from './stores/open-stores.js';

export interface BackupSettings {
  readonly home: string;
  readonly backupStoresFile: string | null;
}

export interface OpenBackups {
  readonly stores: IdentifiableStores;
  readonly streams: BackupStreams;
}

/** What reads and writes backups; the API has no more than this of the engines (docs/adr/0011). Errors: `ConfigurationError`. */
export const openBackups = ({ backupStoresFile, home }: BackupSettings): OpenBackups => ({
  stores: openStores(loadBackupStores(backupStoresFile, home)),
  streams: new ServerBackupStreams(),
});
