import type { OwnCertificate } from '#contracts/certificate-requests.js';
import type { Operation } from '#contracts/http/operations.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Control } from '#operations/control.js';
import {
  checkUpload,
  requestHoldfastCertificate,
  requestOwnCertificate,
} from '#operations/requests/request-certificate.js';
import { authoritiesOf } from '#operations/server/own-certificate.js';
import type { Tx } from '#persistence/connection.js';
import { findDatabase, lockDatabase } from '#persistence/databases.js';
import { findInstallation } from '#persistence/installation.js';
import { currentOwnCertificate } from '#persistence/own-certificates.js';
import type { DatabaseRow } from '#persistence/tables.js';
import { databaseId, noSuchDatabase } from '../http/references.js';
import { showOperation } from '../operations/operation-view.js';

export class CertificateService {
  constructor(private readonly control: Control) {}

  /** Errors: `database_not_found`. */
  async show(reference: string) {
    const { control } = this;
    const database = await findDatabase(control.db, await databaseId(control.db, reference));
    const installation = await findInstallation(control.db);
    if (!database) throw noSuchDatabase(reference);
    if (!installation) throw new HoldfastError('not_found', 'The installation has no certificate authority yet.');
    const own = await currentOwnCertificate(control.db, database.id);
    return {
      ...{ databaseId: database.id, by: own ? ('operator' as const) : ('holdfast' as const) },
      notAfter: database.certificate_not_after?.toISOString() ?? null,
      subject: own?.subject ?? null,
      names: own?.names ?? null,
      fingerprint256: own?.fingerprint256 ?? null,
      authorityPem: await authoritiesOf({ control, database, installation }, ['current']),
    };
  }

  /** Errors: those of `checkUpload` and `requestOwnCertificate`, `database_not_found`. */
  async bring(tx: Tx, actor: string, reference: string, { confirm, ...upload }: OwnCertificate): Promise<Operation> {
    // Before the row is locked: it takes some milliseconds.
    const checked = await checkUpload(this.control, upload);
    const database = await this.locked(tx, reference);
    const { id } = await requestOwnCertificate(this.control, tx, actor, database, checked, confirm);
    return showOperation(tx, id);
  }

  /** Errors: those of `requestHoldfastCertificate`, `database_not_found`. */
  async giveBack(tx: Tx, actor: string, reference: string): Promise<Operation> {
    const database = await this.locked(tx, reference);
    const { id } = await requestHoldfastCertificate(this.control, tx, actor, database);
    return showOperation(tx, id);
  }

  private async locked(tx: Tx, reference: string): Promise<DatabaseRow> {
    const database = await lockDatabase(tx, await databaseId(tx, reference), 'no key update');
    if (!database) throw noSuchDatabase(reference);
    return database;
  }
}
