import { sql } from 'kysely';
import { findEnvironment } from '#persistence/environments.js';
import { pageBackups, type BackupFilter } from '#persistence/pages/backups.js';
import { openTestControl } from '../support/control.js';
import { measured, quantile, type Row } from './row.js';

const databases = 1000;
const turns = 50;
const warmUp = 10;

/** A page of 50 among 100,000 backups, or as many as the option says, of a thousand databases. */
export const benchBackupListing = async (option = '100000'): Promise<readonly Row[]> => {
  const opened = await openTestControl();
  try {
    const { db } = opened.control;
    const environment = await findEnvironment(db, { name: 'default' });
    if (!environment) throw new Error('There is no environment');
    await sql`
      INSERT INTO databases (id, environment_id, handle, version, image, tls_protocols, persistence, memory_mb, disk_gb, tls_only, maxmemory_policy,
        deletion_protection, status, address_index)
      SELECT gen_random_uuid(), ${environment.id}, 'db-' || n, '8.0', 'redis:8.0', '{}', 'aof', 1024, 10, false, 'noeviction', false,
        CASE WHEN n % 10 = 0 THEN 'deprovisioned' ELSE 'provisioned' END, n
      FROM generate_series(1, ${databases}) n`.execute(db);
    await sql`
      INSERT INTO backups (id, database_id, environment_id, kind, status, store, prefix, handle, version, image, tls_protocols, persistence, memory_mb,
        disk_gb, tls_only, maxmemory_policy, verification, requested_by, orphaned, stored_bytes, keys, manifest)
      SELECT gen_random_uuid(), d.id, d.environment_id, CASE WHEN n % 7 = 0 THEN 'manual' ELSE 'automatic' END, 'complete', 'default', 'x/', d.handle,
        '8.0', 'redis:8.0', '{}', 'aof', 1024, 10, false, 'noeviction', CASE WHEN n % 50 = 0 THEN 'failed' ELSE 'verified' END, 'test', d.status = 'deprovisioned', 1000, 10, NULL
      FROM generate_series(1, ${Number(option)}) n JOIN (SELECT *, row_number() OVER () AS place FROM databases) d ON d.place = n % ${databases} + 1`.execute(
      db,
    );
    await sql`ANALYZE`.execute(db);
    const one = await db
      .selectFrom('databases')
      .select('id')
      .where('status', '=', 'provisioned')
      .executeTakeFirstOrThrow();
    const filters: readonly [string, BackupFilter][] = [
      ['all', {}],
      ['of an environment', { environmentId: environment.id }],
      ['of a database', { databaseId: one.id }],
      ['orphaned ones', { orphaned: true }],
      ['failed verifications', { verification: 'failed' }],
      ['manual ones', { kind: 'manual' }],
    ];
    const rows: Row[] = [];
    for (const [what, filter] of filters) {
      const samples: number[] = [];
      for (let turn = -warmUp; turn < turns; turn++) {
        const startedAt = performance.now();
        await pageBackups(db, filter, { limit: 50, after: undefined });
        if (turn >= 0) samples.push(performance.now() - startedAt);
      }
      rows.push(measured(`list backups: ${what}, p95`, 'ms', quantile(samples, 0.95), { most: 20 }));
    }
    return rows;
  } finally {
    await opened.close();
  }
};
