import { updateBackup } from '#persistence/backups.js';
import type { Tx } from '#persistence/connection.js';
import type { OperationEnd } from '../kinds/kind.js';

/** What shows that a backup cannot be relied on, as opposed to that nobody could tell. */
const damning = new Set(['backup_corrupt', 'backup_object_missing']);

/**
 * Whoever finds out that a backup is not what it was says so of it, whatever it was read for: nobody shall rely on it any longer. `refused`:
 * its bytes are what they were, and nobody can load them.
 */
export const condemnBackup = async (
  tx: Tx,
  id: string,
  { event, error }: OperationEnd,
  now: Date,
  refused = false,
): Promise<void> => {
  if (event !== 'fail' || !error || !(refused || damning.has(error.code))) return;
  const verdict = { verification: 'failed', verification_detail: error.detail, restore_ms: null } as const;
  await updateBackup(tx, id, { ...verdict, checked_at: now });
};
