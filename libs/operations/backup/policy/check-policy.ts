import type { BackupPolicy } from '#domain/backup/policy.js';
import { HoldfastError, type FieldProblem } from '#domain/errors/holdfast-error.js';
import type { Control } from '../../control.js';
import { scheduleProblem, timeZoneProblem } from '../schedule/cron.js';

/**
 * The policy with its second store: the first other one, when copies are wanted and none is named.
 * Errors: `backup_store_unknown`; `invalid_request` for a schedule or zone that is none, and for copies that would lie beside the originals.
 */
export const checkedPolicy = (control: Control, policy: BackupPolicy): BackupPolicy => {
  for (const store of [policy.store, policy.copyStore]) {
    if (store === null || control.backupStores.includes(store)) continue;
    const names = control.backupStores.join(', ');
    throw new HoldfastError('backup_store_unknown', `There is no store "${store}"; there are: ${names}.`);
  }
  checkTiming(control, policy);
  const store = policy.store ?? control.backupStores[0];
  // Also where no copies are made: whoever names both means them, and would hear of it when it is needed.
  if (policy.copyStore === store)
    throw invalid([{ path: 'copyStore', message: 'must be another one than the first store' }]);
  if (!policy.makeCopy) return policy;
  const copyStore = policy.copyStore ?? control.backupStores.find((name) => name !== store);
  if (copyStore === undefined) throw invalid([{ path: 'copyStore', message: 'there is no second store to copy to' }]);
  return { ...policy, copyStore };
};

/** Errors: `invalid_request`. */
export const checkTiming = (control: Control, { schedule, timeZone }: BackupPolicy): void => {
  const zone = timeZoneProblem(timeZone);
  const cron = scheduleProblem(schedule, timeZone, control.now());
  const problems: FieldProblem[] = [
    ...(zone === null ? [] : [{ path: 'timeZone', message: zone }]),
    ...(cron === null ? [] : [{ path: 'schedule', message: cron }]),
  ];
  if (problems.length > 0) throw invalid(problems);
};

const invalid = (problems: readonly FieldProblem[]): HoldfastError =>
  new HoldfastError('invalid_request', 'The policy cannot be kept as it stands.', { problems });
