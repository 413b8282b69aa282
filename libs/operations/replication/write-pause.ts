import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { compareVersions } from '#domain/catalogue/version.js';
import type { RedisNode } from '#engine/ports/redis-node.js';

export interface WritePause {
  /** On the clock of `performance.now()`. */
  readonly startedAtMs: number;
  /** Errors: `server_not_ready` when the pause may run out before what comes next is done. */
  requireInForce(): void;
  /** Writes go on, on a server that is still there and still a primary. Never throws: the pause ends by itself as well. */
  end(): Promise<void>;
}

/** A pause outlives what it is for by this time, in which the roles are moved. */
const marginMs = 1000;
const answerMs = 1000;

/** More replicas than there are anywhere; the gate of server-role.ts has their number. */
const refusal = '65535';

/** Everybody's connection but our own. */
export const dropClients: readonly (readonly string[])[] = ['normal', 'pubsub'].map((type) => [
  ...['CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes'],
]);

/**
 * Writes wait from now on, and whoever is connected is dropped in the same moment: a client whose transaction is answered in part only
 * would not know what became of it. Before 6.2 a server cannot let writes wait without letting its manager wait too; there they are refused
 * (NOREPLICAS), which those who were dropped never see when their door is shut. Errors: `server_not_ready` when the server is busy, with a script for example: nothing is paused then.
 */
export const holdWrites = async (
  node: RedisNode,
  version: string,
  forMs: number,
  signal: AbortSignal,
): Promise<WritePause> => {
  // A pause that a busy server takes up later would come unasked for.
  await node.ping(AbortSignal.any([signal, AbortSignal.timeout(answerMs)])).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new HoldfastError('server_not_ready', 'The primary is busy and does not answer.', { cause: error });
  });
  const pauseMs = forMs + 2 * marginMs;
  const [begin, finish] =
    compareVersions(version, '6.2') >= 0
      ? [
          ['CLIENT', 'PAUSE', String(pauseMs), 'WRITE'],
          ['CLIENT', 'UNPAUSE'],
        ]
      : [
          ['CONFIG', 'SET', 'min-replicas-to-write', refusal],
          ['CONFIG', 'SET', 'min-replicas-to-write', '0'],
        ];
  const startedAtMs = performance.now();
  await node.transaction([begin, ...dropClients], signal);
  return {
    startedAtMs,
    requireInForce: () => {
      if (performance.now() - startedAtMs < forMs + marginMs) return;
      throw new HoldfastError('server_not_ready', 'The pause of writes was running out before the roles were moved.');
    },
    end: async () => {
      await node.command(finish, AbortSignal.timeout(answerMs)).catch(() => undefined);
    },
  };
};

/** Ends what a worker that died in the middle of a pause left behind, and leaves a gate as it is. */
export const endRefusal = async (node: RedisNode, signal: AbortSignal): Promise<void> => {
  const { 'min-replicas-to-write': value } = await node.configGet(['min-replicas-to-write'], signal);
  if (value === refusal) await node.command(['CONFIG', 'SET', 'min-replicas-to-write', '0'], signal);
};
