import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { mayHaveServed } from '#domain/replication/decide-promote.js';
import { followersOf } from '#persistence/replication.js';
import { removeServer } from '../backup/verification.js';
import { removeThrowAway } from '../configuration/throw-away.js';
import { removeHalfMade } from '../kinds/backup-snapshot.js';
import { openDoors } from '../kinds/door-actions.js';
import { primaryAgain } from '../replication/fencing.js';
import { progressOf } from '../replication/progress.js';
import { writeRecordedRole } from '../replication/role-file.js';
import { syncReplicationUsers } from '../replication/users.js';
import { viewOf } from '../replication/view.js';
import { on, type AttemptContext } from '../run/context.js';
import { backupOfOperation } from '#persistence/backups.js';
import { partiesOf, wantedIn } from './parties.js';
import { removeIncarnation } from './successor.js';

type Part = readonly [what: string, undo: () => Promise<void>];

/** The way back of an upgrade that failed before the new version took writes. Each part by itself; returns what is left. */
export const undoUpgrade = async (context: AttemptContext): Promise<readonly string[]> => {
  const left = await each([['the throw-away servers', () => removeThrowAways(context)]]);
  if (await backupOfOperation(context.control.db, context.operation.id)) left.push(...(await removeHalfMade(context)));
  if (wantedIn(context).method === 'swap') left.push(...(await undoSwap(context)));
  return left;
};

const removeThrowAways = async (context: AttemptContext): Promise<void> => {
  await removeServer(context);
  await removeThrowAway(context);
};

const undoSwap = async (context: AttemptContext): Promise<readonly string[]> => {
  const { recorded, former: formerRow, successor: successorRow } = await partiesOf(context);
  const { handle } = formerRow;
  if (recorded) return [`"${handle}" runs the new version already; retry the upgrade to finish it`];
  if (!successorRow) return [];
  const [former, successor] = [on(context, formerRow), on(context, successorRow)];
  const [{ begun, moved }, candidate, primary] = await Promise.all([
    progressOf(context),
    viewOf(successor),
    viewOf(former),
  ]);
  if (moved || candidate?.role === 'master') {
    return [`the new server of "${handle}" takes writes already; retry the upgrade to finish it`];
  }
  const keepsEveryWrite = formerRow.persistence === 'aof';
  if (mayHaveServed({ begun, candidate, primary, keepsEveryWrite, allowedLoss: 0 })) {
    return [`the new server of "${handle}" does not answer and may hold writes; start it, then retry the upgrade`];
  }
  const again = await each([
    ['the role file of the server', () => writeRecordedRole(former)],
    // One that had given its role to another database before this began does not get it back.
    ['the server', async () => (formerRow.role === 'primary' ? primaryAgain(former, candidate) : undefined)],
    ['the doors', () => openDoors(former)],
  ]);
  // As long as the one is not certainly the primary again, the other one is the only whole copy besides.
  if (again.length > 0) return again;
  return each([
    ['the new server', () => removeIncarnation(context, successorRow)],
    ['its user', async () => syncReplicationUsers(former, await followersOf(context.control.db, formerRow.id))],
  ]);
};

/** Each part by itself; returns what it could not. */
export const each = async (parts: readonly Part[]): Promise<string[]> => {
  const left: string[] = [];
  for (const [what, undo] of parts) {
    await undo().catch((error: unknown) => {
      left.push(`${what}: ${error instanceof HoldfastError ? error.detail : String(error)}`);
    });
  }
  return left;
};
