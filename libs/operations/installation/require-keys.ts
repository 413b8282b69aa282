import type { Configuration } from '#configuration/configuration.js';
import { ConfigurationError } from '#configuration/configuration-error.js';
import type { ConnectionOptions } from '#persistence/connection.js';
import { isStoreUnreachable } from '#persistence/connection.js';
import { sealedVersions, type SealedUnder } from '#persistence/key-versions.js';
import type { Logger } from '#observability/logger.js';
import type { Control } from '../control.js';
import { openControl } from './open-control.js';

/**
 * What every app begins with: a process without a key that its rows are sealed under would fail later, at whatever needs a password first.
 * While Postgres does not answer nobody can tell, and the app starts as it would. Errors: `ConfigurationError`.
 */
export const startControl = async (
  configuration: Configuration,
  role: ConnectionOptions['role'],
  logger: Pick<Logger, 'warn' | 'error'>,
): Promise<Control> => {
  const control = openControl(configuration, role, logger);
  try {
    await requireKeys(configuration, control, logger);
    return control;
  } catch (error) {
    if (isStoreUnreachable(error)) {
      logger.warn({ err: error }, 'Postgres does not answer; whether all master keys are here is not known');
      return control;
    }
    await control.db.destroy();
    throw error;
  }
};

/** Backups of a missing key are told of, and stop nothing. Errors: `ConfigurationError`. */
export const requireKeys = async (
  { masterKey }: Pick<Configuration, 'masterKey'>,
  { db, secrets }: Pick<Control, 'db' | 'secrets'>,
  logger: Pick<Logger, 'warn'>,
): Promise<void> => {
  const missing = (await sealedVersions(db)).filter(({ version }) => !secrets.knows(version));
  const needed = missing.filter((one) => one.by_control);
  if (needed.length > 0) {
    const path = masterKey === null ? 'HOLDFAST_MASTER_KEY_FILE' : 'HOLDFAST_MASTER_KEY';
    throw new ConfigurationError(needed.map((one) => ({ path, message: lacks(one) })));
  }
  for (const { version, backups } of missing) {
    logger.warn({ version, backups }, 'backups are sealed under a version of the master key that is not here');
  }
};

const lacks = ({ version }: SealedUnder): string =>
  `lacks version ${version} of the master key, which passwords, the certificate authority or answers of the last day are sealed under: put its line back`;
