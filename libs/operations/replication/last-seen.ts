import { bytesBehind, type ServerView } from '#domain/replication/server-view.js';
import type { DatabaseRow } from '#persistence/tables.js';
import { findObservation } from '#persistence/observations.js';
import type { Control } from '../control.js';

/**
 * What is known of a primary that does not answer, from the last time that somebody looked at it: where it stood then, and how many bytes
 * at least the candidate lacks of that. What it wrote afterwards nobody knows.
 */
export const lastSeen = async (
  { db }: Control,
  { id }: Pick<DatabaseRow, 'id'>,
  candidate: ServerView,
): Promise<{
  lastSeenSourceOffset: number | null;
  lastSeenSourceAt: string | null;
  lostBytesAtLeast: number | null;
}> => {
  const seen = await findObservation(db, id);
  const server = seen?.document.server;
  if (server?.role !== 'primary') return { lastSeenSourceOffset: null, lastSeenSourceAt: null, lostBytesAtLeast: null };
  return {
    lastSeenSourceOffset: server.offset,
    lastSeenSourceAt: seen?.answered_at?.toISOString() ?? null,
    lostBytesAtLeast: bytesBehind(server, candidate),
  };
};
