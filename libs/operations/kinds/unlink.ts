import { decideUnlink, type UnlinkAction } from '#domain/replication/decide-unlink.js';
import { findDatabase } from '#persistence/databases.js';
import { recordUnlink } from '#persistence/replication.js';
import { auditRole } from '../replication/audit-role.js';
import { forgetFollower } from '../replication/forget.js';
import { writeRecordedRole } from '../replication/role-file.js';
import { viewOf } from '../replication/view.js';
import type { AttemptContext } from '../run/context.js';
import { asManager } from '../server/manager.js';
import { openDoors } from './door-actions.js';
import type { KindHandler } from './kind.js';

/** A replica that does not answer is a primary by its file when it comes back. */
const detach = async (context: AttemptContext): Promise<void> => {
  const view = await viewOf(context);
  if (!view) return context.log('warn', 'The replica does not answer; it follows nobody when it comes back.');
  if (view.role === 'master') return;
  await asManager(context, (node) => node.command(['REPLICAOF', 'NO', 'ONE'], context.signal));
};

const tidy = async (context: AttemptContext): Promise<void> => {
  const [before] = context.others;
  const source = before && (await findDatabase(context.control.db, before.id));
  if (source?.status === 'provisioned') await forgetFollower(context, source);
};

/** Makes the subject a database of its own. */
export const unlink: KindHandler<ReadonlySet<string>, UnlinkAction> = {
  observe: (_context, done) => Promise.resolve(done),
  decide: decideUnlink,
  actions: {
    record: (context) =>
      context.write(async (tx) => {
        await recordUnlink(tx, context.database.id);
        if (context.database.role !== 'primary') await auditRole(context, tx, context.database, 'primary');
      }),
    persist: writeRecordedRole,
    detach,
    'open-doors': openDoors,
    tidy,
  },
  receipt: ({ database, others: [source] }) => ({ databaseId: database.id, formerSourceId: source?.id ?? null }),
};
