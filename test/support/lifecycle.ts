import { sql } from 'kysely';
import type { Catalogue, CatalogueEntry } from '#domain/catalogue/version.js';
import { newId, type Control } from '#operations/control.js';
import type { SweepOutcome } from '#operations/drift/sweeper.js';
import { deprecationSweep } from '#operations/lifecycle/deprecation-sweep.js';
import { findEnvironment } from '#persistence/environments.js';
import type { DatabaseFinding, SweepScope } from '#persistence/sweeps.js';

const entry = (version: string, eolAt: string | null = null, deprecatedAt: string | null = null): CatalogueEntry => ({
  ...{ version, image: `redis:${version}`, patch: null, eolAt, deprecatedAt, tlsProtocols: ['TLSv1.2'] },
  ...{ default: false, capabilities: [] },
});

/** The reference's table (product.md, section 2). */
export const referenceCatalogue: Catalogue = [
  entry('6.2'),
  entry('7.0', '2024-07', '2025-12'),
  entry('7.2', '2026-02', '2026-05'),
  entry('8.0'),
  { ...entry('8.2'), default: true },
];

/** Rows of databases that are ready, `db-0` and so on, with nothing behind them: a deprecation sweep looks at no server. Returns their ids. */
export const recordDatabases = async ({ db }: Control, versions: readonly string[], from = 0): Promise<string[]> => {
  const environment = await findEnvironment(db, { name: 'default' });
  if (!environment) throw new Error('There is no environment "default"');
  const ids = versions.map(() => newId());
  await sql`
    INSERT INTO databases (id, environment_id, handle, version, image, tls_protocols, persistence, memory_mb, disk_gb, tls_only, maxmemory_policy,
      deletion_protection, status, address_index)
    SELECT id, ${environment.id}, 'db-' || (n - 1 + ${from}::integer), version, 'redis', '{}', 'aof', 64, 1, true, 'noeviction', false, 'provisioned',
      n + ${from}::integer
    FROM unnest(${ids}::uuid[], ${[...versions]}::text[]) WITH ORDINALITY AS made (id, version, n)`.execute(db);
  return ids;
};

/** One sweep, by nobody's wish. */
export const sweepDeprecation = (
  control: Control,
  scope: Partial<SweepScope> = {},
): Promise<SweepOutcome<DatabaseFinding>> =>
  deprecationSweep(control)(() => Promise.resolve(), new AbortController().signal, {
    ...{ dry_run: false, as_of: null },
    ...scope,
  });

/** `handle mark version` of all marked databases. */
export const listed = async ({ db }: Control): Promise<string[]> => {
  const { rows } = await sql<{ text: string }>`
    SELECT handle || ' ' || m.lifecycle || ' ' || m.version AS text FROM lifecycle_marks m JOIN databases ON id = database_id ORDER BY handle`.execute(
    db,
  );
  return rows.map(({ text }) => text);
};
