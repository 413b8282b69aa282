import { sql } from 'kysely';
import type { Db, Tx } from './connection.js';
import { releaseAddressIndex } from './environments.js';
import type { IncarnationRow, NewIncarnationRow } from './incarnation-table.js';
import type { DatabaseRow } from './tables.js';

/** The servers of a database besides the one that serves it; of those that are kept, the one that served last comes last. */
export const incarnationsOf = (db: Db | Tx, databaseId: string): Promise<IncarnationRow[]> =>
  db
    .selectFrom('incarnations')
    .selectAll()
    .where('database_id', '=', databaseId)
    .orderBy('kept_at', (order) => order.asc().nullsFirst())
    .orderBy('incarnation')
    .execute();

/** Above all that there are, so that what is left of one is not taken for another. */
export const nextIncarnation = async (tx: Tx, { id, incarnation }: DatabaseRow): Promise<number> =>
  Math.max(incarnation, ...(await incarnationsOf(tx, id)).map((row) => row.incarnation)) + 1;

export const insertIncarnation = async (tx: Tx, row: NewIncarnationRow): Promise<void> => {
  await tx.insertInto('incarnations').values(row).execute();
};

export const noteCertificate = async (tx: Tx, row: IncarnationKey, notAfter: Date): Promise<void> => {
  await tx
    .updateTable('incarnations')
    .set({ certificate_not_after: notAfter })
    .where('database_id', '=', row.id)
    .where('incarnation', '=', row.incarnation)
    .execute();
};

type IncarnationKey = Pick<DatabaseRow, 'id' | 'incarnation'>;

/** Nothing of it is on the host any more; its address is free. */
export const forgetIncarnation = async (tx: Tx, { id, incarnation }: IncarnationKey): Promise<void> => {
  const gone = await tx
    .deleteFrom('incarnations')
    .where('database_id', '=', id)
    .where('incarnation', '=', incarnation)
    .returning('address_index')
    .executeTakeFirst();
  if (gone) await releaseAddressIndex(tx, id, gone.address_index);
};

/** The other one serves the database from now on, and what served it up to `keptAt` is kept until then. */
export const recordTakeover = async (
  tx: Tx,
  former: DatabaseRow,
  successor: IncarnationRow,
  { operationId, keptAt, keepUntil }: { readonly operationId: string; readonly keptAt: Date; readonly keepUntil: Date },
): Promise<void> => {
  const { id, incarnation, version, image, tls_protocols, address_index, certificate_not_after, persistence } = former;
  await tx
    .deleteFrom('incarnations')
    .where('database_id', '=', id)
    .where('incarnation', '=', successor.incarnation)
    .execute();
  await insertIncarnation(tx, {
    ...{ database_id: id, incarnation, version, image, tls_protocols, address_index, certificate_not_after },
    ...{ state: 'kept', operation_id: operationId, keep_until: keepUntil, kept_at: keptAt, persistence },
  });
  await tx
    .updateTable('databases')
    .set({
      incarnation: successor.incarnation,
      version: successor.version,
      image: successor.image,
      tls_protocols: successor.tls_protocols,
      address_index: successor.address_index,
      certificate_not_after: successor.certificate_not_after,
      generation: sql<number>`generation + 1`,
    })
    .where('id', '=', id)
    .execute();
};

/**
 * Databases with a kept server whose time is over, with no operation that sees to it, and no removal that failed within the last hour: another one
 * would not help either, and would stand before whatever else the database needs.
 */
export const databasesToTidy = async (db: Db, now: Date): Promise<readonly string[]> => {
  const { rows } = await sql<{ database_id: string }>`
    SELECT DISTINCT incarnations.database_id FROM incarnations
    WHERE state = 'kept' AND keep_until <= ${now} AND NOT EXISTS (
      SELECT FROM operations JOIN operation_targets target ON target.operation_id = operations.id
      WHERE target.database_id = incarnations.database_id AND ((NOT target.finished AND operations.kind IN ('discard', 'deprovision'))
        OR (operations.kind = 'discard' AND operations.status = 'failed' AND operations.finished_at > now() - interval '1 hour')))`.execute(
    db,
  );
  return rows.map((row) => row.database_id);
};
