import { sql } from 'kysely';
import type { Db } from './connection.js';

/** Resolves when Postgres answers. */
export const pingStore = async (db: Db): Promise<void> => {
  await sql`SELECT 1`.execute(db);
};
