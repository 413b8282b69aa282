import { refuse, type Decision } from '../operation/decide-server.js';

export interface SnapshotSituation {
  /** Nothing is left to do once it is written down. */
  readonly recorded: boolean;
  /** A valid manifest lies in the store, from this attempt or an earlier one. */
  readonly stored: boolean;
  /** This attempt has written all of it. */
  readonly written: boolean;
  /** Objects of attempts that came to nothing. */
  readonly leftovers: boolean;
}

export type SnapshotAction = 'tidy' | 'write' | 'record';

/** What an earlier attempt has brought to its end is not done again: the store is looked at, not the journal. */
export const decideSnapshot = ({
  recorded,
  stored,
  written,
  leftovers,
}: SnapshotSituation): Decision<SnapshotAction> => {
  if (recorded) return { next: 'finish' };
  if (stored) return { next: 'record' };
  // Writing it again at once would go on for ever with a store that does not keep what it is given.
  if (written) return refuse('backup_store_unreachable', 'The store does not have what was written to it.');
  return { next: leftovers ? 'tidy' : 'write' };
};
