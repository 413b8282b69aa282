import type { BackupStreams } from '#engine/ports/backup-streams.js';
import type { ObjectStores } from '#engine/ports/object-store.js';
import { appendAudit } from '#persistence/audit/append.js';
import type { BackupRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import { auditEvent } from '../requests/audit.js';
import { requireSound } from '../requests/request-backup.js';
import { requireManifest, writtenId } from './stored.js';

/** What reads and writes backups. */
export interface BackupEngines {
  readonly stores: ObjectStores;
  readonly streams: BackupStreams;
}

/** A backup as a plain RDB file. */
export interface BackupExport {
  readonly fileName: string;
  readonly sizeBytes: number;
  /** When its bytes were last whole, they were these: hexadecimal SHA-256. */
  readonly sha256: string;
  /**
   * Writes into the history that the data leave, and then gives them out. What came out before an error must not be used. Errors:
   * `backup_corrupt`, also after the last byte; those of the store.
   */
  open(actor: string): Promise<AsyncIterable<Buffer>>;
}

/** Reads the manifest only. Errors: `backup_not_complete`, `backup_unrestorable`, `backup_corrupt`, `master_key_unknown`, `backup_object_missing`, those of the store. */
export const prepareExport = async (
  control: Control,
  { stores, streams }: BackupEngines,
  backup: BackupRow,
  signal: AbortSignal,
): Promise<BackupExport> => {
  requireSound(backup);
  const store = stores.open(backup.store);
  const { manifest, envelope } = await requireManifest(store, control.secrets, backup, signal);
  const { object } = manifest;
  return {
    fileName: `${backup.handle}-${manifest.startedAt.slice(0, 19).replaceAll(/[T:]/g, '-')}.rdb`,
    sizeBytes: object.clearBytes,
    sha256: object.clearSha256,
    open: async (actor) => {
      const stored = await store.get(object.key, signal);
      await recordExport(control, actor, backup);
      return streams.unseal(stored, { context: writtenId(backup), dataKey: envelope.dataKey }, object, signal);
    },
  };
};

/** All of it, for whoever wants to know whether it is whole. Errors: as those of an export. */
export const clearBytesOf = async (
  control: Control,
  { stores, streams }: BackupEngines,
  backup: BackupRow,
  signal: AbortSignal,
): Promise<AsyncIterable<Buffer>> => {
  const store = stores.open(backup.store);
  const { manifest, envelope } = await requireManifest(store, control.secrets, backup, signal);
  const stored = await store.get(manifest.object.key, signal);
  return streams.unseal(stored, { context: writtenId(backup), dataKey: envelope.dataKey }, manifest.object, signal);
};

const recordExport = (control: Control, actor: string, backup: BackupRow): Promise<void> => {
  const subject = { environmentId: backup.environment_id, databaseId: backup.database_id };
  const event = auditEvent(control.now(), actor, 'backup.exported', subject, { backupId: backup.id });
  return control.db.transaction().execute(async (tx) => {
    await appendAudit(tx, event);
  });
};
