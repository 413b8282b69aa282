import type { Backup } from '../api/documents.js';
import { renderBytes } from '../text/bytes.js';
import { renderDuration } from '../text/duration.js';
import { green, red } from '../text/paint.js';

/** Of one that is not complete there is nothing to verify. Only `verified` is ever green. */
export const verificationText = ({ status, verification }: Pick<Backup, 'status' | 'verification'>): string => {
  if (status !== 'complete') return '-';
  if (verification === 'verified') return green(verification);
  return verification === 'failed' ? red(verification) : verification;
};

/** As the reference has it: `automatic`, `manual, copy`. */
export const kindText = ({ kind, copyOf }: Pick<Backup, 'kind' | 'copyOf'>): string =>
  copyOf === null ? kind : `${kind}, copy`;

export const statusText = ({ status, hold }: Pick<Backup, 'status' | 'hold'>): string =>
  hold === null ? status : `${status}, held`;

/** When the data were so; before that is known, when they were asked for. */
export const momentOf = ({ snapshotAt, createdAt }: Pick<Backup, 'snapshotAt' | 'createdAt'>): string =>
  snapshotAt ?? createdAt;

export const listHead = ['kind', 'status', 'verification', 'size', 'keys', 'restored in', 'store'];

/** Beside what tells one backup from another. */
export const listCells = (backup: Backup): string[] => [
  kindText(backup),
  statusText(backup),
  verificationText(backup),
  backup.storedBytes === null ? '-' : renderBytes(backup.storedBytes),
  backup.keys === null ? '-' : String(backup.keys),
  backup.restoreMs === null ? '-' : renderDuration(backup.restoreMs),
  backup.store,
];
