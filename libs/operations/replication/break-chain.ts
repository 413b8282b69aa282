import { findDatabase } from '#persistence/databases.js';
import { followersOf } from '#persistence/replication.js';
import type { DatabaseRow } from '#persistence/tables.js';
import { on, type AttemptContext } from '../run/context.js';
import { serverOf } from '../server/server.js';
import { follow } from './after-promotion.js';
import { formerIn } from './parties.js';
import { syncReplicationUsers } from './users.js';
import { viewOf } from './view.js';

/**
 * Without its engine only its gate keeps a former primary from writes when it returns, and the gate opens when all its followers have come.
 * A candidate that follows it stays away by being promoted; for one further down, the replica that it hangs on has to be led away.
 * Throws `otherwise` when that cannot be done.
 */
export const breakChain = async (context: AttemptContext, otherwise: unknown): Promise<void> => {
  const { control, database, environment } = context;
  const link = await directFollower(context);
  if (link.id === database.id) return;
  if (!(await viewOf(on(context, link)))) throw otherwise;
  await syncReplicationUsers(context, [...(await followersOf(control.db, database.id)), link]);
  await follow(on(context, link), serverOf(control, database, environment).address);
};

/** Of the former primary: the candidate itself, or the replica over which it follows. */
const directFollower = async (context: AttemptContext): Promise<DatabaseRow> => {
  const former = formerIn(context);
  let link = context.database;
  while (link.source_id !== null && link.source_id !== former.id) {
    const source = await findDatabase(context.control.db, link.source_id);
    if (!source) break;
    link = source;
  }
  return link;
};
