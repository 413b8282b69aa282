import {
  decideReplicate,
  type ReplicateAction,
  type ReplicateSituation,
} from '#domain/replication/decide-replicate.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { followersOf } from '#persistence/replication.js';
import type { DatabaseRow } from '#persistence/tables.js';
import { awaitLink } from '../replication/await-link.js';
import { forgetFollower } from '../replication/forget.js';
import { writeRecordedRole } from '../replication/role-file.js';
import { syncReplicationUsers } from '../replication/users.js';
import { on, type AttemptContext } from '../run/context.js';
import { removeEverything } from './deprovision.js';
import type { KindHandler } from './kind.js';
import { serverActions } from './provision.js';
import { observeServer } from './server-actions.js';

const sourceIn = ({ others: [source], operation }: AttemptContext): DatabaseRow => {
  if (!source) throw new Error(`Operation ${operation.id} has no source`);
  return source;
};

const sizeOf = ({ memory_mb: memoryMb, disk_gb: diskGb }: DatabaseRow) => ({ memoryMb, diskGb });

/** The source knows its followers, and starts behind its gate from now on. */
export const admitFollowers = async (context: AttemptContext, source: DatabaseRow): Promise<void> => {
  const there = on(context, source);
  await syncReplicationUsers(there, await followersOf(context.control.db, source.id));
  await writeRecordedRole(there);
};

/** The new database goes before its source is told, so that a copy that hangs on does no harm. Returns what is left. */
const undo = async (context: AttemptContext): Promise<readonly string[]> => {
  const left = [...(await removeEverything(context))];
  const source = sourceIn(context);
  await forgetFollower(context, source).catch((error: unknown) => {
    const reason = error instanceof HoldfastError ? error.detail : String(error);
    left.push(`what "${source.handle}" knows of it: ${reason}`);
  });
  return left;
};

export const replicate: KindHandler<ReplicateSituation, ReplicateAction> = {
  observe: async (context, done) => ({
    ...(await observeServer(context, done)),
    size: sizeOf(context.database),
    sourceSize: sizeOf(sourceIn(context)),
  }),
  decide: decideReplicate,
  actions: {
    ...serverActions,
    admit: (context) => admitFollowers(context, sourceIn(context)),
    'await-link': awaitLink,
  },
  compensate: undo,
  receipt: (context) => ({
    databaseId: context.database.id,
    sourceId: sourceIn(context).id,
    version: context.database.version,
    image: context.database.image,
  }),
};
