import { stopGraceSeconds } from '#domain/database/size.js';
import { followersOf } from '#persistence/replication.js';
import { openDoors } from '../kinds/door-actions.js';
import { serverIn } from '../kinds/server-actions.js';
import { follow, tidyUsers } from '../replication/after-promotion.js';
import { fenceOnHost } from '../replication/fencing.js';
import { writeRecordedRole } from '../replication/role-file.js';
import { syncReplicationUsers } from '../replication/users.js';
import { viewOf } from '../replication/view.js';
import { on, type AttemptContext } from '../run/context.js';
import { asManager } from '../server/manager.js';
import { awaitReady, open } from '../server/readiness.js';
import { bothOf, freshRow } from './parties.js';

/** What follows once Postgres has the new server. */

/** Nothing starts the one that served before; its data stay as they were at its last moment. It may save them in its own time. */
export const fenceKept = async (context: AttemptContext): Promise<void> => {
  const { former } = await bothOf(context);
  await fenceOnHost(former, stopGraceSeconds(former.database.memory_mb));
};

/** Comes back as the primary after a restart; one that was restarted just now waits behind its gate. */
export const persistSuccessor = async (context: AttemptContext): Promise<void> => {
  const there = on(context, await freshRow(context));
  await writeRecordedRole(there);
  if (there.database.persistence === 'none' || (await viewOf(there))?.role !== 'master') return;
  await asManager(there, (node) => open(node, context.signal));
};

/** Whoever followed the old server follows the new one, now and after a restart. */
export const repointFollowers = async (context: AttemptContext): Promise<void> => {
  const there = on(context, await freshRow(context));
  const followers = await followersOf(context.control.db, there.database.id);
  await syncReplicationUsers(there, followers);
  for (const follower of followers) {
    await follow(on(context, follower), serverIn(there).address);
    await writeRecordedRole(context, follower);
  }
};

/** Nobody but its followers may follow it. */
export const tidySuccessor = async (context: AttemptContext): Promise<void> => {
  const row = await freshRow(context);
  await tidyUsers(on(context, row), row);
};

export const openOwnDoors = async (context: AttemptContext): Promise<void> =>
  openDoors(on(context, await freshRow(context)));

/** As its clients reach it, with the settings that it was promised. */
export const awaitServing = async (context: AttemptContext): Promise<void> => {
  const there = on(context, await freshRow(context));
  await openDoors(there);
  await awaitReady(there, serverIn(there));
};
