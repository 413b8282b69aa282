import { answer } from '../api/client.js';
import type { Backup, Database } from '../api/documents.js';
import type { Session } from '../session.js';
import { momentOf } from './backup-text.js';

/** Newer by their ids are copies that were made of older data; beyond so many of them nobody looks. */
const looksAt = 10;

/** Of those that are proved to restore the one with the newest data; null when there is none. */
export const newestVerified = async (
  { api }: Session,
  { id: database }: Pick<Database, 'id'>,
): Promise<Backup | null> => {
  const query = { database, verification: 'verified', limit: looksAt } as const;
  const { items } = await answer(api.GET('/v1/backups', { params: { query } }));
  return items.reduce<Backup | null>(
    (newest, backup) => (newest && momentOf(newest) >= momentOf(backup) ? newest : backup),
    null,
  );
};
