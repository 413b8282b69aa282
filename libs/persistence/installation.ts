import type { Insertable } from 'kysely';
import type { Db, Tx } from './connection.js';
import type { InstallationRow, Tables } from './tables.js';

export const findInstallation = (db: Db | Tx): Promise<InstallationRow | undefined> =>
  db.selectFrom('installation').selectAll().executeTakeFirst();

/** Does nothing when there is one already: the first process that starts wins. */
export const insertInstallation = async (tx: Tx, row: Insertable<Tables['installation']>): Promise<void> => {
  await tx
    .insertInto('installation')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};
