import { decideSnapshot, type SnapshotAction, type SnapshotSituation } from '#domain/backup/decide-snapshot.js';
import { isHoldfastError } from '#domain/errors/holdfast-error.js';
import { keysIn } from '#domain/rdb/summary.js';
import { backupOfOperation, completeBackup, failBackupOf } from '#persistence/backups.js';
import type { BackupRow } from '#persistence/tables.js';
import { isManifestKey } from '../backup/location.js';
import type { OpenedManifest } from '../backup/manifest-file.js';
import { listBelow, readManifestAt, removeBelow, writtenId } from '../backup/stored.js';
import { noteEmptied } from '../backup/note-emptied.js';
import { takeBackup } from '../backup/take.js';
import { requestFollowUps } from '../requests/backup-follow-ups.js';
import type { AttemptContext } from '../run/context.js';
import { perAttempt } from '../run/per-attempt.js';
import type { KindHandler } from './kind.js';

export const backupIn = async ({ control, operation }: AttemptContext): Promise<BackupRow> => {
  const backup = await backupOfOperation(control.db, operation.id);
  if (!backup) throw new Error(`Operation ${operation.id} makes no backup`);
  return backup;
};

interface Found {
  readonly key: string;
  readonly opened: OpenedManifest;
}

const unusable = ['backup_corrupt', 'backup_object_missing', 'master_key_unknown'] as const;

/** The whole manifest among what lies in the store, with its data; one that is not whole counts for nothing. */
const findManifest = async (context: AttemptContext, backup: BackupRow): Promise<Found | null> => {
  const { engines, control, signal } = context;
  const store = engines.stores.open(backup.store);
  const objects = await listBelow(store, backup.prefix, signal);
  for (const { key } of objects) {
    if (!isManifestKey(key)) continue;
    try {
      const opened = await readManifestAt(store, control.secrets, writtenId(backup), key, signal);
      const { object } = opened.manifest;
      if (objects.some((one) => one.key === object.key && one.bytes === object.storedBytes)) return { key, opened };
    } catch (error) {
      if (!unusable.some((code) => isHoldfastError(error, code))) throw error;
    }
  }
  return null;
};

const writing = perAttempt(() => ({ isDone: false }));

/** Data and manifest, once in an attempt. */
export const writingOnce =
  (write: (context: AttemptContext) => Promise<void>) =>
  async (context: AttemptContext): Promise<void> => {
    await write(context);
    writing(context).isDone = true;
  };

export const observeBackup = async (context: AttemptContext): Promise<SnapshotSituation> => {
  const backup = await backupIn(context);
  if (backup.status !== 'running') return { recorded: true, stored: true, written: true, leftovers: false };
  const store = context.engines.stores.open(backup.store);
  return {
    recorded: false,
    written: writing(context).isDone,
    stored: (await findManifest(context, backup)) !== null,
    leftovers: (await listBelow(store, backup.prefix, context.signal)).length > 0,
  };
};

const tidy = async (context: AttemptContext): Promise<void> => {
  const backup = await backupIn(context);
  await removeBelow(context.engines.stores.open(backup.store), backup.prefix, context.signal);
};

const record = async (context: AttemptContext): Promise<void> => {
  const backup = await backupIn(context);
  const found = await findManifest(context, backup);
  if (!found) throw new Error(`The manifest of the backup ${backup.id} was there a moment ago`);
  const { manifest, sealedEnvelope: envelope } = found.opened;
  await removeBelow(
    context.engines.stores.open(backup.store),
    backup.prefix,
    context.signal,
    new Set([found.key, manifest.object.key]),
  );
  const keys = 'unreadable' in manifest.contents ? null : keysIn(manifest.contents);
  await context.write(async (tx) => {
    const complete = { manifest, manifestKey: found.key, envelope, keys };
    const first = await completeBackup(tx, backup.id, complete);
    if (!first || backup.copy_of !== null) return;
    if (keys === 0) await noteEmptied(context.control, tx, backup);
    await requestFollowUps(context.control, tx, backup);
  });
};

/** Shared with the final backup of a deprovision. */
export const snapshotActions = {
  tidy,
  write: writingOnce(async (context) => takeBackup(context, await backupIn(context))),
  record,
} satisfies KindHandler<SnapshotSituation, SnapshotAction>['actions'];

/** Nothing half made stays in the store. Returns what is left. */
export const removeHalfMade = async (context: AttemptContext): Promise<readonly string[]> => {
  const backup = await backupIn(context);
  if (backup.status !== 'running') return [];
  const store = context.engines.stores.open(backup.store);
  try {
    await removeBelow(store, backup.prefix, context.signal);
    return [];
  } catch {
    return [`objects below ${backup.prefix} in ${store.description}; a later sweep removes them`];
  }
};

export const backupSnapshot: KindHandler<SnapshotSituation, SnapshotAction> = {
  observe: observeBackup,
  decide: decideSnapshot,
  actions: snapshotActions,
  compensate: removeHalfMade,
  ended: async (tx, { operation }, { event, error }) => {
    if (event !== 'succeed') await failBackupOf(tx, operation.id, error?.detail ?? 'It was cancelled.');
  },
  receipt: async (context) => {
    const { id, keys, stored_bytes: storedBytes, store, manifest } = await backupIn(context);
    return {
      backupId: id,
      store,
      storedBytes: Number(storedBytes),
      clearBytes: manifest?.object.clearBytes ?? null,
      keys: keys === null ? null : Number(keys),
      takenFrom: manifest?.source.databaseId ?? null,
    };
  },
};
