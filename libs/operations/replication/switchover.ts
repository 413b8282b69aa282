import { setTimeout as sleep } from 'node:timers/promises';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { mayLose } from '#domain/replication/promotion-mode.js';
import { bytesBehind, serverView, type ServerView } from '#domain/replication/server-view.js';
import { serverPorts } from '#domain/server/names.js';
import type { DoorTarget, DoorWork } from '#engine/ports/edge.js';
import type { RedisNode } from '#engine/ports/redis-node.js';
import { waitUntil } from '#engine/wait/wait-until.js';
import { faultPoints } from '#observability/fault-points.js';
import { dropClients, holdWrites } from './write-pause.js';

export interface Switch {
  readonly primary: RedisNode;
  readonly candidate: RedisNode;
  readonly primaryVersion: string;
  readonly candidateAddress: string;
  /** What the demoted one follows; by itself the candidate. */
  readonly formerFollows?: readonly [host: string, port: string];
  /** The doors of the tree, leading to the candidate. */
  readonly doors: readonly DoorTarget[];
  /** Null means any number. */
  readonly allowedLoss: number | null;
  readonly switchDoors: (doors: readonly DoorTarget[], work: DoorWork, signal: AbortSignal) => Promise<number>;
}

export interface Switched {
  readonly sourceOffset: number;
  readonly replicaOffset: number;
  /** Null when the two count in different histories. */
  readonly lostBytes: number | null;
  /** From the moment the primary stopped to take writes to the one the doors led to the new one. */
  readonly writePauseMs: number;
}

/** How long writes may wait for the replica. A longer pause is given up, and the primary takes writes again. */
const catchUpMs = 2000;

/**
 * Moves the role: the doors are shut, writes wait and clients are dropped, the replica catches up, the primary is demoted, the replica is
 * promoted, the doors lead to it. Errors: `promotion_would_lose_writes`, after which the primary takes writes again; `server_not_ready` and
 * `edge_unreachable`, after which the servers have to be looked at.
 */
export const switchOver = async (plan: Switch, signal: AbortSignal): Promise<Switched> => {
  const moved: Moved[] = [];
  const openedAtMs = await plan.switchDoors(
    plan.doors,
    // An edge that died after the role was moved is started, and then asked again: the role stays where it is.
    async (shut, within) => {
      if (moved.length === 0) moved.push(await betweenDoors(plan, shut, within));
    },
    signal,
  );
  await faultPoints.reached('switch:led-over');
  const [ends] = moved;
  if (!ends) throw new Error('The doors were switched without the role');
  return {
    sourceOffset: ends.source.offset,
    replicaOffset: ends.replica.offset,
    lostBytes: bytesBehind(ends.source, ends.replica),
    writePauseMs: Number((openedAtMs - ends.pausedAtMs).toFixed(3)),
  };
};

/** The pause ends last: nobody is left then whom it held. */
const betweenDoors = async (plan: Switch, shut: () => Promise<void>, signal: AbortSignal): Promise<Moved> => {
  await comeNear(plan, signal);
  await shut();
  const pause = await holdWrites(plan.primary, plan.primaryVersion, catchUpMs, signal);
  try {
    await faultPoints.reached('switch:paused');
    const paused = await catchUp(plan, signal);
    await faultPoints.reached('switch:caught-up');
    pause.requireInForce();
    return { ...(await moveRole(plan, paused, signal)), pausedAtMs: pause.startedAtMs };
  } finally {
    await pause.end();
  }
};

/** The primary has no role meanwhile. */
const candidateAnswersMs = 300;

interface Moved extends Ends {
  readonly pausedAtMs: number;
}

interface Ends {
  readonly source: ServerView;
  readonly replica: ServerView;
}

const viewOf = async (node: RedisNode, signal: AbortSignal): Promise<ServerView> =>
  serverView(await node.info('replication', signal));

/** So little is caught up with in a moment. */
const nearBytes = 65_536;
const nearEveryMs = 20;

/**
 * Waits, while clients notice nothing, until little is left to catch up with; a busy primary may never let it come so far, and the pause
 * does the rest. Errors: `promotion_would_lose_writes` when the replica gets nothing at all.
 */
const comeNear = async ({ primary, candidate, allowedLoss }: Switch, signal: AbortSignal): Promise<void> => {
  const deadlineMs = performance.now() + catchUpMs;
  let first: number | null = null;
  for (;;) {
    const source = await viewOf(primary, signal);
    const replica = await viewOf(candidate, signal);
    const behind = bytesBehind(source, replica);
    if ((behind !== null && behind <= nearBytes && replica.linkUp) || (!replica.linkUp && mayLose(allowedLoss, behind)))
      return;
    first ??= replica.offset;
    if (performance.now() < deadlineMs) {
      await sleep(nearEveryMs, undefined, { signal });
    } else if (replica.offset > first || mayLose(allowedLoss, behind)) {
      return;
    } else {
      const detail = `The replica lacks ${behind ?? 'an unknown number of'} bytes and has got none for ${catchUpMs} ms.`;
      throw new HoldfastError('promotion_would_lose_writes', detail);
    }
  }
};

/** Waits until the replica has all that the primary has, and returns what that is. Errors: `promotion_would_lose_writes` when it does not in time and that is more than may be lost. */
const catchUp = async ({ primary, candidate, allowedLoss }: Switch, signal: AbortSignal): Promise<ServerView> => {
  const source = await viewOf(primary, signal);
  let behind: number | null = null;
  await waitUntil(
    async (within) => {
      const replica = await viewOf(candidate, within);
      behind = bytesBehind(source, replica);
      return behind === 0 || (!replica.linkUp && mayLose(allowedLoss, behind)) ? true : undefined;
    },
    { describe: 'the replica', deadlineMs: catchUpMs, intervalMs: 1 },
    signal,
  ).catch((error: unknown) => {
    signal.throwIfAborted();
    if (mayLose(allowedLoss, behind)) return true;
    throw new HoldfastError(
      'promotion_would_lose_writes',
      `The replica still lacked ${behind ?? 'an unknown number of'} bytes after ${catchUpMs} ms; the primary takes writes again.`,
      { cause: error },
    );
  });
  return source;
};

/**
 * What the candidate has at last, null when it does not answer. From 7.0 on a demoted primary still sends what it had not sent, such as a
 * ping of its own between the catching up and now. One that died just now was told nothing yet: the primary need not wait until it is back.
 */
const lastView = async (
  { candidate, allowedLoss }: Switch,
  source: ServerView,
  signal: AbortSignal,
): Promise<ServerView | null> => {
  let last: ServerView | null = null;
  const look = async (within: AbortSignal): Promise<ServerView | undefined> => {
    last = await viewOf(candidate, AbortSignal.any([within, AbortSignal.timeout(candidateAnswersMs)]));
    return mayLose(allowedLoss, bytesBehind(source, last)) ? last : undefined;
  };
  const options = { describe: 'the replica', deadlineMs: candidateAnswersMs, intervalMs: 2 };
  return waitUntil(look, options, signal).catch(() => last);
};

/** In between nobody takes writes. Errors: `promotion_would_lose_writes` after the role was given back. */
const moveRole = async (plan: Switch, paused: ServerView, signal: AbortSignal): Promise<Ends> => {
  const { primary, candidate, candidateAddress, allowedLoss } = plan;
  const [host, port] = plan.formerFollows ?? [candidateAddress, String(serverPorts.tls)];
  // In one go: what the primary had when it ceased to be one, and nobody connects again in between. By ROLE, because 6.0 hands a
  // transaction with INFO in it on to the replica, which then never has all.
  const [role] = await primary.transaction([['ROLE'], ...dropClients, ['REPLICAOF', host, port]], signal);
  await faultPoints.reached('switch:demoted');
  const [, offset] = role as [string, number];
  const source: ServerView = { ...paused, offset };
  const replica = await lastView(plan, source, signal);
  const behind = replica && bytesBehind(source, replica);
  if (!replica || !mayLose(allowedLoss, behind)) {
    signal.throwIfAborted();
    await primary.command(['REPLICAOF', 'NO', 'ONE'], signal);
    throw new HoldfastError(
      replica ? 'promotion_would_lose_writes' : 'server_not_ready',
      `The replica lacked ${behind ?? 'an unknown number of'} bytes; the primary takes writes again.`,
    );
  }
  await candidate.command(['REPLICAOF', 'NO', 'ONE'], signal);
  await faultPoints.reached('switch:promoted');
  return { source, replica };
};
