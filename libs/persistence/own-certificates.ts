import type { Db, Tx } from './connection.js';
import type { OwnCertificateRow } from './own-certificate-table.js';

/** Those of these databases, coming ones as well. */
export const ownCertificatesOf = async (
  db: Db | Tx,
  databaseIds: readonly string[],
): Promise<readonly OwnCertificateRow[]> =>
  databaseIds.length === 0
    ? []
    : db
        .selectFrom('own_certificates')
        .selectAll()
        .where('database_id', 'in', databaseIds)
        .orderBy('database_id')
        .orderBy('state')
        .execute();

export const currentOwnCertificate = (db: Db | Tx, databaseId: string): Promise<OwnCertificateRow | undefined> =>
  db
    .selectFrom('own_certificates')
    .selectAll()
    .where('database_id', '=', databaseId)
    .where('state', '=', 'current')
    .executeTakeFirst();

/** In place of one that was coming already. */
export const recordComingCertificate = async (tx: Tx, row: Omit<OwnCertificateRow, 'state'>): Promise<void> => {
  await forgetComingCertificate(tx, row.database_id);
  await tx
    .insertInto('own_certificates')
    .values({ ...row, state: 'coming' })
    .execute();
};

/** The coming one takes the place of the current one. */
export const publishComingCertificate = async (tx: Tx, databaseId: string): Promise<void> => {
  await forgetCurrentCertificate(tx, databaseId);
  await tx
    .updateTable('own_certificates')
    .set({ state: 'current' })
    .where('database_id', '=', databaseId)
    .where('state', '=', 'coming')
    .execute();
};

/** None is no error. */
export const forgetComingCertificate = async (tx: Tx, databaseId: string): Promise<void> => {
  await tx.deleteFrom('own_certificates').where('database_id', '=', databaseId).where('state', '=', 'coming').execute();
};

/** None is no error. */
export const forgetCurrentCertificate = async (tx: Tx, databaseId: string): Promise<void> => {
  await tx
    .deleteFrom('own_certificates')
    .where('database_id', '=', databaseId)
    .where('state', '=', 'current')
    .execute();
};
