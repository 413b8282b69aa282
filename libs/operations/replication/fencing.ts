import { HoldfastError, isHoldfastError } from '#domain/errors/holdfast-error.js';
import { findDatabase } from '#persistence/databases.js';
import { followersOf } from '#persistence/replication.js';
import { mayHaveServed } from '#domain/replication/decide-promote.js';
import { hasLost, type ServerView } from '#domain/replication/server-view.js';
import { openDoors } from '../kinds/door-actions.js';
import { on, type AttemptContext } from '../run/context.js';
import { asManager } from '../server/manager.js';
import { serverOf } from '../server/server.js';
import { breakChain } from './break-chain.js';
import { formerIn, lossAllowedIn } from './parties.js';
import { progressOf } from './progress.js';
import { writeRecordedRole, writeRole } from './role-file.js';
import { syncReplicationUsers } from './users.js';
import { viewOf } from './view.js';
import { endRefusal } from './write-pause.js';

/** A primary that does not answer is not waited for. */
const stopGraceSeconds = 2;

/**
 * The former primary cannot come back and take writes: nothing starts it again, its file says that it is fenced, and it is stopped.
 * As long as the candidate does not take writes, an engine that is away holds nothing up: the primary's gate keeps it from writes when it
 * returns, and a later attempt does here what is missing.
 */
export const fence = async (context: AttemptContext): Promise<void> => {
  const recorded = (await findDatabase(context.control.db, context.database.id))?.role === 'primary';
  try {
    await fenceOnHost(on(context, formerIn(context)));
  } catch (error) {
    if (recorded || !isHoldfastError(error, 'engine_unreachable')) throw error;
    await breakChain(context, error);
    await context.log('warn', 'The container engine does not answer: the former primary is fenced as soon as it does.');
  }
};

export const fenceOnHost = async (former: AttemptContext, graceSeconds = stopGraceSeconds): Promise<void> => {
  const { engines, control, database, environment, signal } = former;
  const server = serverOf(control, database, environment);
  await engines.containers.setRestartPolicy(server.name, 'no', signal);
  await writeRole(former, { kind: 'fenced' });
  await engines.containers.stopContainer(server.name, graceSeconds, signal);
};

/** The demoted primary takes writes again; the candidate goes on following it. */
export const giveBack = async (context: AttemptContext): Promise<void> => {
  const former = on(context, formerIn(context));
  await asManager(former, async (node) => {
    await node.command(['REPLICAOF', 'NO', 'ONE'], context.signal);
  });
  await writeRecordedRole(former);
};

/** The way back of a promotion that failed before the candidate took writes. Each part by itself; returns what is left. */
export const undoPromotion = async (context: AttemptContext): Promise<readonly string[]> => {
  const { control, database } = context;
  const row = await findDatabase(control.db, database.id);
  const { begun, moved, fenceBegun } = await progressOf(context);
  if (row?.role === 'primary') return [`"${database.handle}" is the primary already; retry the promotion to finish it`];
  const former = on(context, formerIn(context));
  const [candidate, primary] = await Promise.all([viewOf(context), viewOf(former)]);
  if (moved || candidate?.role === 'master') {
    return [`"${database.handle}" takes writes already; retry the promotion to finish it`];
  }
  const keepsEveryWrite = former.database.persistence === 'aof';
  if (mayHaveServed({ begun, candidate, primary, keepsEveryWrite, allowedLoss: lossAllowedIn(context) })) {
    return [`"${database.handle}" does not answer and may hold writes; start it, then retry the promotion`];
  }
  const parts: [what: string, undo: () => Promise<void>][] = [
    ['the role file of the primary', () => writeRecordedRole(former)],
    ['the container of the primary', async () => (fenceBegun ? startAgain(former) : undefined)],
    ['the primary', () => primaryAgain(former, candidate)],
    ['the doors of the primary', () => openDoors(former)],
    ['users on the replica', async () => syncReplicationUsers(context, await followersOf(control.db, database.id))],
  ];
  const left: string[] = [];
  for (const [what, undo] of parts) {
    await undo().catch((error: unknown) => {
      left.push(`${what}: ${error instanceof HoldfastError ? error.detail : String(error)}`);
    });
  }
  return left;
};

/**
 * A primary that does not answer has nothing to be told: its file decides when it comes back. One that was started anew waits behind its
 * gate, for its followers or for a repair.
 */
export const primaryAgain = async (former: AttemptContext, candidate: ServerView | null): Promise<void> => {
  const view = await viewOf(former);
  if (!view) return former.log('warn', 'The primary does not answer; it is one by its file when it comes back.');
  if (former.database.persistence !== 'aof' && hasLost(view, candidate)) {
    throw new HoldfastError(
      'server_not_ready',
      'It has lost what it had in memory. Promote the replica, which has more.',
    );
  }
  await asManager(former, async (node) => {
    if (view.role === 'slave') await node.command(['REPLICAOF', 'NO', 'ONE'], former.signal);
    await endRefusal(node, former.signal);
  });
};

export const startAgain = async (former: AttemptContext): Promise<void> => {
  const server = serverOf(former.control, former.database, former.environment);
  await former.engines.containers.setRestartPolicy(server.name, 'unless-stopped', former.signal);
  await former.engines.containers.startContainer(server.name, former.signal);
};
