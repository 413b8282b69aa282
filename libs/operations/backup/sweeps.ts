import type { ObjectStores } from '#engine/ports/object-store.js';
import { faultPoints } from '#observability/fault-points.js';
import { failAbandonedBackups } from '#persistence/backup-retention.js';
import type { Control } from '../control.js';
import type { Sweep } from '../drift/sweeper.js';
import { timed } from '../drift/timed.js';
import { resealAll } from '../secrets/reseal.js';
import { discoverBackups } from './discovery/discover.js';
import { letBackupsGo } from './retention/let-go.js';
import { tidyStores } from './retention/tidy-stores.js';
import { askAgain } from './schedule/ask-again.js';
import { askForBackups } from './schedule/ask-for-backups.js';
import { watchAges } from './schedule/watch-ages.js';
import { verifyAgain } from './verification/verify-again.js';

export interface BackupSweepOptions {
  readonly control: Control;
  readonly stores: ObjectStores;
  /** Between two sweeps of the kind `verification`: how many it asks for depends on it. */
  readonly verificationEveryMs: number;
}

/** When no sweep is scheduled and somebody asks for one. */
const everyHourMs = 3_600_000;

export type BackupSweepKind = 'backup-schedule' | 'retention' | 'verification' | 'discovery' | 'keys';

/** The sweeps about backups, for their sweepers. Each may be stopped anywhere, and two of a kind may run at a time. */
export const backupSweeps = ({
  control,
  stores,
  verificationEveryMs,
}: BackupSweepOptions): Record<BackupSweepKind, Sweep> => ({
  'backup-schedule': timed(async (proceed) => {
    const { databases, requested, skipped } = await askForBackups(control, proceed);
    const again = await askAgain(control, proceed);
    await proceed();
    const { overdue, changes } = await watchAges(control);
    const asked = requested + again;
    return { databases, skipped, byFinding: { backup_overdue: overdue }, requested: asked, alertChanges: changes };
  }),
  retention: timed(async (proceed, signal) => {
    const abandoned = await failAbandonedBackups(control.db);
    await faultPoints.reached('retention:abandoned');
    const { databases, requested, skipped } = await letBackupsGo(control, proceed);
    const { removed, unknownBackups, unreachable } = await tidyStores(control, stores, proceed, signal);
    const found = { backup_abandoned: abandoned, object_stray: removed, backup_unknown: unknownBackups };
    return { databases, skipped, byFinding: { ...found, store_unreachable: unreachable.length }, requested };
  }),
  verification: timed(async (proceed) => {
    const { requested } = await verifyAgain(control, verificationEveryMs || everyHourMs, proceed);
    return { databases: 0, skipped: 0, byFinding: {}, requested };
  }),
  discovery: timed(async (proceed, signal) => {
    const { manifests, adopted, unusable, unreachable } = await discoverBackups(control, stores, proceed, signal);
    const byFinding = { manifest: manifests, backup_unusable: unusable, store_unreachable: unreachable.length };
    return { databases: 0, skipped: 0, byFinding, requested: adopted };
  }),
  keys: timed(async (proceed, signal) => {
    const { credentials, backups, left } = await resealAll(control, stores, proceed, signal);
    return { databases: 0, skipped: left, byFinding: { credential_resealed: credentials, backup_resealed: backups } };
  }),
});
