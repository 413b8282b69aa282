import { bytesBehind, serverView } from '#domain/replication/server-view.js';
import { appendAudit } from '#persistence/audit/append.js';
import { doorsOf } from '#persistence/doors.js';
import type { IncarnationRow } from '#persistence/incarnation-table.js';
import { incarnationsOf, recordTakeover } from '#persistence/incarnations.js';
import type { OperationReceipt } from '#persistence/operation-documents.js';
import { findOperation, noteReceipt, upgradeStepsSince } from '#persistence/operations/read.js';
import { atRunningEdge, doorTargets } from '../kinds/door-actions.js';
import { changeMarksIn } from '../lifecycle/change-marks.js';
import { moving } from '../replication/progress.js';
import { writeRecordedRole, writeRole } from '../replication/role-file.js';
import { switchOver } from '../replication/switchover.js';
import { viewOf } from '../replication/view.js';
import { auditEvent } from '../requests/audit.js';
import type { AttemptContext } from '../run/context.js';
import { asManager, connectManager } from '../server/manager.js';
import { serverIn } from '../kinds/server-actions.js';
import { bothOf, wantedIn } from './parties.js';
import { fitSettings } from './settings-left-out.js';
import { nobody } from './successor.js';

/** From now on a restart of the server of today leaves nobody who takes writes. */
export const fenceFormer = async (context: AttemptContext): Promise<void> =>
  writeRole((await bothOf(context)).former, { kind: 'fenced' });

/** The one moment that clients notice. All doors of the database lead to the successor afterwards. */
export const switchServers = async (context: AttemptContext): Promise<void> => {
  const { control, engines, signal } = context;
  const { former, successor } = await bothOf(context);
  const candidateAddress = serverIn(successor).address;
  const doors = await doorsOf(control.db, [context.database.id]);
  const candidate = await connectManager(successor, signal);
  const primary = await connectManager(former, signal).catch((error: unknown) => {
    candidate.close();
    throw error;
  });
  try {
    const switched = await switchOver(
      {
        ...{ primary, candidate, candidateAddress, formerFollows: nobody, allowedLoss: 0 },
        primaryVersion: former.database.version,
        doors: doorTargets(doors, candidateAddress),
        switchDoors: (targets, work, within) =>
          atRunningEdge(context, () => engines.edge.switchDoors(targets, work, within)),
      },
      signal,
    );
    await note(context, { ...switched });
  } finally {
    primary.close();
    candidate.close();
  }
};

const note = async (context: AttemptContext, part: OperationReceipt): Promise<void> => {
  const known = (await findOperation(context.control.db, context.operation.id))?.receipt;
  await context.write((tx) => noteReceipt(tx, context.operation.id, { ...known, ...part }));
};

/** An attempt has demoted the one and died before it promoted the other. */
export const takeOver = async (context: AttemptContext): Promise<void> => {
  const { former, successor } = await bothOf(context);
  // One connection from the look to the promotion: a server that died in between may have come back with less.
  await asManager(successor, async (node) => {
    const candidate = serverView(await node.info('replication', context.signal));
    const primary = await viewOf(former);
    await node.command(['REPLICAOF', 'NO', 'ONE'], context.signal);
    const known = (await findOperation(context.control.db, context.operation.id))?.receipt;
    if (known?.['lostBytes'] !== undefined) return;
    await note(context, {
      sourceOffset: primary?.offset ?? null,
      replicaOffset: candidate.offset,
      lostBytes: primary && bytesBehind(primary, candidate),
      writePauseMs: null,
    });
  });
};

/** Postgres learns which server serves the database, in one transaction; the other one is kept from now on. */
export const recordSwap = async (context: AttemptContext): Promise<void> => {
  const { control, operation } = context;
  const { former, successor } = await bothOf(context);
  const row = (await incarnationsOf(control.db, former.database.id)).find(
    ({ incarnation }) => incarnation === successor.database.incarnation,
  );
  if (!row) throw new Error(`Operation ${operation.id} has no successor to record`);
  const { version } = wantedIn(context);
  const now = control.now();
  const keptAt = (await lastMomentOf(context, row)) ?? now;
  const keepUntil = new Date(now.getTime() + control.keepReplacedMs);
  const subject = {
    ...{ environmentId: former.database.environment_id, databaseId: former.database.id },
    operationId: operation.id,
  };
  const detail = { from: former.database.version, to: version, method: 'swap', incarnation: row.incarnation };
  const known = (await findOperation(control.db, operation.id))?.receipt;
  await context.write(async (tx) => {
    await recordTakeover(tx, former.database, row, { operationId: operation.id, keptAt, keepUntil });
    const left = await fitSettings(context, tx, former.database, version);
    await noteReceipt(tx, operation.id, {
      ...known,
      ...left,
      recordedAt: keptAt.toISOString(),
      // What was in memory only is gone with the process.
      ...(former.database.persistence === 'none' ? {} : { wayBackUntil: keepUntil.toISOString() }),
    });
    await appendAudit(
      tx,
      auditEvent(now, operation.requested_by, 'database.version-changed', subject, { ...detail, ...left }),
    );
    await changeMarksIn(control, tx, operation.requested_by, [former.database.id], 'wait');
  });
};

/**
 * When the role was about to be moved to this successor for the first time, by this operation or by an earlier one: what was written since, the old
 * server may not have. The record comes later, after the death of a worker by as long as a lease, after a failure by as long as nobody retries.
 */
const lastMomentOf = async ({ control, database }: AttemptContext, successor: IncarnationRow): Promise<Date | null> => {
  const steps = await upgradeStepsSince(control.db, database.id, successor.operation_id);
  // One that was made anew, or whose role was given back, has none of what was written until then for itself.
  const before = steps.findLastIndex(
    ({ name, status }) => (name === 'create' || name === 'give-back') && status === 'succeeded',
  );
  return steps.slice(before + 1).find(({ name }) => moving.has(name))?.started_at ?? null;
};

/** The demoted one takes writes again; the successor goes on following it. */
export const giveBackRole = async (context: AttemptContext): Promise<void> => {
  const { former } = await bothOf(context);
  await asManager(former, async (node) => {
    await node.command(['REPLICAOF', 'NO', 'ONE'], context.signal);
  });
  await writeRecordedRole(former);
};
