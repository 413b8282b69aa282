import type { Operation } from '../api/documents.js';
import { fields } from '../text/columns.js';
import { renderDuration } from '../text/duration.js';
import { settingsLeftOut } from './upgrade-receipt.js';

/** Which server serves again, what it does not have, and where that is, for people. */
export const goBackReceipt = ({ receipt }: Operation): string[] => {
  if (!receipt) return [];
  const { fromVersion, version, lostSince, writePauseMs, backupId, backupDataAt, wayBackUntil, recordedAt } = receipt;
  return [
    ...fields({
      from: fromVersion ?? null,
      'back to': version ?? null,
      'lost since': lostSince ?? null,
      'write pause': typeof writePauseMs === 'number' ? renderDuration(writePauseMs) : 'not known',
      'safety backup': backupId ?? 'none was taken',
    }),
    ...settingsLeftOut(receipt),
    ...(backupDataAt ? [`the safety backup has what was written until ${backupDataAt}`] : []),
    ...(wayBackUntil && recordedAt
      ? [`the newer server has it until ${recordedAt}, and is kept until ${wayBackUntil}`]
      : []),
  ];
};
