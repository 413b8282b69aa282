import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Db, Tx } from '#persistence/connection.js';
import { treeIndex } from '#persistence/drift.js';
import { findDatabase } from '#persistence/databases.js';
import type { DatabaseRow } from '#persistence/tables.js';

/** All others of a database's replication tree. */
export const relativesOf = async (db: Db | Tx, { id }: DatabaseRow): Promise<DatabaseRow[]> => {
  const others = (await treeIndex(db, id)).filter((other) => other !== id);
  return (await Promise.all(others.map((other) => findDatabase(db, other)))).filter((row) => row !== undefined);
};

/** Whether a change concerns more than the database itself. */
export const concernsTree = (before: DatabaseRow, after: DatabaseRow): boolean =>
  before.tls_only !== after.tls_only || before.settings['databases'] !== after.settings['databases'];

/**
 * A replica must be able to take in what its source has, after a promotion too; and the tree's plain `primary` door must find a plain port whoever becomes
 * the primary. Errors: `setting_conflict`.
 */
export const requireTreeHarmony = async (db: Db | Tx, before: DatabaseRow, after: DatabaseRow): Promise<void> => {
  if (!concernsTree(before, after)) return;
  const relatives = await relativesOf(db, after);
  if (relatives.length > 0 && before.settings['databases'] !== after.settings['databases']) {
    throw conflict('databases', `"${after.handle}" has a source or replicas, which must have as many`);
  }
  const primary = relatives.find(({ role }) => role === 'primary');
  if (after.tls_only && primary && !primary.tls_only) {
    throw conflict('tlsOnly', `the plain primary door of "${primary.handle}" would lead nowhere after a promotion`);
  }
  const closed = relatives.find(({ role, tls_only: tlsOnly }) => role === 'replica' && tlsOnly);
  if (!after.tls_only && before.tls_only && after.role === 'primary' && closed) {
    throw conflict('tlsOnly', `its plain primary door would lead nowhere after a promotion of "${closed.handle}"`);
  }
};

const conflict = (name: string, why: string): HoldfastError =>
  new HoldfastError('setting_conflict', `${name}: ${why}.`, { problems: [{ path: name, message: why }] });
