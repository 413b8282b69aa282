import { isHoldfastError } from '#domain/errors/holdfast-error.js';
import { serverUsers } from '#domain/server/users.js';
import type { RedisTarget } from '../ports/redis-node.js';
import { ServerReply } from '../ports/server-reply.js';
import { ServerLink } from './server-link.js';

const setting = 'rdbcompression';
const restoreMs = 5_000;
const attempts = 3;

/**
 * Runs `work` with the server's own compression of RDB files off: it takes most of the time of a copy, and zstd does better. The child
 * that writes the copy takes the setting along when it is forked, so `work` ends at that moment, and the setting is as it was again,
 * whether or not `work` succeeded. A server that does not let us set it (hosted ones) goes on with it.
 */
export const withoutCompression = async <T>(
  target: RedisTarget,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> => {
  const link = await ServerLink.open(target, signal);
  let before: string | null = null;
  try {
    before = await valueToRestore(link, target);
    if (before !== null) await unlessRefused(link.command(['CONFIG', 'SET', setting, 'no']));
    return await work();
  } finally {
    link.close();
    if (before !== null) await restore(target, before);
  }
};

/** Null when there is nothing to switch off, or we may not. */
const valueToRestore = async (link: ServerLink, { username }: RedisTarget): Promise<string | null> => {
  const reply = await unlessRefused(link.command(['CONFIG', 'GET', setting]));
  const value = reply instanceof Array ? reply[1] : null;
  if (typeof value !== 'string') return null;
  // Our own servers' file says yes: a "no" is what a killed backup left behind, and this one mends it.
  if (username === serverUsers.manager) return 'yes';
  return value === 'yes' ? value : null;
};

const unlessRefused = async <T>(asked: Promise<T>): Promise<T | null> => {
  try {
    return await asked;
  } catch (error) {
    if (isHoldfastError(error) && error.cause instanceof ServerReply) return null;
    throw error;
  }
};

/**
 * On a connection and with a deadline of its own: the first one may be what broke, and the caller may have given up. A server that is
 * gone needs nothing: its file says what it was.
 */
const restore = async (target: RedisTarget, value: string): Promise<void> => {
  for (let left = attempts; left > 0; left--) {
    const done = await setOnce(target, value).then(
      () => true,
      () => false,
    );
    if (done) return;
  }
};

const setOnce = async (target: RedisTarget, value: string): Promise<void> => {
  const link = await ServerLink.open(target, AbortSignal.timeout(restoreMs));
  try {
    await unlessRefused(link.command(['CONFIG', 'SET', setting, value]));
  } finally {
    link.close();
  }
};
