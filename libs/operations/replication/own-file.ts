import { waitUntil } from '#engine/wait/wait-until.js';
import type { AttemptContext } from '../run/context.js';
import { asManager } from '../server/manager.js';

/** Of some gigabytes. What takes longer is waited for by another attempt. */
const writtenMs = 60_000;

/**
 * After a copy of everything a replica writes its append-only file anew, and until that is done a crash brings back what it had before the
 * copy. A primary must not be in that state. Errors: `server_not_ready`.
 */
export const awaitOwnFile = async (context: AttemptContext): Promise<void> => {
  if (context.database.persistence !== 'aof') return;
  await asManager(context, (node) =>
    waitUntil(
      async (signal) => {
        const info = await node.info('persistence', signal);
        const writes = info['aof_rewrite_in_progress'] === '1' || info['aof_rewrite_scheduled'] === '1';
        return writes ? undefined : true;
      },
      { describe: `the append-only file of "${context.database.handle}"`, deadlineMs: writtenMs },
      context.signal,
    ),
  );
};
