import { decideRestore, type Decision, type RestoreAction, type ServerSituation } from '../operation/decide-server.js';
import { decideSnapshot, type SnapshotSituation } from './decide-snapshot.js';

export interface ImportSituation {
  readonly server: ServerSituation;
  /** Of the backup that the source's data become. */
  readonly backup: SnapshotSituation;
}

export type ImportAction = 'tidy' | 'fetch' | 'record' | RestoreAction;

/** First the data lie in the store, whole; from then on the source is not needed any more, and it is a restore. */
export const decideImport = ({ server, backup }: ImportSituation): Decision<ImportAction> => {
  const decision = decideSnapshot(backup);
  if (decision.next === 'finish') return decideRestore(server);
  if (decision.next === 'refuse') return decision;
  return { next: decision.next === 'write' ? 'fetch' : decision.next };
};
