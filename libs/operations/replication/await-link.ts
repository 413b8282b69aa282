import { setTimeout as pause } from 'node:timers/promises';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { serverView, type ServerView } from '#domain/replication/server-view.js';
import type { RedisNode } from '#engine/ports/redis-node.js';
import type { AttemptContext } from '../run/context.js';
import { waitUntil } from '#engine/wait/wait-until.js';
import { connectManager } from '../server/manager.js';

const lookEveryMs = 20;
const tellEveryMs = 2000;
/** A link that is neither up nor copying for this long will not come up by itself. */
const silenceMs = 60_000;

/**
 * Waits until the server of the context's database holds all that its source holds and follows it, and tells how far the first copy is.
 * A copy that breaks off is begun again by the server. Errors: `server_not_ready`.
 */
export const awaitLink = async (context: AttemptContext): Promise<void> => {
  const { signal } = context;
  const describe = `the server of "${context.database.handle}"`;
  // One that loads what it was sent lets nobody in.
  const connect = (within: AbortSignal): Promise<RedisNode> => connectManager(context, within);
  const node = await waitUntil(connect, { describe, deadlineMs: silenceMs, intervalMs: lookEveryMs }, signal);
  try {
    await untilUp(context, node);
  } finally {
    node.close();
  }
};

const untilUp = async (context: AttemptContext, node: RedisNode): Promise<void> => {
  let movedMs = performance.now();
  let toldMs = performance.now();
  for (;;) {
    const info = await node.info('replication', context.signal);
    const view = serverView(info);
    if (view.linkUp && !view.syncing) return;
    const now = performance.now();
    if (view.syncing) movedMs = now;
    if (now - movedMs > silenceMs)
      throw new HoldfastError('server_not_ready', 'The link to the source does not come up.');
    if (now - toldMs > tellEveryMs) {
      toldMs = now;
      await context.log('info', progress(view, info));
    }
    await pause(lookEveryMs, undefined, { signal: context.signal });
  }
};

const megabytes = (bytes: string | undefined): string => (Number(bytes ?? 0) / 1024 ** 2).toFixed(1);

const progress = (view: ServerView, info: Readonly<Record<string, string>>): string => {
  if (!view.syncing) return 'Waiting for the source to answer.';
  const total = Number(info['master_sync_total_bytes'] ?? 0);
  const read = megabytes(info['master_sync_read_bytes']);
  return total > 0 ? `Copied ${read} of ${megabytes(String(total))} MB.` : `Copied ${read} MB.`;
};
