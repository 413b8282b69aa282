import type { Db } from '../connection.js';
import type { TokenRow } from '../tables.js';
import type { PageRequest } from './page.js';

/** Oldest first. */
export const pageTokens = (db: Db, page: PageRequest): Promise<TokenRow[]> => {
  const query = db.selectFrom('tokens').selectAll().orderBy('id').limit(page.limit);
  return (page.after === undefined ? query : query.where('id', '>', page.after)).execute();
};
