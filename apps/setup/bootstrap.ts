import type { Configuration } from '#configuration/configuration.js';
import { X509CertificateAuthority } from '#engine/certificates/x509-certificate-authority.js';
import type { Control } from '#operations/control.js';
import { bootstrapInstallation, issueOwnerToken } from '#operations/installation/bootstrap.js';
import { openControl } from '#operations/installation/open-control.js';
import { requireKeys } from '#operations/installation/require-keys.js';
import { migrate } from '#persistence/migrate.js';
import { keepOwnerToken, readOwnerToken } from './owner-login.js';
import type { Progress } from './progress.js';

/**
 * Brings the schema up to date, makes what every installation has, and returns the owner token.
 * One that was lost is replaced by a new one; the audit history shows that. Errors: `ConfigurationError`.
 */
export const bootstrap = async (configuration: Configuration, progress: Progress): Promise<string> => {
  const keysLogger = { warn: () => progress.note('Some backups need a master key that is not there') };
  const logger = {
    warn: () => progress.note('A connection to Postgres was lost'),
    error: () => progress.note('The version catalogue is not valid any more'),
  };
  const control = openControl(configuration, 'owner', logger);
  try {
    await migrate(control.db);
    await requireKeys(configuration, control, keysLogger);
    const { ownerToken } = await bootstrapInstallation(control, new X509CertificateAuthority());
    const token = ownerToken ?? readOwnerToken(configuration.home) ?? (await replaceOwnerToken(control));
    keepOwnerToken(configuration.home, token);
    return token;
  } finally {
    await control.db.destroy();
  }
};

const replaceOwnerToken = (control: Control): Promise<string> =>
  control.db.transaction().execute((tx) => issueOwnerToken(control, tx));
