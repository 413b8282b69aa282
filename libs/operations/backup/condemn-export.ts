import { isHoldfastError, type HoldfastError } from '#domain/errors/holdfast-error.js';
import { appendAudit } from '#persistence/audit/append.js';
import { findBackup, lockBackup } from '#persistence/backups.js';
import type { BackupRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import { auditEvent } from '../requests/audit.js';
import { condemnBackup } from './condemn.js';
import { clearBytesOf, type BackupEngines } from './export.js';

/**
 * What an export ended with may be the fault of the way and not of the backup, so all of it is read once more, and only what is found
 * again stands as a failed verification. Errors: those of Postgres.
 */
export const condemnAfterExport = async (
  control: Control,
  engines: BackupEngines,
  actor: string,
  { id }: Pick<BackupRow, 'id'>,
  found: unknown,
  signal: AbortSignal,
): Promise<void> => {
  if (!tellsOfDamage(found)) return;
  const backup = await findBackup(control.db, id);
  if (backup?.status !== 'complete' || backup.verification === 'failed') return;
  const damage = await damageOf(control, engines, backup, signal);
  if (damage) await condemn(control, actor, id, damage);
};

const tellsOfDamage = (error: unknown): error is HoldfastError =>
  isHoldfastError(error, 'backup_corrupt') || isHoldfastError(error, 'backup_object_missing');

/** Null when it is whole, and when nobody could tell. */
const damageOf = async (
  control: Control,
  engines: BackupEngines,
  backup: BackupRow,
  signal: AbortSignal,
): Promise<HoldfastError | null> => {
  try {
    for await (const _ of await clearBytesOf(control, engines, backup, signal)) signal.throwIfAborted();
    return null;
  } catch (error) {
    return tellsOfDamage(error) && !signal.aborted ? error : null;
  }
};

const condemn = async (control: Control, actor: string, id: string, error: HoldfastError): Promise<void> => {
  const { code, detail, remedy } = error;
  await control.db.transaction().execute(async (tx) => {
    const backup = await lockBackup(tx, id, 'no key update');
    if (backup?.status !== 'complete') return;
    const subject = { environmentId: backup.environment_id, databaseId: backup.database_id };
    const [now, found] = [control.now(), { code, detail, remedy, leftBehind: [] }];
    await condemnBackup(tx, id, { event: 'fail', error: found }, now);
    await appendAudit(
      tx,
      auditEvent(now, actor, 'backup.condemned', subject, { backupId: id, error: { code, detail } }),
    );
  });
};
