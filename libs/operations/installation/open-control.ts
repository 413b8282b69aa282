import { readFileSync } from 'node:fs';
import { loadBackupStores, type BackupStoreSettings } from '#configuration/backup-stores.js';
import { CatalogueFile } from '#configuration/catalogue-file.js';
import type { Configuration } from '#configuration/configuration.js';
import { ConfigurationError } from '#configuration/configuration-error.js';
import type { Logger } from '#observability/logger.js';
import { parseNetworkPool } from '#domain/server/addresses.js';
import { requireDatabaseUrl } from '#configuration/required.js';
import { connect, type ConnectionOptions } from '#persistence/connection.js';
import type { Control } from '../control.js';
import { CheckpointFile } from '../history/checkpoints.js';
import { parseMasterKeys } from '../secrets/master-key.js';
import { SecretBox, type MasterKey } from '../secrets/secret-box.js';

const connections = 20;

/** Opens what every app of an installation shares. Errors: `ConfigurationError`. */
export const openControl = (
  configuration: Configuration,
  role: ConnectionOptions['role'],
  logger: Pick<Logger, 'warn' | 'error'>,
): Control => {
  const catalogue = new CatalogueFile(configuration.catalogueFile, (error) =>
    logger.error({ err: error }, 'the version catalogue is not valid; the one before it stays in force'),
  );
  return {
    db: connect({
      url: requireDatabaseUrl(configuration),
      max: connections,
      role,
      onIdleError: (error) => logger.warn({ err: error }, 'an idle connection to Postgres was lost'),
    }),
    installation: configuration.installation,
    get catalogue() {
      return catalogue.current;
    },
    get catalogueRefusal() {
      return catalogue.refusal?.detail ?? null;
    },
    secrets: new SecretBox(readKeys(configuration)),
    keysOnFile: () => readKeys(configuration),
    networkPool: parseNetworkPool(configuration.networkPool),
    ports: configuration.edgePorts,
    advertisedHost: configuration.advertisedHost,
    backupStores: namesOf(loadBackupStores(configuration.backupStoresFile, configuration.home)),
    keepReplacedMs: configuration.upgradeGraceSeconds * 1000,
    now: () => new Date(),
  };
};

const namesOf = (stores: BackupStoreSettings): Control['backupStores'] => {
  const [first, ...others] = Object.keys(stores);
  if (first === undefined) throw new Error('The configuration lets no file without a store through');
  return [first, ...others];
};

const readKeys = ({ masterKey, masterKeyFile }: Configuration): readonly MasterKey[] => {
  try {
    const keys = parseMasterKeys(masterKey ?? readFileSync(masterKeyFile, 'utf8'));
    if (keys.length === 0) throw new Error('No master key');
    return keys;
  } catch (error) {
    const path = masterKey === null ? 'HOLDFAST_MASTER_KEY_FILE' : 'HOLDFAST_MASTER_KEY';
    // The cause may quote the file's path, never its content.
    throw new ConfigurationError([{ path, message: error instanceof Error ? error.message : 'cannot be read' }]);
  }
};

export const openCheckpoints = (configuration: Configuration, control: Control): CheckpointFile =>
  new CheckpointFile(configuration.checkpointFile, control.secrets);
