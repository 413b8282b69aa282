import { overdueSince } from '#domain/backup/alert.js';
import { sweepActor } from '#domain/drift/sweep.js';
import { faultPoints } from '#observability/fault-points.js';
import { appendAudit } from '#persistence/audit/append.js';
import { alertsWithoutSchedule, backupAges, endAlert, raiseAlert, type BackupAge } from '#persistence/backup-ages.js';
import { policyBook } from '#persistence/backup-policies.js';
import type { Control } from '../../control.js';
import { auditEvent } from '../../requests/audit.js';

export interface WatchedAges {
  readonly overdue: number;
  readonly changes: number;
}

/** Raises and ends the alerts of databases that have had no verified backup for too long. The history has each change once. */
export const watchAges = async (control: Control): Promise<WatchedAges> => {
  const now = control.now();
  const policyFor = await policyBook(control.db);
  let [overdue, changes] = [0, 0];
  for (const age of await backupAges(control.db)) {
    const { maximumAgeHours } = policyFor(age);
    const since = overdueSince(age.proven_at, maximumAgeHours, now);
    overdue += Number(since !== null);
    if ((since === null) === (age.overdue_since === null)) continue;
    changes += Number(await change(control, age, since, maximumAgeHours));
    await faultPoints.reached('backup-schedule:alerted');
  }
  for (const { database_id, environment_id } of await alertsWithoutSchedule(control.db)) {
    changes += Number(await change(control, { id: database_id, environment_id, verified_at: null }, null, null));
  }
  return { overdue, changes };
};

const change = (
  control: Control,
  {
    id,
    environment_id: environmentId,
    verified_at: verifiedAt,
  }: Pick<BackupAge, 'id' | 'environment_id' | 'verified_at'>,
  since: Date | null,
  maximumAgeHours: number | null,
): Promise<boolean> =>
  control.db.transaction().execute(async (tx) => {
    const changed = since === null ? await endAlert(tx, id) : await raiseAlert(tx, id, since);
    if (!changed) return false;
    const action = since === null ? 'database.backup-alert-ended' : 'database.backup-overdue';
    const detail = { verifiedAt: verifiedAt?.toISOString() ?? null, maximumAgeHours };
    const subject = { environmentId, databaseId: id };
    await appendAudit(tx, auditEvent(control.now(), sweepActor('backup-schedule'), action, subject, detail));
    await faultPoints.reached('backup-schedule:alerting');
    return true;
  });
