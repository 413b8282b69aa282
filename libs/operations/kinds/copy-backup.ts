import { condemnBackup } from '../backup/condemn.js';
import { copyObjects } from '../backup/copy-objects.js';
import { backupIn, backupSnapshot, snapshotActions, writingOnce } from './backup-snapshot.js';

/** As a snapshot, but that the bytes come from another store. */
export const copyBackup: typeof backupSnapshot = {
  ...backupSnapshot,
  actions: { ...snapshotActions, write: writingOnce(async (context) => copyObjects(context, await backupIn(context))) },
  ended: async (tx, context, end) => {
    await backupSnapshot.ended?.(tx, context, end);
    await condemnBackup(tx, String(context.operation.parameters['backupId']), end, context.control.now());
  },
  receipt: async (context) => {
    const { id, copy_of: copyOf, store, stored_bytes: storedBytes } = await backupIn(context);
    return { backupId: id, copyOf, store, storedBytes: Number(storedBytes) };
  },
};
