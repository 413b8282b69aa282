import type { BackupOperationRequest } from '#contracts/backup-requests.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { OperationKind } from '#domain/operation/kinds.js';
import { appendAudit } from '#persistence/audit/append.js';
import { policyOf } from '#persistence/backup-policies.js';
import { purgesOf, purgesOfFamily, updateBackup } from '#persistence/backups.js';
import type { Tx } from '#persistence/connection.js';
import type { BackupRow, EnvironmentRow, OperationRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import { requireNamedStore, requireNamedStores } from '../backup/named-stores.js';
import { auditEvent } from './audit.js';
import { requestCopy, requestPurge, requestVerify, requireComplete } from './request-backup.js';
import { requestRestore } from './request-restore.js';

/** The kind of operation that a request about a backup asks for. */
export const kindOfRequest = {
  restore: 'restore',
  verify: 'verify-backup',
  copy: 'copy-backup',
  purge: 'purge-backup',
} as const satisfies Record<BackupOperationRequest['type'], OperationKind>;

/** Errors: those of request-backup.ts and request-restore.ts, `confirmation_required`, `backup_store_unknown`. The backup is locked. */
export const requestOnBackup = async (
  control: Control,
  tx: Tx,
  actor: string,
  subject: { backup: BackupRow; environment: EnvironmentRow },
  request: BackupOperationRequest,
): Promise<OperationRow> => {
  const { backup } = subject;
  if (request.type === 'purge') await requireNamedStores(control, tx, backup);
  else requireNamedStore(control, backup);
  switch (request.type) {
    case 'restore':
      return (await requestRestore(control, tx, actor, subject, request)).operation;
    case 'verify':
      return requestVerify(control, tx, actor, backup);
    case 'copy':
      return requestCopy(control, tx, actor, backup, request.store ?? (await secondStore(tx, backup)));
    case 'purge':
      requireTyped(backup, request.confirm);
      return requestPurge(control, tx, actor, backup);
  }
};

const secondStore = async (tx: Tx, backup: BackupRow): Promise<string> => {
  const { copyStore } = await policyOf(tx, { id: backup.database_id, environment_id: backup.environment_id });
  if (copyStore !== null) return copyStore;
  throw new HoldfastError(
    'backup_store_unknown',
    "No store was named, and the environment's policy has no second one.",
  );
};

const requireTyped = ({ id, handle }: BackupRow, confirm: string | undefined): void => {
  if (confirm === id) return;
  const given = confirm === undefined ? 'nothing was typed' : `"${confirm}" was typed`;
  throw new HoldfastError(
    'confirmation_required',
    `Purging removes the backup of "${handle}" and its copies for good. Type its id "${id}" to confirm; ${given}.`,
    { remedy: 'Send the id of the backup as "confirm"; in the CLI: `--confirm ID`.' },
  );
};

/**
 * A hold forbids everybody to delete the backup; null ends it. There is one: another reason takes its place, and the history has both. What is
 * as asked for already is left alone. The backup is locked. Errors: `backup_in_use`, `backup_not_complete`, `backup_not_found`.
 */
export const holdBackup = async (
  control: Control,
  tx: Tx,
  actor: string,
  backup: BackupRow,
  reason: string | null,
): Promise<void> => {
  if (backup.status === 'purged') throw new HoldfastError('backup_not_found', `The backup ${backup.id} was purged.`);
  // What has failed is removed by the next sweeps, held or not.
  if (reason !== null && backup.status === 'failed') requireComplete(backup);
  // A hold on the original is one on its copies.
  const [purge] = await (backup.copy_of === null ? purgesOfFamily(tx, backup) : purgesOf(tx, backup));
  if (purge) throw new HoldfastError('backup_in_use', `The operation ${purge.id} purges it.`);
  const { hold_reason: former, held_by: formerBy } = backup;
  if (reason === former && (reason === null || formerBy === actor)) return;
  const now = control.now();
  const hold = reason === null ? { held_by: null, held_at: null } : { held_by: actor, held_at: now };
  await updateBackup(tx, backup.id, { hold_reason: reason, ...hold });
  const subject = { environmentId: backup.environment_id, databaseId: backup.database_id };
  const action = reason === null ? 'backup.released' : 'backup.held';
  await appendAudit(tx, auditEvent(now, actor, action, subject, { backupId: backup.id, reason, former, formerBy }));
};
