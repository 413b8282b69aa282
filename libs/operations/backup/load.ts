import { posix } from 'node:path';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { restoredDataFiles } from '#domain/server/restored-data.js';
import { serverPaths, serverUser } from '#domain/server/names.js';
import type { PersistenceMode } from '#domain/database/persistence.js';
import type { Owner } from '#engine/ports/container-engine.js';
import type { RdbReading } from '#engine/ports/backup-streams.js';
import type { BackupRow } from '#persistence/tables.js';
import type { AttemptContext } from '../run/context.js';
import type { OpenedManifest } from './manifest-file.js';
import { withSecondRead } from './second-read.js';
import { requireManifest, writtenId } from './stored.js';

/** A container that was created and not started, with a volume that holds the folder for data. */
export interface LoadTarget {
  readonly container: string;
  readonly volume: { readonly name: string; readonly owner: Owner };
  readonly version: string;
  readonly persistence: PersistenceMode;
}

/**
 * Puts the data of a backup where a server of this version and mode starts with them. Nothing of it may be started when this throws: what is
 * wrong with the bytes may show at the last one. Errors: `backup_corrupt`, `backup_object_missing`, `disk_full`, those of the store.
 */
export const loadBackup = async (
  context: AttemptContext,
  backup: BackupRow,
  target: LoadTarget,
  reading?: RdbReading,
): Promise<OpenedManifest> => {
  const { files } = restoredDataFiles(target.version, target.persistence);
  const { containers } = context.engines;
  if (files.length > 0) await containers.writeFiles(target.container, serverPaths.root, files, context.signal);
  return withSecondRead(context, () => loadOnce(context, backup, target, reading));
};

const loadOnce = async (
  context: AttemptContext,
  backup: BackupRow,
  target: LoadTarget,
  reading?: RdbReading,
): Promise<OpenedManifest> => {
  const { engines, control, signal } = context;
  const store = engines.stores.open(backup.store);
  const opened = await requireManifest(store, control.secrets, backup, signal);
  const { object } = opened.manifest;
  const { rdbPath } = restoredDataFiles(target.version, target.persistence);
  await requireDisk(context, target, rdbPath, object.clearBytes);
  const stored = await store.get(object.key, signal);
  const sealing = { context: writtenId(backup), dataKey: opened.envelope.dataKey };
  const clear = engines.streams.unseal(stored, sealing, object, signal);
  const body = reading ? reading.through(clear) : clear;
  const file = { ...serverUser, sizeBytes: object.clearBytes, mode: 0o600, body };
  await engines.containers.writeStream(target.container, rdbPath, file, signal);
  return opened;
};

/** The engine takes all the bytes before it says that they do not fit, and the disk is that of others too. Errors: `disk_full`. */
const requireDisk = async (
  { engines: { containers }, signal }: AttemptContext,
  { container, volume }: LoadTarget,
  path: string,
  bytes: number,
): Promise<void> => {
  const room = async (): Promise<number> =>
    (await containers.volumeFreeBytes(volume.name, volume.owner, signal)) ?? Infinity;
  if (bytes <= (await room())) return;
  // What an attempt that died has put in is in the way of nobody but this one.
  const emptied = { path: posix.relative(serverPaths.root, path), content: '', mode: 0o600, ...serverUser };
  await containers.writeFiles(container, serverPaths.root, [emptied], signal);
  const free = await room();
  if (bytes <= free) return;
  const megabytes = (count: number): string => (count / 1024 / 1024).toFixed(1);
  throw new HoldfastError(
    'disk_full',
    `The data take ${megabytes(bytes)} MB; the disk that the volume lies on has ${megabytes(free)} MB free.`,
  );
};

/**
 * How often to look whether a server has loaded this much: each look is a new connection, which takes from the same processors as the loading
 * does. A twentieth of what a fast server needs, so that nobody waits long for nothing.
 */
export const betweenLooksMs = (clearBytes: number): number =>
  Math.min(500, Math.max(10, clearBytes / (20 * fastestLoadBytesPerMs)));

const fastestLoadBytesPerMs = 250_000;

/** Errors: `backup_not_found` when it was purged meanwhile. */
export const requireBackup = (backup: BackupRow | undefined, id: string): BackupRow => {
  if (backup?.status === 'complete') return backup;
  throw new HoldfastError('backup_not_found', `The backup ${id} is ${backup?.status ?? 'not there'}.`);
};
