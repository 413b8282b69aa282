import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { BackupManifest } from '#contracts/backup-manifest.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Snapshot } from '#engine/ports/backup-streams.js';
import { faultPoints } from '#observability/fault-points.js';
import { updateBackup } from '#persistence/backups.js';
import { findDatabase } from '#persistence/databases.js';
import type { BackupRow, DatabaseRow } from '#persistence/tables.js';
import { on, type AttemptContext } from '../run/context.js';
import { managerTarget } from '../server/manager.js';
import { openPasswords } from '../server/material.js';
import { dataKey, manifestKey } from './location.js';
import { writeManifest } from './manifest-file.js';
import { chooseSource, type BackupSource } from './source.js';

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`;

/**
 * Data first, manifest last: one pass from the server to the store. A crash at any line leaves data without a manifest, which is no backup.
 * Errors: those of source.ts, of the streams and of the store.
 */
export const takeBackup = async (asked: AttemptContext, askedBackup: BackupRow): Promise<void> => {
  const { context, backup } = await asOfToday(asked, askedBackup);
  const { control, engines, operation, signal } = context;
  const source = await chooseSource(context);
  // Not one that is about to go: by the time of a restore it would be gone.
  const tenantPasswords = (await openPasswords(control, context.database.id)).tenant.slice(0, 1);
  const envelope = { dataKey: randomBytes(32), tenantPasswords };
  const store = engines.stores.open(backup.store);
  const key = dataKey(backup.prefix, operation.attempt);
  await context.log('info', `Copying the data of "${source.database.handle}" to ${store.description}.`);
  const startedAt = control.now();
  const snapshot = await engines.streams.snapshot(await managerTarget(on(context, source.database)), signal);
  try {
    const reading = engines.streams.read(null);
    const object = await engines.streams.seal(
      reading.through(snapshot.body),
      { context: backup.id, dataKey: envelope.dataKey },
      (stored) => store.put(key, stored, signal),
      signal,
    );
    await faultPoints.reached('backup:data-stored');
    const contents = await reading.summary();
    await requireSameVersion(context);
    const manifest: BackupManifest = {
      ...describe(context, backup, source, snapshot),
      startedAt: startedAt.toISOString(),
      finishedAt: control.now().toISOString(),
      object: { key, ...object },
      contents,
    };
    const { file } = writeManifest(control.secrets, manifest, envelope);
    await store.put(manifestKey(backup.prefix, operation.attempt), once(file), signal);
    await faultPoints.reached('backup:manifest-stored');
    await context.log('info', `${megabytes(object.clearBytes)} became ${megabytes(object.storedBytes)}, sealed.`);
  } finally {
    snapshot.close();
  }
};

/** The database may have been changed since the backup was asked for, and a backup says what a server must be like that takes its data. */
const asOfToday = async (
  asked: AttemptContext,
  backup: BackupRow,
): Promise<{ readonly context: AttemptContext; readonly backup: BackupRow }> => {
  const database = (await findDatabase(asked.control.db, asked.database.id)) ?? asked.database;
  const context = on(asked, database);
  const shape = shapeOf(database);
  if (isDeepStrictEqual(shape, shapeOf(backup))) return { context, backup };
  await context.write((tx) => updateBackup(tx, backup.id, { ...shape, settings: JSON.stringify(shape.settings) }));
  return { context, backup: { ...backup, ...shape } };
};

const shapeOf = (row: DatabaseRow | BackupRow) => ({
  ...{ version: row.version, image: row.image, tls_protocols: row.tls_protocols, tls_only: row.tls_only },
  ...{ persistence: row.persistence, memory_mb: row.memory_mb, disk_gb: row.disk_gb },
  ...{ maxmemory_policy: row.maxmemory_policy, settings: row.settings },
});

/** Errors: `server_not_ready` when an upgrade came between; the next attempt begins anew. */
const requireSameVersion = async ({ control, database }: AttemptContext): Promise<void> => {
  if ((await findDatabase(control.db, database.id))?.version === database.version) return;
  throw new HoldfastError('server_not_ready', 'The database was upgraded while its data were copied.');
};

const describe = (
  { installation, environment, database }: AttemptContext,
  backup: BackupRow,
  source: BackupSource,
  snapshot: Snapshot,
) => ({
  format: 1 as const,
  backupId: backup.id,
  kind: backup.kind,
  installation: { id: installation.id, name: installation.name },
  environment: { id: environment.id, name: environment.name },
  database: {
    id: database.id,
    handle: backup.handle,
    version: backup.version,
    image: backup.image,
    tlsProtocols: [...backup.tls_protocols],
    persistence: backup.persistence,
    memoryMb: backup.memory_mb,
    diskGb: backup.disk_gb,
    tlsOnly: backup.tls_only,
    maxmemoryPolicy: backup.maxmemory_policy,
    settings: backup.settings,
  },
  source: {
    databaseId: source.database.id,
    role: source.database.role,
    replicationId: snapshot.replicationId,
    offset: snapshot.offset,
    usedMemoryBytes: source.usedMemoryBytes,
  },
});

export const once = async function* (bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
};
