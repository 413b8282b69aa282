import { databaseStatuses, type DatabaseStatus } from '../database/status.js';
import type { OperationKind } from './kinds.js';

/** `untouched`: it failed before anything of its database was changed. */
export type OperationMoment = 'claim' | 'succeed' | 'fail' | 'untouched' | 'cancel';

/** What a moment of an operation means for its database; a missing one changes nothing. `docs/state-machines.md` is generated from it. */
export const databaseStatusAfter: Record<OperationKind, Partial<Record<OperationMoment, DatabaseStatus>>> = {
  // A cancelled provision has removed all it made, so nothing is left to deprovision and the handle is free again.
  provision: { claim: 'provisioning', succeed: 'provisioned', fail: 'provision_failed', cancel: 'deprovisioned' },
  restart: {},
  reload: {},
  replicate: { claim: 'provisioning', succeed: 'provisioned', fail: 'provision_failed', cancel: 'deprovisioned' },
  promote: {},
  unlink: {},
  upgrade: {},
  'go-back': {},
  discard: {},
  repair: {},
  configure: {},
  resize: {},
  'rotate-credentials': {},
  'retire-credentials': {},
  'renew-certificate': {},
  rename: {},
  deprovision: {
    claim: 'deprovisioning',
    succeed: 'deprovisioned',
    fail: 'deprovision_failed',
    // A final backup that cannot be taken must not end the care for a healthy database.
    untouched: 'provisioned',
  },
  'backup-snapshot': {},
  'verify-backup': {},
  'copy-backup': {},
  'purge-backup': {},
  restore: { claim: 'provisioning', succeed: 'provisioned', fail: 'provision_failed', cancel: 'deprovisioned' },
  import: { claim: 'provisioning', succeed: 'provisioned', fail: 'provision_failed', cancel: 'deprovisioned' },
};

/** Statuses in which a worker may begin with an operation; in any other it fails with `database_not_ready`. */
export const statusesToBegin: Record<OperationKind, readonly DatabaseStatus[]> = {
  provision: ['pending', 'provisioning', 'provision_failed'],
  restart: ['provisioned'],
  reload: ['provisioned'],
  replicate: ['pending', 'provisioning', 'provision_failed'],
  promote: ['provisioned'],
  unlink: ['provisioned'],
  upgrade: ['provisioned'],
  'go-back': ['provisioned'],
  discard: ['provisioned'],
  repair: ['provisioned'],
  configure: ['provisioned'],
  resize: ['provisioned'],
  'rotate-credentials': ['provisioned'],
  'retire-credentials': ['provisioned'],
  'renew-certificate': ['provisioned'],
  rename: ['provisioned'],
  deprovision: ['pending', 'provisioned', 'provision_failed', 'deprovisioning', 'deprovision_failed'],
  'backup-snapshot': ['provisioned'],
  // The backups of a database outlive it.
  'verify-backup': databaseStatuses,
  'copy-backup': databaseStatuses,
  'purge-backup': databaseStatuses,
  restore: ['pending', 'provisioning', 'provision_failed'],
  import: ['pending', 'provisioning', 'provision_failed'],
};
