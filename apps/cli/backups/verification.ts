import { sentences } from '#domain/text/sentences.js';
import { answer } from '../api/client.js';
import type { Backup, Operation } from '../api/documents.js';
import { itemsOf } from '../api/pages.js';
import { exitCodes } from '../failure/exit-codes.js';
import { follow } from '../operations/follow.js';
import { requireSuccess } from '../operations/outcome.js';
import type { Session } from '../session.js';
import { renderDuration } from '../text/duration.js';
import { verificationText } from './backup-text.js';
import { backupAt, requestOnBackup } from './request.js';

/** As many verifications as one database may have asked for in the moment since its backup was taken. */
const newest = 50;

/** The verification that a new backup is followed by. One that was not asked for by itself is asked for. */
export const verificationOf = async (session: Session, { id, database }: Backup): Promise<Operation> => {
  const query = { database, type: 'verify-backup' } as const;
  const operations = await itemsOf(
    (page) => answer(session.api.GET('/v1/operations', { params: { query: { ...page, ...query } } })),
    newest,
  );
  const own = operations.find(({ parameters }) => parameters['backupId'] === id);
  return own ?? requestOnBackup(session, id, { type: 'verify' });
};

/**
 * Follows a verification to its end, and prints what `result` makes of its backup. Returns an exit code that is 0 for `verified` alone.
 * Errors: `Refusal` when the verification failed, after the result.
 */
export const followVerification = async (
  session: Session,
  verification: Operation,
  backupId: string,
  print: (backup: Backup, verification: Operation) => void,
): Promise<number> => {
  const ended = await follow(session, verification);
  const backup = await backupAt(session, backupId);
  print(backup, ended);
  requireSuccess(ended);
  return backup.verification === 'verified' ? exitCodes.done : exitCodes.failed;
};

/** What this verification came to: when it could not be carried out, the backup shows the end of an earlier one. */
export const verificationOutcome = (backup: Backup, { status, error }: Operation): string => {
  if (status === 'succeeded') return verificationSentence(backup);
  const end = `This verification ${status === 'cancelled' ? 'was cancelled' : 'failed'}`;
  const whole = error ? `${end}: ${error.detail}` : end;
  return sentences(whole, `The backup is ${verificationText(backup)} as it stands.`);
};

/** `Verification: verified, restored in 1.2 s.` */
export const verificationSentence = (backup: Backup): string => {
  const { restoreMs, verificationDetail: detail } = backup;
  const time = restoreMs === null ? '' : `, restored in ${renderDuration(restoreMs)}`;
  return `Verification: ${verificationText(backup)}${time}.${detail === null ? '' : ` ${detail}`}`;
};
