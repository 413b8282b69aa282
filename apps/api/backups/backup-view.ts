import type { Backup } from '#contracts/http/backups.js';
import { fromRow } from '#domain/settings/settings.js';
import { keyVersionOf } from '#operations/backup/envelope.js';
import type { BackupView } from '#persistence/pages/backups.js';

const numberOf = (text: string | null): number | null => (text === null ? null : Number(text));
const isoOf = (at: Date | null): string | null => at?.toISOString() ?? null;

export const toBackup = (row: BackupView): Backup => ({
  id: row.id,
  database: row.database_id,
  handle: row.handle,
  environment: row.environment_name,
  environmentId: row.environment_id,
  orphaned: row.orphaned,
  kind: row.kind,
  status: row.status,
  error: row.error,
  ...verificationOf(row),
  version: row.version,
  persistence: row.persistence,
  memoryMb: row.memory_mb,
  settings: fromRow(row.maxmemory_policy, row.settings),
  ...contentsOf(row),
  store: row.store,
  copyOf: row.copy_of,
  copies: row.copies.map(({ id }) => id),
  masterKeyVersion: row.envelope === null ? null : keyVersionOf(row.envelope),
  hold: holdOf(row),
  requestedBy: row.requested_by,
  operation: row.operation_id,
  snapshotAt: isoOf(row.snapshot_at),
  createdAt: row.created_at.toISOString(),
  completedAt: isoOf(row.completed_at),
  purgedAt: isoOf(row.purged_at),
});

const verificationOf = (row: BackupView) => ({
  verification: row.verification,
  verificationDetail: row.verification_detail,
  verifiedAt: isoOf(row.verified_at),
  checkedAt: isoOf(row.checked_at),
  restoreMs: row.restore_ms,
});

const contentsOf = ({ manifest, keys, stored_bytes: storedBytes }: BackupView) => {
  const contents = manifest?.contents;
  return {
    storedBytes: numberOf(storedBytes),
    clearBytes: manifest?.object.clearBytes ?? null,
    keys: numberOf(keys),
    keysByDatabase:
      contents && 'databases' in contents
        ? contents.databases.map(({ index, keys: count, expiring }) => ({ index, keys: count, expiring }))
        : null,
    takenFrom: manifest?.source.databaseId ?? null,
  };
};

export const holdOf = ({
  hold_reason: reason,
  held_by: by,
  held_at: at,
}: Pick<BackupView, 'hold_reason' | 'held_by' | 'held_at'>): Backup['hold'] =>
  reason === null || by === null || at === null ? null : { reason, by, at: at.toISOString() };
