import { decideUpgrade, type UpgradeAction, type UpgradeSituation } from '#domain/upgrade/decide-upgrade.js';
import { backupOfOperation, failBackupOf } from '#persistence/backups.js';
import { updateDatabase } from '#persistence/databases.js';
import type { OperationReceipt } from '#persistence/operation-documents.js';
import { findOperation, stepsOf } from '#persistence/operations/read.js';
import { dryStart } from '../configuration/dry-start.js';
import { progressOf } from '../replication/progress.js';
import { viewOf } from '../replication/view.js';
import { losesMemory } from '../requests/request-upgrade.js';
import { requireConfirmedThen } from '../requests/require-confirmation.js';
import { on, type AttemptContext } from '../run/context.js';
import {
  awaitServing,
  fenceKept,
  openOwnDoors,
  persistSuccessor,
  repointFollowers,
  tidySuccessor,
} from '../upgrade/after-swap.js';
import { isReplaced, nextReplica, replaceReplica, replaceSubject } from '../upgrade/in-place.js';
import { freshRow, partiesOf, wantedIn, type Parties } from '../upgrade/parties.js';
import {
  noteSafetyBackup,
  requireRoom,
  safetyBackupIn,
  takeSafetyBackup,
  tryData,
  verifySafetyBackup,
} from '../upgrade/safety-backup.js';
import { requireSameTree } from '../upgrade/same-tree.js';
import {
  awaitSuccessor,
  createSuccessor,
  nobody,
  prepareSuccessor,
  reserve,
  startSuccessor,
} from '../upgrade/successor.js';
import { fenceFormer, giveBackRole, recordSwap, switchServers, takeOver } from '../upgrade/swap.js';
import { undoUpgrade } from '../upgrade/undo.js';
import type { KindHandler } from './kind.js';
import { ensureImage, observeServer } from './server-actions.js';

const observe = async (context: AttemptContext, done: ReadonlySet<string>): Promise<UpgradeSituation> => {
  const { control, operation } = context;
  const { method } = wantedIn(context);
  const [parties, backup, steps] = await Promise.all([
    partiesOf(context),
    backupOfOperation(control.db, operation.id),
    stepsOf(control.db, [operation.id]),
  ]);
  const { row, recorded, successor } = parties;
  const tried = steps.some(({ name, status }) => name === 'try' && status === 'succeeded');
  const swaps = method === 'swap';
  return {
    ...{ method, recorded, done, tried, operationId: operation.id },
    backedUp: backup?.status === 'complete',
    verified: backup?.verification === 'verified',
    // Looked at only when everything before them is done: nothing has touched them earlier.
    replicasLeft: tried || (recorded && !swaps) ? (await nextReplica(context)) !== null : true,
    replaced: !swaps && (await isReplaced(context, row)),
    reserved: successor !== null,
    successor: swaps && successor ? (await observeServer(on(context, successor), done)).container : null,
    roles: await rolesOf(context, parties, done),
  };
};

/** As a promotion sees two servers that are one database each. */
const rolesOf = async (
  context: AttemptContext,
  { recorded, former, successor }: Parties,
  done: ReadonlySet<string>,
): Promise<UpgradeSituation['roles']> => {
  const { begun, moved } = await progressOf(context);
  const swaps = wantedIn(context).method === 'swap' && successor !== null;
  const candidate = swaps ? await viewOf(on(context, successor)) : null;
  return {
    recorded,
    // The one that served before is kept, and takes no part any more.
    formerRole: recorded ? 'fenced' : former.role,
    candidate,
    primary: swaps && !(recorded && candidate?.role === 'master') ? await viewOf(on(context, former)) : null,
    // A demoted one follows nobody, so that is what tells that it was demoted here.
    candidateAddress: nobody[0],
    candidateNewer: false,
    ...{ allowedLoss: 0, keepsEveryWrite: former.persistence === 'aof', begun, moved },
    ...{ attempt: context.operation.attempt, done },
  };
};

/** What can be seen without trying anything. Errors: `database_not_ready`, `confirmation_required`, `image_unavailable`, `host_full`. */
const check = async (context: AttemptContext): Promise<void> => {
  await requireSameTree(context);
  const { image, method } = wantedIn(context);
  if (losesMemory(context.database, method)) requireConfirmedThen(context.operation, context.database);
  await ensureImage({ ...context, database: { ...context.database, image } });
  await requireRoom(context);
};

const tryVersion = async (context: AttemptContext): Promise<void> => {
  const { version, image, tls_protocols } = wantedIn(context);
  const toBe = { ...(await freshRow(context)), version, image, tls_protocols };
  await dryStart(on(context, toBe), 'upgrade_incompatible');
  await tryData(context);
};

const receipt = async (context: AttemptContext): Promise<OperationReceipt> => {
  const { control, operation, database } = context;
  const { version, image, method, fromVersion, replicas } = wantedIn(context);
  const known = (await findOperation(control.db, operation.id))?.receipt;
  return {
    ...(method === 'in-place' ? { writePauseMs: await pauseOf(context) } : {}),
    ...known,
    ...{ databaseId: database.id, method, fromVersion, version, image, replicas },
    ...(await safetyBackupIn(control.db, operation.id)),
    requestedBy: operation.requested_by,
  };
};

/** From the first stop to the last start, all attempts of the worker included. */
const pauseOf = async ({ control, operation }: AttemptContext): Promise<number | null> => {
  const steps = (await stepsOf(control.db, [operation.id])).filter(({ name }) => name === 'replace');
  const [begin, end] = [steps[0]?.started_at, steps.at(-1)?.finished_at];
  return begin && end ? end.getTime() - begin.getTime() : null;
};

export const upgrade: KindHandler<UpgradeSituation, UpgradeAction> = {
  observe,
  decide: decideUpgrade,
  actions: {
    check,
    backup: takeSafetyBackup,
    verify: verifySafetyBackup,
    try: tryVersion,
    replica: replaceReplica,
    replace: replaceSubject,
    reserve,
    create: createSuccessor,
    start: startSuccessor,
    'await-link': awaitSuccessor,
    prepare: prepareSuccessor,
    'fence-source': fenceFormer,
    switch: switchServers,
    'take-over': takeOver,
    'give-back': giveBackRole,
    record: recordSwap,
    fence: fenceKept,
    persist: persistSuccessor,
    repoint: repointFollowers,
    'open-doors': openOwnDoors,
    tidy: tidySuccessor,
    'await-ready': awaitServing,
  },
  compensate: undoUpgrade,
  // Once the new server takes writes, or may, there is no other way than on.
  perseveres: async (context) => {
    if (wantedIn(context).method !== 'swap') return false;
    const { recorded, successor } = await partiesOf(context);
    if (recorded || (await progressOf(context)).moved) return true;
    return successor !== null && (await viewOf(on(context, successor)))?.role === 'master';
  },
  ended: async (tx, { operation, database }, { event, error }) => {
    if (event === 'succeed') return;
    await failBackupOf(tx, operation.id, error?.detail ?? 'It was not taken.');
    await noteSafetyBackup(tx, operation.id);
    const touched = (await findOperation(tx, operation.id))?.receipt?.['recordedAt'] !== undefined;
    const left = (error?.leftBehind ?? []).length > 0;
    if (touched || left)
      await updateDatabase(tx, database.id, { health: 'down', health_reason: error?.detail ?? null });
  },
  receipt,
};
