import { sql } from 'kysely';
import type { Db } from './connection.js';

/** How many databases are empty after their servers were stopped. Asks of the table no more than it had from the beginning: nothing may have migrated it. */
export const countMemoryOnly = async (db: Db): Promise<number> => {
  const { rows } = await sql<{ count: string }>`
    select count(*) from databases where status = 'provisioned' and persistence = 'none'`.execute(db);
  return Number(rows[0]?.count ?? 0);
};
