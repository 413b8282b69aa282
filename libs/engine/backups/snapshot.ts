import { isHoldfastError } from '#domain/errors/holdfast-error.js';
import { serverUsers } from '#domain/server/users.js';
import type { Snapshot } from '../ports/backup-streams.js';
import type { RedisTarget } from '../ports/redis-node.js';
import { ServerReply } from '../ports/server-reply.js';
import { datasetBody, silenceMs } from './dataset-body.js';
import { gathered } from './gathered.js';
import { ServerLink } from './server-link.js';
import { withoutCompression } from './stream-compression.js';

const partBytes = 128 * 1024;

/** See BackupStreams.snapshot. */
export const takeSnapshot = async (target: RedisTarget, signal: AbortSignal): Promise<Snapshot> => {
  const link = await ServerLink.open(target, signal);
  try {
    const { replicationId, offset } = await withoutCompression(target, signal, () => askForCopy(link, target));
    // A server that writes a file first answers at once and sends its size when the file is there.
    const body = gathered(datasetBody(await link.line(silenceMs), link), partBytes);
    return { replicationId, offset, body, close: link.close };
  } catch (error) {
    link.close();
    throw error;
  }
};

/** The same of a server that is not ours, whose settings stay as they are. Closes the link when it throws. */
export const snapshotOver = async (link: ServerLink): Promise<Snapshot> => {
  try {
    const { replicationId, offset } = await askForCopy(link, { username: '' });
    const body = gathered(datasetBody(await link.line(silenceMs), link), partBytes);
    return { replicationId, offset, body, close: link.close };
  } catch (error) {
    link.close();
    throw error;
  }
};

/** Resolves when the server has forked: it answers just before, in the same turn of its event loop. */
const askForCopy = async (
  link: ServerLink,
  { username }: Pick<RedisTarget, 'username'>,
): Promise<Pick<Snapshot, 'replicationId' | 'offset'>> => {
  if (username === serverUsers.manager) await refuseGated(link);
  await link.command(['REPLCONF', 'capa', 'eof', 'capa', 'psync2']);
  // From 6.2 on: the server keeps no writes for us and never counts us as one that follows. An older one does not know it.
  await unlessRefused(link.command(['REPLCONF', 'rdb-only', '1']));
  link.send(['PSYNC', '?', '-1']);
  const line = await link.line(silenceMs);
  const [, replicationId, offset] = /^\+FULLRESYNC ([0-9a-f]{40}) (\d+)$/.exec(line) ?? [];
  if (replicationId === undefined) throw link.failure(new ServerReply(line.replace(/^[-+]/, '').slice(0, 200)));
  return { replicationId, offset: Number(offset) };
};

/**
 * A primary of ours whose gate is shut (libs/domain/server/server-role.ts) may have been replaced; one in memory only would let us wait for
 * ever, and a 6.0 counts us among its followers for the moment between the last byte and our leaving: enough to let a write through.
 */
const refuseGated = async (link: ServerLink): Promise<void> => {
  const reply = await link.command(['CONFIG', 'GET', 'min-replicas-to-write']);
  const followers = reply instanceof Array ? Number(reply[1] ?? 0) : 0;
  if (followers > 0) throw link.failure(new ServerReply('NOREPLICAS it takes no writes before its followers are back'));
};

const unlessRefused = async (asked: Promise<unknown>): Promise<void> => {
  try {
    await asked;
  } catch (error) {
    if (!(isHoldfastError(error) && error.cause instanceof ServerReply)) throw error;
  }
};
