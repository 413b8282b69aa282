import { sql } from 'kysely';
import type { Db, Tx } from '../connection.js';
import type { EnvironmentRow } from '../tables.js';
import type { PageRequest } from './page.js';

export type EnvironmentView = EnvironmentRow & {
  /** How many databases it holds that are not deprovisioned. */
  readonly databases: number;
};

const views = (db: Db | Tx) =>
  db
    .selectFrom('environments')
    .selectAll('environments')
    .select((e) =>
      e
        .selectFrom('databases')
        .select(sql<number>`count(*)::integer`.as('count'))
        .whereRef('databases.environment_id', '=', 'environments.id')
        .where('databases.status', '<>', 'deprovisioned')
        .$asScalar()
        .$notNull()
        .as('databases'),
    )
    .where('environments.deleted_at', 'is', null);

/** Oldest first. */
export const pageEnvironments = (db: Db, page: PageRequest): Promise<EnvironmentView[]> => {
  const query = views(db).orderBy('id').limit(page.limit);
  return (page.after === undefined ? query : query.where('id', '>', page.after)).execute();
};

export const viewEnvironment = (db: Db | Tx, id: string): Promise<EnvironmentView | undefined> =>
  views(db).where('id', '=', id).executeTakeFirst();
