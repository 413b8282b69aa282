import { effectivePolicy, type BackupPolicy, type DatabaseBackupPolicy } from '#domain/backup/policy.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { counted } from '#domain/text/counted.js';
import { appendAudit } from '#persistence/audit/append.js';
import {
  lockPolicies,
  ownPolicyOf,
  policyOfEnvironment,
  writeOwnPolicy,
  writePolicy,
} from '#persistence/backup-policies.js';
import { databasesWithAutomaticBackups } from '#persistence/backup-retention.js';
import { restartSchedules } from '#persistence/backup-schedules.js';
import type { Tx } from '#persistence/connection.js';
import { findDatabase } from '#persistence/databases.js';
import type { DatabaseRow } from '#persistence/tables.js';
import type { Control } from '../../control.js';
import { auditEvent } from '../../requests/audit.js';
import { backupsToPurge } from '../retention/decide.js';
import { checkedPolicy, checkTiming } from './check-policy.js';

/** A policy of nothing but the environment's. */
export const noOwnPolicy: DatabaseBackupPolicy = {
  ...{ daily: null, monthly: null, yearly: null, schedule: null, timeZone: null, maximumAgeHours: null },
};

/**
 * Changes what an environment promises. Errors: those of `checkedPolicy`; `backup_policy_would_delete` with all that would go and would not
 * by the policy before, unless that is confirmed.
 */
export const changePolicy = async (
  control: Control,
  tx: Tx,
  actor: string,
  environmentId: string,
  change: { readonly patch: Partial<BackupPolicy>; readonly confirm: boolean },
): Promise<BackupPolicy> => {
  await lockPolicies(tx, environmentId);
  const before = await policyOfEnvironment(tx, environmentId);
  const after = checkedPolicy(control, { ...before, ...change.patch });
  const losses: Loss[] = [];
  for (const id of await databasesWithAutomaticBackups(tx, environmentId)) {
    const own = await ownPolicyOf(tx, id);
    losses.push(...(await lossesOf(control, tx, id, effectivePolicy(before, own), effectivePolicy(after, own))));
  }
  requireConfirmed(losses, change.confirm);
  await writePolicy(tx, environmentId, after);
  if (timingDiffers(before, after)) await restartSchedules(tx, { environmentId }, control.now());
  const detail = { before, after, lets: losses.map(({ id }) => id) };
  await appendAudit(tx, auditEvent(control.now(), actor, 'backup-policy.changed', { environmentId }, detail));
  return after;
};

/** Changes what a database has otherwise. Errors: `invalid_request`, `backup_policy_would_delete`. */
export const changeOwnPolicy = async (
  control: Control,
  tx: Tx,
  actor: string,
  database: Pick<DatabaseRow, 'id' | 'environment_id'>,
  change: { readonly patch: Partial<DatabaseBackupPolicy>; readonly confirm: boolean },
): Promise<{ own: DatabaseBackupPolicy; effective: BackupPolicy }> => {
  const { id: databaseId, environment_id: environmentId } = database;
  await lockPolicies(tx, environmentId);
  const environment = await policyOfEnvironment(tx, environmentId);
  const before = (await ownPolicyOf(tx, databaseId)) ?? noOwnPolicy;
  const own = { ...before, ...change.patch };
  const [held, effective] = [effectivePolicy(environment, before), effectivePolicy(environment, own)];
  checkTiming(control, effective);
  const losses = await lossesOf(control, tx, databaseId, held, effective);
  requireConfirmed(losses, change.confirm);
  await writeOwnPolicy(tx, databaseId, own);
  if (timingDiffers(held, effective)) await restartSchedules(tx, { databaseId }, control.now());
  const detail = { before, after: own, lets: losses.map(({ id }) => id) };
  const subject = { environmentId, databaseId };
  await appendAudit(tx, auditEvent(control.now(), actor, 'backup-policy.changed', subject, detail));
  return { own, effective };
};

const timingDiffers = (before: BackupPolicy, after: BackupPolicy): boolean =>
  before.schedule !== after.schedule || before.timeZone !== after.timeZone;

interface Loss {
  readonly id: string;
  readonly handle: string;
  readonly snapshotAt: Date;
}

/** What goes after the change and would not before it. */
const lossesOf = async (
  control: Control,
  tx: Tx,
  databaseId: string,
  before: BackupPolicy,
  after: BackupPolicy,
): Promise<Loss[]> => {
  const database = await findDatabase(tx, databaseId);
  if (!database) return [];
  const now = control.now();
  const gone = new Set((await backupsToPurge(tx, database, before, now)).map(({ id }) => id));
  return (await backupsToPurge(tx, database, after, now))
    .filter(({ id }) => !gone.has(id))
    .map(({ id, snapshotAt }) => ({ id, snapshotAt, handle: database.handle }));
};

const requireConfirmed = (losses: readonly Loss[], confirm: boolean): void => {
  if (losses.length === 0 || confirm) return;
  const handles = [...new Set(losses.map(({ handle }) => handle))];
  const count = counted(losses.length, 'automatic backup');
  throw new HoldfastError('backup_policy_would_delete', `${count} would go, of ${handles.join(', ')}.`, {
    problems: losses.map(({ id, handle, snapshotAt }) => ({
      path: id,
      message: `of "${handle}", ${snapshotAt.toISOString()}`,
    })),
  });
};
