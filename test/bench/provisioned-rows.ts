import { sql } from 'kysely';
import { createDatabaseSchema } from '#contracts/database-requests.js';
import { createDatabase } from '#operations/requests/create-database.js';
import { findEnvironment } from '#persistence/environments.js';
import type { Installation } from '../support/installation.js';

/**
 * Databases that are recorded as provisioned and have no container: an operation on them is accepted as any other, and a worker
 * that takes it finds that out with one look. So nothing but the way there is measured.
 */
export const recordProvisioned = async ({ control }: Installation, count: number): Promise<readonly string[]> => {
  const ids = await control.db.transaction().execute(async (tx) => {
    const environment = await findEnvironment(tx, { name: 'default' });
    if (!environment) throw new Error('There is no environment "default"');
    const made: string[] = [];
    for (let index = 0; index < count; index++) {
      const request = createDatabaseSchema.parse({ handle: `row-${index}`, memoryMb: 64, tlsOnly: true });
      made.push((await createDatabase(control, tx, 'bench', environment, request)).databaseId);
    }
    await sql`UPDATE databases SET status = 'provisioned', provisioned_at = now()`.execute(tx);
    await sql`UPDATE operations SET status = 'succeeded', finished_at = now()`.execute(tx);
    await sql`UPDATE operation_targets SET finished = true`.execute(tx);
    await sql`DELETE FROM outbox`.execute(tx);
    return made;
  });
  return ids;
};
