import { decideGoBack, type GoBackAction, type GoBackSituation } from '#domain/upgrade/decide-go-back.js';
import { backupOfOperation, failBackupOf } from '#persistence/backups.js';
import { updateDatabase } from '#persistence/databases.js';
import { findOperation } from '#persistence/operations/read.js';
import type { DatabaseRow } from '#persistence/tables.js';
import { viewOf } from '../replication/view.js';
import { on, type AttemptContext } from '../run/context.js';
import { awaitServing, openOwnDoors } from '../upgrade/after-swap.js';
import { backPartiesOf, wayBackIn } from '../upgrade/back-parties.js';
import { changePlaces, fenceNewer, fenceToday, giveBackPlace, takeBackOver } from '../upgrade/go-back.js';
import { awaitKept, checkWayBack, createKept, prepareKept, startKept, tryOldVersion } from '../upgrade/kept-server.js';
import { noteSafetyBackup, safetyBackupIn, takeSafetyBackup, verifySafetyBackup } from '../upgrade/safety-backup.js';
import { undoGoBack } from '../upgrade/undo-back.js';
import type { KindHandler } from './kind.js';
import { observeServer } from './server-actions.js';

const observe = async (context: AttemptContext, done: ReadonlySet<string>): Promise<GoBackSituation> => {
  const { recorded, kept, today } = await backPartiesOf(context);
  const common = { operationId: context.operation.id, recorded, overtaken: !recorded && today === null, done };
  const backup = await backupOfOperation(context.control.db, context.operation.id);
  const roleOf = async (row: DatabaseRow | null) => (row ? ((await viewOf(on(context, row)))?.role ?? null) : null);
  // After the record nothing depends on what they say: it alone tells who takes writes.
  const [container, ...roles] = recorded
    ? [null, null, null]
    : await Promise.all([
        kept ? observeServer(on(context, kept), done).then((found) => found.container) : null,
        roleOf(kept),
        roleOf(today),
      ]);
  return {
    ...common,
    wantsBackup: !wayBackIn(context).skipSafetyBackup,
    backedUp: backup?.status === 'complete',
    verified: backup?.verification === 'verified',
    ...{ container, kept: roles[0] ?? null, today: roles[1] ?? null },
  };
};

export const goBack: KindHandler<GoBackSituation, GoBackAction> = {
  observe,
  decide: decideGoBack,
  actions: {
    check: checkWayBack,
    backup: takeSafetyBackup,
    verify: verifySafetyBackup,
    try: tryOldVersion,
    create: createKept,
    start: startKept,
    'await-answer': awaitKept,
    prepare: prepareKept,
    'fence-source': fenceToday,
    switch: changePlaces,
    'give-back': giveBackPlace,
    'take-over': takeBackOver,
    'open-doors': openOwnDoors,
    fence: fenceNewer,
    'await-ready': awaitServing,
  },
  compensate: undoGoBack,
  // Once it is recorded there is no other way than on.
  perseveres: async (context) => (await backPartiesOf(context)).recorded,
  ended: async (tx, { operation, database }, { event, error }) => {
    if (event === 'succeed') return;
    await failBackupOf(tx, operation.id, error?.detail ?? 'It was not taken.');
    await noteSafetyBackup(tx, operation.id);
    const recorded = (await findOperation(tx, operation.id))?.receipt?.['recordedAt'] !== undefined;
    if (recorded || (error?.leftBehind ?? []).length > 0)
      await updateDatabase(tx, database.id, { health: 'down', health_reason: error?.detail ?? null });
  },
  receipt: async (context) => {
    const { control, operation, database } = context;
    const { version, fromVersion, lostSince } = wayBackIn(context);
    return {
      writePauseMs: null,
      ...(await findOperation(control.db, operation.id))?.receipt,
      ...{ databaseId: database.id, fromVersion, version, lostSince },
      ...(await safetyBackupIn(control.db, operation.id)),
      requestedBy: operation.requested_by,
    };
  },
};
