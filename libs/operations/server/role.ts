import type { ServerRole } from '#domain/server/server-role.js';
import { databaseAddress } from '#domain/server/addresses.js';
import { findDatabase } from '#persistence/databases.js';
import { followersOf } from '#persistence/replication.js';
import type { DatabaseRow, EnvironmentRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import { replicationLogin } from './material.js';

/** The role that Postgres records for a database now, with what its file needs for it. */
export const recordedRole = async (
  control: Control,
  { id }: Pick<DatabaseRow, 'id'>,
  environment: EnvironmentRow,
): Promise<ServerRole> => {
  const database = await findDatabase(control.db, id);
  if (database?.role === 'fenced') return { kind: 'fenced' };
  const source = database?.source_id ? await findDatabase(control.db, database.source_id) : undefined;
  if (source) return replicaOf(control, id, source, environment);
  return { kind: 'primary', followers: (await followersOf(control.db, id)).length };
};

/** A follower of `source`; both are in one environment, and so on one network. */
export const replicaOf = async (
  control: Control,
  id: string,
  source: Pick<DatabaseRow, 'address_index'>,
  environment: EnvironmentRow,
): Promise<ServerRole> => ({
  kind: 'replica',
  sourceAddress: databaseAddress(control.networkPool, environment.network_index, source.address_index),
  login: await replicationLogin(control, id),
});
