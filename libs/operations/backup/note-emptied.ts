import { appendAudit } from '#persistence/audit/append.js';
import { backupBefore } from '#persistence/backups.js';
import type { Tx } from '#persistence/connection.js';
import type { BackupRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import { auditEvent } from '../requests/audit.js';

/**
 * A server that lost its data answers like any other, and its backup restores: that the one before held keys is all there is to tell by. Returns
 * what to say of it; null when there is nothing.
 */
export const noteEmptied = async (control: Control, tx: Tx, backup: BackupRow): Promise<string | null> => {
  const before = await backupBefore(tx, backup);
  if (!before || Number(before.keys ?? 1) === 0) return null;
  // Null when they could not be counted: the values of a module.
  const keysBefore = before.keys === null ? null : Number(before.keys);
  const subject = {
    environmentId: backup.environment_id,
    databaseId: backup.database_id,
    operationId: backup.operation_id,
  };
  const detail = { backupId: backup.id, before: before.id, keysBefore };
  await appendAudit(tx, auditEvent(control.now(), 'backup-snapshot', 'backup.emptied', subject, detail));
  return `It holds no key; the backup before it, ${before.id}, holds ${keysBefore === null ? 'some' : String(keysBefore)}.`;
};
