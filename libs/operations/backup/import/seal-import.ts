import { randomBytes } from 'node:crypto';
import type { BackupManifest } from '#contracts/backup-manifest.js';
import { isRoomFor, roomyFor } from '#domain/backup/restored-settings.js';
import { maxmemoryBytes } from '#domain/database/size.js';
import { HoldfastError, isHoldfastError } from '#domain/errors/holdfast-error.js';
import { sentences } from '#domain/text/sentences.js';
import { headBytes, requireLoadable } from '#domain/rdb/format.js';
import type { RdbSummary } from '#domain/rdb/summary.js';
import { maximumDatabases } from '#domain/settings/allow-list.js';
import type { RdbReading } from '#engine/ports/backup-streams.js';
import { noHistory } from '#engine/ports/foreign-server.js';
import { faultPoints } from '#observability/fault-points.js';
import type { BackupRow, DatabaseRow, EnvironmentRow, InstallationRow } from '#persistence/tables.js';
import type { Control } from '../../control.js';
import { dataKey, manifestKey } from '../location.js';
import { writeManifest } from '../manifest-file.js';
import { once } from '../take.js';
import type { BackupEngines } from '../export.js';

/** The backup that foreign data become, and the database that will hold them. */
export interface ImportTarget {
  readonly installation: Pick<InstallationRow, 'id' | 'name'>;
  readonly environment: Pick<EnvironmentRow, 'id' | 'name'>;
  readonly database: Pick<
    DatabaseRow,
    | 'id'
    | 'handle'
    | 'version'
    | 'image'
    | 'tls_protocols'
    | 'persistence'
    | 'memory_mb'
    | 'disk_gb'
    | 'tls_only'
    | 'maxmemory_policy'
  >;
  readonly backup: Pick<BackupRow, 'id' | 'store' | 'prefix'>;
  readonly attempt: number;
}

/** Where the data come from. */
export interface ImportSource {
  readonly body: AsyncIterable<Buffer>;
  /** Of a server that was copied as a whole; a file and a scan have none. */
  readonly history?: { readonly replicationId: string; readonly offset: number };
  readonly usedMemoryBytes: number | null;
}

export interface SealedImport {
  readonly manifest: BackupManifest;
  readonly manifestKey: string;
  readonly envelope: string;
  readonly summary: RdbSummary;
}

/**
 * Foreign data become a backup in a store: looked at from the first byte to the last, sealed, the manifest last. Errors: `import_invalid`,
 * `import_too_new`, `import_unreadable`, `restore_too_small`, those of the body and of the store; then nothing is stored.
 */
export const sealImport = async (
  control: Control,
  { stores, streams }: BackupEngines,
  target: ImportTarget,
  source: ImportSource,
  signal: AbortSignal,
): Promise<SealedImport> => {
  const { backup, database, attempt } = target;
  const store = stores.open(backup.store);
  const envelope = { dataKey: randomBytes(32), tenantPasswords: [] };
  const key = dataKey(backup.prefix, attempt);
  const startedAt = control.now();
  // A backup of ours is loaded by a server before anybody relies on it; a file of others is refused before anything is made of it.
  const reading = streams.read(null, 'checked');
  const found: { summary?: RdbSummary } = {};
  const object = await streams.seal(
    checked(source.body, reading, database, found),
    { context: backup.id, dataKey: envelope.dataKey },
    (stored) => store.put(key, stored, signal),
    signal,
  );
  await faultPoints.reached('backup:data-stored');
  if (!found.summary) throw new Error('The data were stored before they were read');
  const manifest: BackupManifest = {
    ...describe(target, source, object.clearBytes, found.summary),
    ...{ startedAt: startedAt.toISOString(), finishedAt: control.now().toISOString() },
    object: { key, ...object },
    contents: found.summary,
  };
  const { file, sealedEnvelope } = writeManifest(control.secrets, manifest, envelope);
  const written = manifestKey(backup.prefix, attempt);
  await store.put(written, once(file), signal);
  await faultPoints.reached('backup:manifest-stored');
  return { manifest, manifestKey: written, envelope: sealedEnvelope, summary: found.summary };
};

/** The same bytes, if they are what a server of that version and size loads. What is wrong is thrown before their end, so nothing is stored. */
async function* checked(
  body: AsyncIterable<Buffer>,
  reading: RdbReading,
  database: ImportTarget['database'],
  found: { summary?: RdbSummary },
): AsyncGenerator<Buffer> {
  yield* reading.through(fitting(headed(body, database.version), database));
  found.summary = await readable(reading);
}

const readable = async (reading: RdbReading): Promise<RdbSummary> => {
  try {
    const summary = await reading.summary();
    if ('unreadable' in summary) throw new HoldfastError('import_unreadable', `The data hold ${summary.unreadable}.`);
    if (isRoomFor(summary)) return summary;
    throw new HoldfastError(
      'import_unreadable',
      `The data lie in more than ${String(maximumDatabases)} logical databases.`,
    );
  } catch (error) {
    if (!isHoldfastError(error, 'backup_corrupt')) throw error;
    throw new HoldfastError('import_invalid', sentences(error.detail), { cause: error });
  }
};

async function* headed(body: AsyncIterable<Buffer>, version: string): AsyncGenerator<Buffer> {
  let head: Buffer | null = Buffer.alloc(0);
  for await (const chunk of body) {
    if (head === null) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < headBytes) continue;
    requireLoadable(head, version);
    yield head;
    head = null;
  }
  if (head !== null) requireLoadable(head, version);
}

/** A file is smaller than what becomes of it in memory; so one that is larger than the memory need not be read to its end. */
async function* fitting(
  body: AsyncIterable<Buffer>,
  database: Pick<DatabaseRow, 'memory_mb' | 'persistence'>,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    requireFit(bytes, database);
    yield chunk;
  }
}

/** Errors: `restore_too_small`. */
export const requireFit = (
  bytes: number,
  { memory_mb: memoryMb, persistence }: Pick<DatabaseRow, 'memory_mb' | 'persistence'>,
): void => {
  const room = maxmemoryBytes(memoryMb, persistence);
  if (bytes <= room) return;
  const megabytes = (count: number): string => String(Math.floor(count / 1024 / 1024));
  throw new HoldfastError(
    'restore_too_small',
    `The data take more than ${megabytes(bytes)} MB; a database of ${String(memoryMb)} MB may hold ${megabytes(room)} MB.`,
  );
};

const describe = (
  { installation, environment, database, backup }: ImportTarget,
  { history, usedMemoryBytes }: ImportSource,
  clearBytes: number,
  summary: RdbSummary,
) => ({
  format: 1 as const,
  backupId: backup.id,
  kind: 'manual' as const,
  installation: { id: installation.id, name: installation.name },
  environment: { id: environment.id, name: environment.name },
  database: {
    id: database.id,
    handle: database.handle,
    version: database.version,
    image: database.image,
    tlsProtocols: [...database.tls_protocols],
    persistence: database.persistence,
    memoryMb: database.memory_mb,
    diskGb: database.disk_gb,
    tlsOnly: database.tls_only,
    maxmemoryPolicy: database.maxmemory_policy,
    settings: roomyFor(summary, {}),
  },
  source: {
    databaseId: database.id,
    role: 'primary' as const,
    replicationId: history?.replicationId ?? noHistory,
    offset: history?.offset ?? 0,
    // The least that the data can take, where nobody says how much they take.
    usedMemoryBytes: usedMemoryBytes ?? clearBytes,
  },
});
