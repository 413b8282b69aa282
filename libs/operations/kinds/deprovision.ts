import { leastStopGraceSeconds } from '#domain/database/size.js';
import {
  decideDeprovision,
  type DeprovisionAction,
  type DeprovisionSituation,
} from '#domain/operation/decide-server.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { faultPoints, type FaultPointName } from '#observability/fault-points.js';
import { backupOfOperation, failBackupOf } from '#persistence/backups.js';
import { incarnationsOf } from '#persistence/incarnations.js';
import { hasBegunOtherStep } from '#persistence/operations/read.js';
import { forgetFollower } from '../replication/forget.js';
import { removeIncarnation } from '../upgrade/successor.js';
import type { AttemptContext } from '../run/context.js';
import { removeHalfMade } from './backup-snapshot.js';
import { closeDoors } from './door-actions.js';
import { isFinalBackupDue, takeFinalBackup } from './final-backup.js';
import type { KindHandler } from './kind.js';
import { observeServerAndVolume, remove, removeVolume, serverIn, stop } from './server-actions.js';

type Situation = DeprovisionSituation & {
  readonly follows: boolean;
  readonly finalBackupDue: boolean;
  readonly hasOthers: boolean;
};

const observe = async (context: AttemptContext, done: ReadonlySet<string>): Promise<Situation> => ({
  ...(await observeServerAndVolume(context, done)),
  follows: context.others.some(({ status }) => status === 'provisioned'),
  finalBackupDue: await isFinalBackupDue(context),
  hasOthers: (await incarnationsOf(context.control.db, context.database.id)).length > 0,
});

const removeOthers = async (context: AttemptContext): Promise<void> => {
  for (const { incarnation } of await incarnationsOf(context.control.db, context.database.id))
    await removeIncarnation(context, { ...context.database, incarnation });
};

const tidy = async (context: AttemptContext): Promise<void> => {
  for (const source of context.others) await forgetFollower(context, source);
};

/** The only step that changes nothing of the database. */
const backupStep: DeprovisionAction = 'final-backup';

export const deprovision: KindHandler<Situation, DeprovisionAction> = {
  observe,
  decide: decideDeprovision,
  actions: {
    'final-backup': takeFinalBackup,
    'close-doors': closeDoors,
    // What it would save goes.
    stop: (context) => stop(context, leastStopGraceSeconds),
    remove,
    'remove-others': removeOthers,
    'remove-volume': removeVolume,
    tidy,
  },
  // Nothing half made stays of a final backup that could not be taken.
  compensate: async (context) =>
    (await backupOfOperation(context.control.db, context.operation.id)) ? removeHalfMade(context) : [],
  // Any deprovision: a later one may fail at its backup because of what an earlier one removed.
  untouched: async (tx, { database }) =>
    database.provisioned_at !== null && !(await hasBegunOtherStep(tx, 'deprovision', database.id, backupStep)),
  ended: async (tx, { operation }, { event, error }) => {
    if (event === 'fail') await failBackupOf(tx, operation.id, error?.detail ?? 'It was not taken.');
  },
  receipt: async ({ control, operation, database }) => {
    const backup = await backupOfOperation(control.db, operation.id);
    return { databaseId: database.id, handle: database.handle, ...(backup ? { backupId: backup.id } : {}) };
  },
};

/** The way back of a provision: each part by itself, so that one that fails keeps no other from going. Returns what is left. */
export const removeEverything = async (context: AttemptContext): Promise<readonly string[]> => {
  const server = serverIn(context);
  const parts: [what: string, undo: () => Promise<void>, done: FaultPointName][] = [
    ['the doors at the edge', () => closeDoors(context), 'compensation:doors-closed'],
    [`the container ${server.name}`, () => remove(context), 'compensation:container-removed'],
    [`the volume ${server.volume}`, () => removeVolume(context), 'compensation:volume-removed'],
  ];
  const left: string[] = [];
  for (const [what, undo, done] of parts) {
    try {
      await undo();
      await faultPoints.reached(done);
    } catch (error) {
      // A stranger's container or volume is not ours to remove, and nothing that we left behind.
      if (error instanceof HoldfastError && error.code === 'name_taken_by_stranger') continue;
      left.push(`${what}: ${error instanceof HoldfastError ? error.detail : String(error)}`);
    }
  }
  return left;
};
