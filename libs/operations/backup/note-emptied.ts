import { appendAudit } from '#persistence/audit/append.js';
import { backupBefore } from '#persistence/backups.js';
import type { Tx } from '#persistence/connection.js';
import { appendLog } from '#persistence/operations/journal.js';
import type { BackupRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import { auditEvent } from '../requests/audit.js';

/** A server that lost its data answers like any other, and its backup restores: that the one before held keys is all there is to tell by. */
export const noteEmptied = async (control: Control, tx: Tx, backup: BackupRow): Promise<void> => {
  const before = await backupBefore(tx, backup);
  if (!before || Number(before.keys ?? 1) === 0) return;
  // Null when they could not be counted: the values of a module.
  const keysBefore = before.keys === null ? null : Number(before.keys);
  const { environment_id: environmentId, database_id: databaseId, operation_id: operationId } = backup;
  const detail = { backupId: backup.id, before: before.id, keysBefore };
  const subject = { environmentId, databaseId, operationId };
  await appendAudit(tx, auditEvent(control.now(), 'backup-snapshot', 'backup.emptied', subject, detail));
  const held = keysBefore === null ? 'holds data whose keys could not be counted' : `holds ${String(keysBefore)}`;
  const line = `It holds no key; the backup before it, ${before.id}, ${held}.`;
  if (operationId !== null) await appendLog(tx, operationId, 'warn', line);
};
