import { compareVersions } from '#domain/catalogue/version.js';
import { decideReload, type ReloadAction } from '#domain/operation/decide-server.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { faultPoints, type FaultPointName } from '#observability/fault-points.js';
import { appendAudit } from '#persistence/audit/append.js';
import { findDatabase, updateDatabase } from '#persistence/databases.js';
import { noteReceipt } from '#persistence/operations/read.js';
import { descendantsOf } from '#persistence/replication.js';
import type { DatabaseRow } from '#persistence/tables.js';
import { serverActions } from '../kinds/provision.js';
import { observeServer, observeServerAndVolume, serverIn, stop } from '../kinds/server-actions.js';
import { changeMarksIn } from '../lifecycle/change-marks.js';
import { awaitLink } from '../replication/await-link.js';
import { viewOf } from '../replication/view.js';
import { auditEvent } from '../requests/audit.js';
import { on, type AttemptContext } from '../run/context.js';
import { freshRow, wantedIn } from './parties.js';

const actions: Readonly<Record<ReloadAction, (context: AttemptContext) => Promise<void>>> = { ...serverActions, stop };

const points = {
  stop: 'replace:stop',
  remove: 'replace:remove',
  prepare: 'replace:prepare',
  create: 'replace:create',
  start: 'replace:start',
  'open-doors': 'replace:open-doors',
  'await-ready': 'replace:await-ready',
} as const satisfies Record<ReloadAction, FaultPointName>;

/** Whether the container of the row was made by this operation, of the wanted version, and runs. */
export const isReplaced = async (context: AttemptContext, row: DatabaseRow): Promise<boolean> => {
  if (row.version !== wantedIn(context).version) return false;
  const { container, operationId } = await observeServer(on(context, row), new Set());
  return container?.owned === true && container.running && container.operationId === operationId;
};

/** The subject on its volume. */
export const replaceSubject = async (context: AttemptContext): Promise<void> =>
  replace(context, await freshRow(context));

/** The next replica on its volume, until it follows again. */
export const replaceReplica = async (context: AttemptContext): Promise<void> => {
  const replica = await nextReplica(context);
  if (!replica) return;
  await context.log('info', `Upgrading the replica "${replica.handle}".`);
  await replace(context, replica);
  await awaitLink(on(context, replica));
};

/** Of those that are held and follow the subject still; what has become newer meanwhile stays so. */
export const nextReplica = async (context: AttemptContext): Promise<DatabaseRow | null> => {
  const held = new Set(context.others.map(({ id }) => id));
  for (const row of await descendantsOf(context.control.db, context.database.id)) {
    if (!held.has(row.id) || row.status !== 'provisioned') continue;
    if (!(await isThere(context, row))) return row;
  }
  return null;
};

const isThere = async (context: AttemptContext, row: DatabaseRow): Promise<boolean> => {
  const { replicas, version } = wantedIn(context);
  if (row.version !== version) return compareVersions(row.version, version) > 0;
  // An earlier upgrade may have recorded the version and died before it made the server.
  if (!replicas.includes(row.id)) return (await imageOf(on(context, row))) === row.image;
  return (await isReplaced(context, row)) && ((await viewOf(on(context, row)))?.linkUp ?? false);
};

const imageOf = async (context: AttemptContext): Promise<string | undefined> => {
  const { name, owner } = serverIn(context);
  return (await context.engines.containers.inspectContainer(name, owner, context.signal))?.image;
};

/** First the record, then the host: from here on every container that is made for the row is of the new version. */
const replace = async (context: AttemptContext, row: DatabaseRow): Promise<void> => {
  await recordVersion(context, row);
  await faultPoints.reached('replace:recorded');
  const there = on(context, (await findDatabase(context.control.db, row.id)) ?? row);
  const done = new Set<string>();
  for (;;) {
    const decision = decideReload(await observeServerAndVolume(there, done), row.persistence !== 'none');
    if (decision.next === 'finish') return;
    if ('detail' in decision) throw new HoldfastError(decision.code, decision.detail);
    await actions[decision.next](there);
    await faultPoints.reached(points[decision.next]);
    done.add(decision.next);
  }
};

/** Errors: `downgrade_refused`: an older server is never started on the files of a newer one. */
const recordVersion = async (context: AttemptContext, row: DatabaseRow): Promise<void> => {
  const { control, operation } = context;
  const { version, image, tls_protocols } = wantedIn(context);
  if (row.version === version) return;
  if (compareVersions(row.version, version) > 0)
    throw new HoldfastError('downgrade_refused', `"${row.handle}" runs version ${row.version} by now.`);
  const subject = { environmentId: row.environment_id, databaseId: row.id, operationId: operation.id };
  const detail = { from: row.version, to: version, method: 'in-place' };
  await context.write(async (tx) => {
    await updateDatabase(tx, row.id, { version, image, tls_protocols });
    if (row.id === context.database.id)
      await noteReceipt(tx, operation.id, { recordedAt: control.now().toISOString() });
    await appendAudit(
      tx,
      auditEvent(control.now(), operation.requested_by, 'database.version-changed', subject, detail),
    );
    await changeMarksIn(control, tx, operation.requested_by, [row.id], 'wait');
  });
};
