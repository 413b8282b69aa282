import { decideSnapshot } from '#domain/backup/decide-snapshot.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { policyOf } from '#persistence/backup-policies.js';
import { backupOfOperation } from '#persistence/backups.js';
import { newId } from '../control.js';
import { recordBackup } from '../requests/request-backup.js';
import type { AttemptContext } from '../run/context.js';
import { observeBackup, snapshotActions } from './backup-snapshot.js';

/**
 * When the policy says so and nobody has said otherwise, of a database that was ready once. A replica has what its source has, and one that
 * is fenced lost its role to another.
 */
export const isFinalBackupDue = async ({ control, database, operation }: AttemptContext): Promise<boolean> => {
  const { provisioned_at: provisionedAt, backups_enabled: enabled, role } = database;
  if (provisionedAt === null || !enabled || role !== 'primary') return false;
  if (operation.parameters['skipFinalBackup'] === true) return false;
  const taken = await backupOfOperation(control.db, operation.id);
  if (taken) return taken.status === 'running';
  return (await policyOf(control.db, database)).keepFinal;
};

/** As a snapshot, within the deprovision. Errors: those of a snapshot, with another remedy. */
export const takeFinalBackup = async (context: AttemptContext): Promise<void> => {
  await ensureRow(context);
  try {
    for (;;) {
      const decision = decideSnapshot(await observeBackup(context));
      if (decision.next === 'finish') return;
      if ('detail' in decision) throw new HoldfastError(decision.code, decision.detail);
      await snapshotActions[decision.next](context);
    }
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    throw new HoldfastError(error.code, `The final backup cannot be taken: ${error.detail}`, { cause: error, remedy });
  }
};

const remedy = 'Mend the cause, or deprovision with `--skip-final-backup`; nothing has been removed.';

const ensureRow = async (context: AttemptContext): Promise<void> => {
  const { control, database, operation } = context;
  if (await backupOfOperation(control.db, operation.id)) return;
  await context.write(async (tx) => {
    await recordBackup(control, tx, { id: newId(), kind: 'final', database, actor: operation.requested_by, operation });
  });
};
