import { leastStopGraceSeconds, stopGraceSeconds } from '#domain/database/size.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { serverView } from '#domain/replication/server-view.js';
import { appendAudit } from '#persistence/audit/append.js';
import { doorsOf } from '#persistence/doors.js';
import { recordTakeover } from '#persistence/incarnations.js';
import { findOperation, noteReceipt, stepsOf } from '#persistence/operations/read.js';
import { faultPoints } from '#observability/fault-points.js';
import { atRunningEdge, doorTargets } from '../kinds/door-actions.js';
import { serverIn } from '../kinds/server-actions.js';
import { changeMarksIn } from '../lifecycle/change-marks.js';
import { fenceOnHost, startAgain } from '../replication/fencing.js';
import { writeRecordedRole, writeRole } from '../replication/role-file.js';
import { viewOf } from '../replication/view.js';
import { dropClients } from '../replication/write-pause.js';
import { auditEvent } from '../requests/audit.js';
import { on, type AttemptContext } from '../run/context.js';
import { asManager } from '../server/manager.js';
import { open } from '../server/readiness.js';
import { backPartiesOf, bothBefore, wayBackIn, type Both } from './back-parties.js';
import { freshRow } from './parties.js';
import { fitSettings } from './settings-left-out.js';
import { nobody } from './successor.js';

/** The two servers change places. At no line two of them take writes: the record stands between the one and the other. */

/** From now on a restart of the server of today leaves nobody who takes writes. */
export const fenceToday = async (context: AttemptContext): Promise<void> =>
  writeRole((await bothBefore(context)).today, { kind: 'fenced' });

/** The one moment that clients notice. */
export const changePlaces = async (context: AttemptContext): Promise<void> => {
  const { control, engines, signal } = context;
  const both = await bothBefore(context);
  const doors = doorTargets(await doorsOf(control.db, [context.database.id]), serverIn(both.kept).address);
  const silentSinceMs: number[] = [];
  const work = async (shut: () => Promise<void>): Promise<void> => {
    // An edge that died after the places were changed is started, and then asked again.
    if (silentSinceMs.length > 0) return;
    await shut();
    const now = performance.now();
    await silence(both.today);
    await faultPoints.reached('back:silenced');
    await recordGoBack(context, both);
    silentSinceMs.push(now);
    await faultPoints.reached('back:recorded');
    await promote(both.kept);
    await faultPoints.reached('back:promoted');
  };
  const openedAtMs = await atRunningEdge(context, () => engines.edge.switchDoors(doors, work, signal));
  await faultPoints.reached('back:led-over');
  const writePauseMs = Number((openedAtMs - (silentSinceMs[0] ?? openedAtMs)).toFixed(3));
  const known = (await findOperation(control.db, context.operation.id))?.receipt;
  await context.write((tx) => noteReceipt(tx, context.operation.id, { ...known, writePauseMs }));
};

/** It takes no write any more and keeps what it has. One that cannot be told so is stopped: its file is fenced. */
const silence = async (today: AttemptContext): Promise<void> => {
  try {
    await asManager(today, async (node) => {
      await node.transaction([...dropClients, ['REPLICAOF', ...nobody]], today.signal);
      const { role } = serverView(await node.info('replication', today.signal));
      if (role === 'master') throw new HoldfastError('server_not_ready', 'It takes writes still.');
    });
  } catch (error) {
    today.signal.throwIfAborted();
    await today.log('warn', `The server of today is stopped, because it does not answer: ${String(error)}`);
    await fenceOnHost(today, leastStopGraceSeconds);
  }
};

const promote = (kept: AttemptContext): Promise<void> =>
  asManager(kept, async (node) => {
    await node.command(['REPLICAOF', 'NO', 'ONE'], kept.signal);
  });

/** Postgres learns which server serves the database, in one transaction; the other one is kept from now on. */
const recordGoBack = async (context: AttemptContext, { other, today }: Both): Promise<void> => {
  const { control, operation } = context;
  const { version, fromVersion, lostSince } = wayBackIn(context);
  const now = control.now();
  const keepUntil = new Date(now.getTime() + control.keepReplacedMs);
  const { id: databaseId, environment_id: environmentId } = today.database;
  const subject = { environmentId, databaseId, operationId: operation.id };
  const detail = { from: fromVersion, to: version, method: 'back', incarnation: other.incarnation, lostSince };
  const known = (await findOperation(control.db, operation.id))?.receipt;
  await context.write(async (tx) => {
    await recordTakeover(tx, today.database, other, { operationId: operation.id, keptAt: now, keepUntil });
    const left = await fitSettings(context, tx, today.database, version);
    await noteReceipt(tx, operation.id, {
      ...known,
      ...left,
      ...{ recordedAt: now.toISOString(), wayBackUntil: keepUntil.toISOString() },
    });
    await appendAudit(
      tx,
      auditEvent(now, operation.requested_by, 'database.version-changed', subject, { ...detail, ...left }),
    );
    await changeMarksIn(control, tx, operation.requested_by, [databaseId], 'wait');
  });
};

/** The recorded one takes writes, now and after a restart. */
export const takeBackOver = async (context: AttemptContext): Promise<void> => {
  const there = on(context, await freshRow(context));
  await writeRecordedRole(there);
  await promote(there);
  await asManager(there, (node) => open(node, context.signal));
};

/** Nothing starts the newer server; its data stay as they were at its last moment. */
export const fenceNewer = async (context: AttemptContext): Promise<void> => {
  const { recorded, today } = await backPartiesOf(context);
  if (recorded && today) await fenceOnHost(on(context, today), stopGraceSeconds(today.memory_mb));
};

/** The server of today takes writes again, also one that had to be stopped. Nothing is recorded, so the other one has taken none. */
export const giveBackPlace = async (context: AttemptContext): Promise<void> => {
  const { recorded, today: row } = await backPartiesOf(context);
  if (recorded || !row) return;
  const today = on(context, row);
  await writeRecordedRole(today);
  const steps = await stepsOf(context.control.db, [context.operation.id]);
  if (steps.some(({ name }) => name === 'switch')) await startAgain(today);
  const view = await viewOf(today);
  if (!view)
    return context.log('warn', 'The server of today does not answer; by its file it takes writes when it does.');
  if (view.role === 'slave') await promote(today);
};
