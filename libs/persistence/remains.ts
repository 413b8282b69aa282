import { sql } from 'kysely';
import { operationKinds } from '#domain/operation/kinds.js';
import type { Db, Tx } from './connection.js';

const touching = Object.entries(operationKinds)
  .filter(([, { exclusive }]) => exclusive)
  .map(([kind]) => kind);

/**
 * The database that holds the handle although there is nothing of it but its row: it failed before it was ever ready, its operations have all
 * ended, and none of them has left anything on the host. In a transaction of its own nobody retries it until that ends.
 */
export const findRemains = async (db: Db | Tx, environmentId: string, handle: string): Promise<string | undefined> => {
  const candidate = db
    .selectFrom('databases')
    .select('id')
    .where('environment_id', '=', environmentId)
    .where('handle', '=', handle)
    .where('status', '=', 'provision_failed')
    .where('provisioned_at', 'is', null);
  const found = await (db.isTransaction ? candidate.forNoKeyUpdate() : candidate).executeTakeFirst();
  if (!found) return undefined;
  // Another statement than the one that waited for the lock: it sees what was asked for until then.
  const { rows } = await sql`
    SELECT 1 FROM operation_targets AS target JOIN operations ON operations.id = target.operation_id
    WHERE target.database_id = ${found.id} AND operations.kind = ANY(${touching}) AND (operations.finished_at IS NULL
      OR jsonb_array_length(coalesce(operations.error -> 'leftBehind', '[]')) > 0
      OR jsonb_array_length(coalesce(operations.receipt -> 'leftBehind', '[]')) > 0) LIMIT 1`.execute(db);
  return rows.length === 0 ? found.id : undefined;
};
