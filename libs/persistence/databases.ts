import { sql } from 'kysely';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { DatabaseStatus } from '#domain/database/status.js';
import { isUniqueViolation, type Db, type Tx } from './connection.js';
import { releaseDoors } from './doors.js';
import { releaseAddress } from './environments.js';
import type { DatabaseRow, NewDatabaseRow } from './tables.js';

/** Errors: `handle_taken`, `handle_still_answers`. */
export const insertDatabase = async (tx: Tx, row: NewDatabaseRow): Promise<DatabaseRow> => {
  try {
    const inserted = await tx.insertInto('databases').values(row).returningAll().executeTakeFirstOrThrow();
    await requireGivenUp(tx, inserted, row.handle);
    return inserted;
  } catch (error) {
    throw handleTaken(error, row.handle);
  }
};

const handleTaken = (error: unknown, handle: string): unknown =>
  isUniqueViolation(error, 'databases_handle')
    ? new HoldfastError('handle_taken', `"${handle}" is the handle of another database in this environment.`)
    : error;

/** Errors: `handle_taken`. */
export const updateDatabase = async (tx: Tx, id: string, patch: Partial<NewDatabaseRow>): Promise<void> => {
  try {
    await tx.updateTable('databases').set(patch).where('id', '=', id).execute();
  } catch (error) {
    throw handleTaken(error, patch.handle ?? '');
  }
};

/** A renamed database answers to its former handles until it is replaced. Errors: `handle_still_answers`. */
const requireGivenUp = async (
  tx: Tx,
  { id, environment_id: environmentId }: Pick<DatabaseRow, 'id' | 'environment_id'>,
  handle: string,
): Promise<void> => {
  const { rows } = await sql<{ handle: string }>`
    SELECT handle FROM databases WHERE environment_id = ${environmentId} AND former_handles @> ARRAY[${handle}::text]
      AND id <> ${id} AND status <> 'deprovisioned'`.execute(tx);
  if (!rows[0]) return;
  throw new HoldfastError(
    'handle_still_answers',
    `"${rows[0].handle}" was "${handle}" and answers to it until it is reloaded.`,
  );
};

/** The caller has locked the environment for `update`. Errors: `handle_taken`, `handle_still_answers`. */
export const renameDatabase = async (
  tx: Tx,
  database: Pick<DatabaseRow, 'id' | 'environment_id'>,
  handle: string,
  formerHandles: string[],
): Promise<void> => {
  await requireGivenUp(tx, database, handle);
  await updateDatabase(tx, database.id, { handle, former_handles: formerHandles });
};

/** These, and not what came since. */
export const forgetHandles = async (tx: Tx, id: string, handles: readonly string[]): Promise<void> => {
  if (handles.length === 0) return;
  await sql`
    UPDATE databases SET former_handles = ARRAY(SELECT unnest(former_handles) EXCEPT SELECT unnest(${[...handles]}::text[]))
    WHERE id = ${id}`.execute(tx);
};

export const findDatabase = (db: Db | Tx, id: string): Promise<DatabaseRow | undefined> =>
  db.selectFrom('databases').selectAll().where('id', '=', id).executeTakeFirst();

/**
 * Holds off changes of the row until the transaction ends, such as deletion protection being switched on. With `no key update` others
 * that hold it wait as well: what only one may decide at a time, such as that nobody follows a database that goes.
 */
export const lockDatabase = (
  tx: Tx,
  id: string,
  lock: 'share' | 'no key update',
): Promise<(DatabaseRow & { readonly environment_name: string }) | undefined> => {
  const query = tx
    .selectFrom('databases')
    .innerJoin('environments', 'environments.id', 'databases.environment_id')
    .selectAll('databases')
    .select('environments.name as environment_name')
    .where('databases.id', '=', id);
  return (lock === 'share' ? query.forShare('databases') : query.forNoKeyUpdate('databases')).executeTakeFirst();
};

/** By handle in an environment: the one that is not deprovisioned. */
export const findDatabaseByHandle = (
  db: Db | Tx,
  environmentName: string,
  handle: string,
): Promise<DatabaseRow | undefined> =>
  db
    .selectFrom('databases')
    .innerJoin('environments', 'environments.id', 'databases.environment_id')
    .selectAll('databases')
    .where('environments.name', '=', environmentName)
    .where('databases.handle', '=', handle)
    .where('databases.status', '<>', 'deprovisioned')
    .executeTakeFirst();

/** Handles of the databases that follow this one and are not deprovisioned. */
export const replicasOf = async (db: Db | Tx, sourceId: string): Promise<readonly { id: string; handle: string }[]> =>
  db
    .selectFrom('databases')
    .select(['id', 'handle'])
    .where('source_id', '=', sourceId)
    .where('status', '<>', 'deprovisioned')
    .execute();

export const raiseGeneration = async (tx: Tx, id: string): Promise<void> => {
  await sql`UPDATE databases SET generation = generation + 1 WHERE id = ${id}`.execute(tx);
};

/** The row stays for ever; its handle, address and ports are free again. */
export const markDeprovisioned = async (tx: Tx, id: string): Promise<void> => {
  await updateDatabase(tx, id, { status: 'deprovisioned', health: 'unknown', health_reason: null });
  await sql`UPDATE databases SET deprovisioned_at = now() WHERE id = ${id}`.execute(tx);
  await sql`DELETE FROM credentials WHERE database_id = ${id}`.execute(tx);
  await sql`DELETE FROM own_certificates WHERE database_id = ${id}`.execute(tx);
  await sql`UPDATE backups SET orphaned = true WHERE database_id = ${id}`.execute(tx);
  await releaseDoors(tx, id);
  await releaseAddress(tx, id);
  await sql`DELETE FROM incarnations WHERE database_id = ${id}`.execute(tx);
};

/** Handles in an environment that begin so, of databases that are not deprovisioned. */
export const handlesLike = async (db: Db | Tx, environmentId: string, beginning: string): Promise<string[]> =>
  (
    await db
      .selectFrom('databases')
      .select('handle')
      .where('environment_id', '=', environmentId)
      .where('status', '<>', 'deprovisioned')
      .where(sql<boolean>`starts_with(handle, ${beginning})`)
      .execute()
  ).map(({ handle }) => handle);

/** Memory limits of all databases that have or may get a container, in MB; of those that get a second one, twice. */
export const allottedMemoryMb = async (db: Db, except: string | null): Promise<number> => {
  const twice = db
    .selectFrom('incarnations')
    .innerJoin('databases', 'databases.id', 'incarnations.database_id')
    .select((e) => e.fn.coalesce(e.fn.sum<string>('memory_mb'), sql<string>`0`).as('total'))
    .where('state', '=', 'successor');
  const free: DatabaseStatus[] = ['deprovisioned', 'provision_failed'];
  const all = db
    .selectFrom('databases')
    .select((e) => e.fn.coalesce(e.fn.sum<string>('memory_mb'), sql<string>`0`).as('total'))
    .where('status', 'not in', free);
  const others = except === null ? all : all.where('id', '<>', except);
  // Together: one that fails while nobody waits for it yet would end the process.
  const sums = await Promise.all([others, twice].map((query) => query.executeTakeFirstOrThrow()));
  return sums.reduce((total, sum) => total + Number(sum.total), 0);
};
