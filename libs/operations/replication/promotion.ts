import { bytesBehind, serverView, type ServerView } from '#domain/replication/server-view.js';
import { serverOf } from '../server/server.js';
import { doorsOf } from '#persistence/doors.js';
import type { OperationReceipt } from '#persistence/operation-documents.js';
import { findDatabase } from '#persistence/databases.js';
import { findOperation, noteReceipt } from '#persistence/operations/read.js';
import { followersOf, recordPromotion } from '#persistence/replication.js';
import { doorTargets, atRunningEdge } from '../kinds/door-actions.js';
import { on, type AttemptContext } from '../run/context.js';
import { asManager, connectManager } from '../server/manager.js';
import { replicationLogin } from '../server/material.js';
import { replicaOf } from '../server/role.js';
import { lastSeen } from './last-seen.js';
import { candidateIsNewer, formerIn, lossAllowedIn } from './parties.js';
import { awaitOwnFile } from './own-file.js';
import { progressOf } from './progress.js';
import { writeRole } from './role-file.js';
import { switchOver } from './switchover.js';
import { auditRole } from './audit-role.js';
import { copyTenantUsers, syncReplicationUsers } from './users.js';
import { viewOf } from './view.js';

/** The candidate lets in whoever will follow it, and everybody who may log in at the primary; and it keeps what it has. */
export const prepareCandidate = async (context: AttemptContext): Promise<void> => {
  const { control, database } = context;
  const former = formerIn(context);
  const [own, theirs] = await Promise.all([followersOf(control.db, database.id), followersOf(control.db, former.id)]);
  const coming = [former, ...theirs.filter(({ id }) => id !== database.id)];
  await syncReplicationUsers(context, [...own, ...coming]);
  await copyTenantUsers(context, on(context, former));
  await awaitOwnFile(context);
};

/** From now on a restart of the primary leaves nobody who takes writes: its file says that it follows the candidate. */
export const fenceSource = async (context: AttemptContext): Promise<void> => {
  const { control, database, environment } = context;
  const former = formerIn(context);
  const there = on(context, former);
  const { username, password } = await replicationLogin(control, former.id);
  await asManager(there, async (node) => {
    await node.command(['CONFIG', 'SET', 'masteruser', username], context.signal);
    await node.command(['CONFIG', 'SET', 'masterauth', password], context.signal);
  });
  await writeRole(there, await replicaOf(control, former.id, database, environment));
};

/** The one moment that clients notice. */
export const switchRoles = async (context: AttemptContext): Promise<void> => {
  const { control, database, environment, engines, signal } = context;
  const former = formerIn(context);
  const candidateAddress = serverOf(control, database, environment).address;
  const doors = (await doorsOf(control.db, [former.id])).filter(({ follows }) => follows === 'primary');
  const candidate = await connectManager(context, signal);
  const primary = await connectManager(on(context, former), signal).catch((error: unknown) => {
    candidate.close();
    throw error;
  });
  try {
    const switched = await switchOver(
      {
        ...{ primary, candidate, candidateAddress },
        primaryVersion: former.version,
        doors: doorTargets(doors, candidateAddress),
        allowedLoss: lossAllowedIn(context),
        switchDoors: (targets, work, within) =>
          atRunningEdge(context, () => engines.edge.switchDoors(targets, work, within)),
      },
      signal,
    );
    await note(context, { method: 'switchover', ...switched });
  } finally {
    primary.close();
    candidate.close();
  }
};

const note = (context: AttemptContext, part: OperationReceipt): Promise<void> =>
  context.write((tx) =>
    noteReceipt(tx, context.operation.id, {
      mode: context.operation.parameters['mode'],
      ...part,
      databaseId: context.database.id,
      formerPrimaryId: formerIn(context).id,
      requestedBy: context.operation.requested_by,
    }),
  );

/** Other replicas that hold more than the one that was asked for: what they have beyond it goes when they follow it. */
const aheadOf = async (context: AttemptContext, candidate: ServerView) => {
  const [, ...siblings] = context.others;
  const views = await Promise.all(siblings.map((sibling) => viewOf(on(context, sibling))));
  return siblings.flatMap(({ id, handle }, index) => {
    const view = views[index];
    const bytes = view ? bytesBehind(view, candidate) : null;
    return bytes !== null && bytes > 0 ? [{ databaseId: id, handle, bytes }] : [];
  });
};

/** The candidate takes writes: the primary is gone, or an attempt has demoted it already. */
export const takeOver = async (context: AttemptContext): Promise<void> => {
  // One connection from the look to the promotion: a replica that died in between may have come back with less.
  await asManager(context, async (node) => {
    const view = serverView(await node.info('replication', context.signal));
    await takeOverFrom(context, view, () => node.command(['REPLICAOF', 'NO', 'ONE'], context.signal));
  });
};

const takeOverFrom = async (
  context: AttemptContext,
  candidate: ServerView,
  promote: () => Promise<unknown>,
): Promise<void> => {
  const primary = await viewOf(on(context, formerIn(context)));
  const replicasAhead = await aheadOf(context, candidate);
  for (const { handle, bytes } of replicasAhead)
    await context.log('warn', `"${handle}" holds ${bytes} bytes more than the replica that is promoted.`);
  const seen = primary ? {} : await lastSeen(context.control, formerIn(context), candidate);
  await promote();
  // It was the primary before, and its receipt is written.
  if ((await findDatabase(context.control.db, context.database.id))?.role === 'primary') return;
  await note(context, {
    method: primary ? 'switchover' : 'failover',
    sourceOffset: primary?.offset ?? null,
    replicaOffset: candidate.offset,
    lostBytes: primary && bytesBehind(primary, candidate),
    ...seen,
    linkDownSeconds: candidate.linkDownSeconds,
    replicasAhead,
    writePauseMs: null,
  });
};

const nothingKnown = { sourceOffset: null, replicaOffset: null, lostBytes: null, writePauseMs: null };

const formerFollows = async (context: AttemptContext): Promise<boolean> => {
  const { address } = serverOf(context.control, context.database, context.environment);
  return (await viewOf(on(context, formerIn(context))))?.sourceAddress === address;
};

/** By its file; but an older version cannot read the data of a newer one, so that it would never follow. */
const roleOfFormer = async (context: AttemptContext): Promise<'replica' | 'fenced'> => {
  if (await candidateIsNewer(context)) return 'fenced';
  const [{ fencedBy }, follows] = await Promise.all([progressOf(context), formerFollows(context)]);
  return fencedBy === 'fence-source' || (fencedBy === null && follows) ? 'replica' : 'fenced';
};

/** Postgres learns who is the primary, in one transaction. */
export const record = async (context: AttemptContext): Promise<void> => {
  const { database } = context;
  const former = await roleOfFormer(context);
  const known = (await findOperation(context.control.db, context.operation.id))?.receipt;
  // The worker that moved the role died before it could write down what it saw.
  if (!known) await note(context, { method: former === 'replica' ? 'switchover' : 'failover', ...nothingKnown });
  await context.write(async (tx) => {
    const { receipt } = (await findOperation(tx, context.operation.id)) ?? {};
    await noteReceipt(tx, context.operation.id, { ...receipt, formerRole: former });
    await recordPromotion(tx, { primaryId: database.id, formerId: formerIn(context).id, former });
    await auditRole(context, tx, database, 'primary');
    await auditRole(context, tx, formerIn(context), former);
  });
};
