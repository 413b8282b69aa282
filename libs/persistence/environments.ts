import { sql } from 'kysely';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { addressesPerEnvironment } from '#domain/server/addresses.js';
import { counted } from '#domain/text/counted.js';
import { isUniqueViolation, type Db, type Tx } from './connection.js';
import type { EnvironmentRow } from './tables.js';

/** Errors: `environment_taken`, `networks_exhausted`. */
export const insertEnvironment = async (
  tx: Tx,
  id: string,
  name: string,
  networks: number,
): Promise<EnvironmentRow> => {
  await sql`SELECT pg_advisory_xact_lock(hashtext('holdfast.environments'))`.execute(tx);
  const index = await freeNetwork(tx, networks);
  const row = await insertRow(tx, id, name, index);
  await sql`
    INSERT INTO environment_addresses (environment_id, address_index)
    SELECT ${id}::uuid, generate_series(0, ${addressesPerEnvironment - 1}::integer)`.execute(tx);
  return row;
};

/** The one that rested longest: the engine's network of a deleted environment goes a little later than its row. */
const freeNetwork = async (tx: Tx, networks: number): Promise<number> => {
  const { rows } = await sql<{ index: number }>`
    SELECT candidate AS index FROM generate_series(0, ${networks - 1}::integer) candidate
    LEFT JOIN environments ON network_index = candidate
    GROUP BY candidate HAVING bool_and(environments.id IS NULL OR deleted_at IS NOT NULL)
    ORDER BY max(deleted_at) NULLS FIRST, candidate LIMIT 1`.execute(tx);
  if (rows[0]) return rows[0].index;
  throw new HoldfastError('networks_exhausted', `All ${networks} networks of the pool are taken.`);
};

const insertRow = async (tx: Tx, id: string, name: string, networkIndex: number): Promise<EnvironmentRow> => {
  try {
    return await tx
      .insertInto('environments')
      .values({ id, name, network_index: networkIndex })
      .returningAll()
      .executeTakeFirstOrThrow();
  } catch (error) {
    if (isUniqueViolation(error, 'environments_name_key'))
      throw new HoldfastError('environment_taken', `"${name}" exists.`);
    throw error;
  }
};

export type EnvironmentReference = { readonly id: string } | { readonly name: string };

/** By id or by name. */
export const findEnvironment = (db: Db | Tx, reference: EnvironmentReference): Promise<EnvironmentRow | undefined> =>
  selectEnvironment(db, reference).executeTakeFirst();

/**
 * Locks the row until the transaction ends: `key share` to put something into the environment, `update` to delete it.
 * Without, a database could be made in an environment that is being deleted.
 */
export const lockEnvironment = (
  tx: Tx,
  reference: EnvironmentReference,
  lock: 'key share' | 'update',
): Promise<EnvironmentRow | undefined> => {
  const query = selectEnvironment(tx, reference);
  return (lock === 'update' ? query.forUpdate() : query.forKeyShare()).executeTakeFirst();
};

const selectEnvironment = (db: Db | Tx, reference: EnvironmentReference) => {
  const query = db.selectFrom('environments').selectAll().where('deleted_at', 'is', null);
  return 'id' in reference ? query.where('id', '=', reference.id) : query.where('name', '=', reference.name);
};

/** The row must be locked. Errors: `environment_not_empty`. */
export const deleteEnvironment = async (tx: Tx, { id, name }: EnvironmentRow): Promise<void> => {
  const { rows } = await sql<{ databases: number; backups: number }>`
    SELECT (SELECT count(*)::integer FROM databases WHERE environment_id = ${id} AND status <> 'deprovisioned') AS databases,
      (SELECT count(*)::integer FROM backups WHERE environment_id = ${id} AND status IN ('running', 'complete')) AS backups`.execute(
    tx,
  );
  const { databases = 0, backups = 0 } = rows[0] ?? {};
  if (databases + backups > 0) {
    throw new HoldfastError(
      'environment_not_empty',
      `"${name}" holds ${counted(databases, 'database')} and ${counted(backups, 'backup')}.`,
    );
  }
  await sql`UPDATE environments SET deleted_at = now() WHERE id = ${id}`.execute(tx);
  await sql`DELETE FROM environment_addresses WHERE environment_id = ${id}`.execute(tx);
};

/** Takes an address of the environment. Errors: `environment_full`. */
export const takeAddress = async (tx: Tx, environmentId: string, databaseId: string): Promise<number> => {
  const { rows } = await sql<{ address_index: number }>`
    UPDATE environment_addresses SET database_id = ${databaseId} WHERE environment_id = ${environmentId} AND address_index = (
      SELECT address_index FROM environment_addresses WHERE environment_id = ${environmentId} AND database_id IS NULL
      ORDER BY address_index LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING address_index`.execute(tx);
  if (rows[0]) return rows[0].address_index;
  throw new HoldfastError('environment_full', `The environment holds ${addressesPerEnvironment} databases already.`);
};

export const releaseAddress = async (tx: Tx, databaseId: string): Promise<void> => {
  await tx
    .updateTable('environment_addresses')
    .set({ database_id: null })
    .where('database_id', '=', databaseId)
    .execute();
};

/** One of several that a database holds. */
export const releaseAddressIndex = async (tx: Tx, databaseId: string, addressIndex: number): Promise<void> => {
  await tx
    .updateTable('environment_addresses')
    .set({ database_id: null })
    .where('database_id', '=', databaseId)
    .where('address_index', '=', addressIndex)
    .execute();
};

export const environmentIds = async (db: Db): Promise<readonly string[]> =>
  (await db.selectFrom('environments').select('id').where('deleted_at', 'is', null).execute()).map((row) => row.id);
