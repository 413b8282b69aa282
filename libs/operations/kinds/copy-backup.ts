import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { condemnBackup } from '../backup/condemn.js';
import { copyObjects } from '../backup/copy-objects.js';
import { backupIn, backupSnapshot, snapshotActions, writingOnce } from './backup-snapshot.js';

/** Errors: `backup_not_found` when it is gone meanwhile: whoever waits for the copy is not told that it is there. */
const observe: typeof backupSnapshot.observe = async (context, done) => {
  const { id, status } = await backupIn(context);
  if (status === 'running' || status === 'complete') return backupSnapshot.observe(context, done);
  throw new HoldfastError('backup_not_found', `The copy ${id} is ${status}.`);
};

/** As a snapshot, but that the bytes come from another store. */
export const copyBackup: typeof backupSnapshot = {
  ...backupSnapshot,
  observe,
  actions: { ...snapshotActions, write: writingOnce(async (context) => copyObjects(context, await backupIn(context))) },
  // The original before its copy, as everybody locks them.
  ended: async (tx, context, end) => {
    await condemnBackup(tx, String(context.operation.parameters['backupId']), end, context.control.now());
    await backupSnapshot.ended?.(tx, context, end);
  },
  receipt: async (context) => {
    const { id, copy_of: copyOf, store, stored_bytes: storedBytes } = await backupIn(context);
    return { backupId: id, copyOf, store, storedBytes: Number(storedBytes) };
  },
};
