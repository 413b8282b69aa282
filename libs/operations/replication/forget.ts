import { followersOf } from '#persistence/replication.js';
import type { DatabaseRow } from '#persistence/tables.js';
import { on, type AttemptContext } from '../run/context.js';
import { recordedRole } from '../server/role.js';
import { writeRole } from './role-file.js';
import { syncReplicationUsers } from './users.js';
import { viewOf } from './view.js';

/** The source lets the subject in no more, and has no gate any more when that was its last follower. */
export const forgetFollower = async (context: AttemptContext, source: DatabaseRow): Promise<void> => {
  const { control, database, environment } = context;
  const there = on(context, source);
  const rest = (await followersOf(control.db, source.id)).filter(({ id }) => id !== database.id);
  const recorded = await recordedRole(control, source, environment);
  await writeRole(there, recorded.kind === 'primary' ? { ...recorded, followers: rest.length } : recorded);
  if (await viewOf(there)) return syncReplicationUsers(there, rest);
  await context.log('warn', `"${source.handle}" does not answer; its user for "${database.handle}" is removed later.`);
};
