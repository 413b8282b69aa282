import { leastStopGraceSeconds } from '#domain/database/size.js';
import { backupOfOperation } from '#persistence/backups.js';
import { removeServer } from '../backup/verification.js';
import { removeThrowAway } from '../configuration/throw-away.js';
import { removeHalfMade } from '../kinds/backup-snapshot.js';
import { openDoors } from '../kinds/door-actions.js';
import { fenceOnHost } from '../replication/fencing.js';
import { on, type AttemptContext } from '../run/context.js';
import { backPartiesOf } from './back-parties.js';
import { giveBackPlace } from './go-back.js';
import { each } from './undo.js';

/** The undoing of a way back that failed before it was recorded: the server of today serves, the other one is kept. Returns what is left. */
export const undoGoBack = async (context: AttemptContext): Promise<readonly string[]> => {
  const { recorded, kept, today } = await backPartiesOf(context);
  const left = await each([
    ['the throw-away servers', () => removeServer(context)],
    ['the throw-away server of the trial', () => removeThrowAway(context)],
  ]);
  if (await backupOfOperation(context.control.db, context.operation.id)) left.push(...(await removeHalfMade(context)));
  if (recorded) return [...left, 'the old version serves already; retry the operation to finish it'];
  if (today && kept) {
    left.push(
      ...(await each([
        ['the server of today', () => giveBackPlace(context)],
        ['the doors', () => openDoors(on(context, today))],
        ['the server that was kept', () => fenceOnHost(on(context, kept), leastStopGraceSeconds)],
      ])),
    );
  }
  return left;
};
