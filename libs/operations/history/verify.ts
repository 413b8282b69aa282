import type { ChainPosition, ChainProblem } from '#domain/audit/chain.js';
import { readChain, readHead } from '#persistence/audit/read.js';
import type { Db } from '#persistence/connection.js';
import { ChainWalk } from './chain-walk.js';
import type { CheckpointFile } from './checkpoints.js';

export interface HistoryReport {
  readonly ok: boolean;
  readonly entries: number;
  readonly checkpoints: number;
  readonly head: ChainPosition;
  /** The first ones, at most 100. */
  readonly problems: readonly ChainProblem[];
}

/**
 * Walks the whole chain and holds it against the head in the database and the signed checkpoints outside it. Finds an edited, deleted
 * or reordered entry by its hash, a cut-off end by the head or a checkpoint, a recomputed chain by the checkpoints.
 * Entries written meanwhile are not looked at: the head and the checkpoints are read first.
 */
export const verifyHistory = async (db: Db, file: CheckpointFile): Promise<HistoryReport> => {
  const checkpoints = await file.read();
  const head = await readHead(db);
  const walk = new ChainWalk(file, checkpoints);
  walk.checkSignatures();
  for await (const batch of readChain(db)) {
    for (const entry of batch) {
      if (entry.seq > head.seq) break;
      walk.visit(entry);
    }
  }
  walk.checkEnd(head);
  const { problems, entries } = walk;
  return { ok: problems.length === 0, entries, checkpoints: checkpoints.length, head, problems };
};
