import { sql, type ExpressionBuilder } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import type { BackupKind, BackupStatus, Verification } from '#domain/backup/backup.js';
import type { Db, Tx } from '../connection.js';
import type { BackupRow, Tables } from '../tables.js';
import type { PageRequest } from './page.js';

export type BackupView = BackupRow & {
  readonly environment_name: string;
  readonly copies: readonly { id: string }[];
};

const copies = (e: ExpressionBuilder<Tables, 'backups'>) =>
  jsonArrayFrom(
    e
      .selectFrom('backups as copy')
      .select('copy.id')
      .whereRef('copy.copy_of', '=', 'backups.id')
      .where('copy.status', 'in', ['running', 'complete'])
      .orderBy('copy.id'),
  );

const views = (db: Db | Tx) =>
  db
    .selectFrom('backups')
    .innerJoin('environments', 'environments.id', 'backups.environment_id')
    .selectAll('backups')
    .select('environments.name as environment_name')
    .select((e) => copies(e).as('copies'));

export const viewBackup = (db: Db | Tx, id: string): Promise<BackupView | undefined> =>
  views(db).where('backups.id', '=', id).executeTakeFirst();

export interface BackupFilter {
  readonly environmentId?: string | undefined;
  readonly databaseId?: string | undefined;
  readonly kind?: BackupKind | undefined;
  readonly status?: BackupStatus | undefined;
  readonly verification?: Verification | undefined;
  readonly orphaned?: boolean | undefined;
}

/** Newest first; purged ones only when their status is asked for. */
export const pageBackups = (db: Db, filter: BackupFilter, page: PageRequest): Promise<BackupView[]> => {
  const { environmentId, databaseId, kind, status, verification, orphaned } = filter;
  let query = views(db).orderBy('backups.id', 'desc').limit(page.limit);
  query = status ? query.where('backups.status', '=', status) : query.where(sql<boolean>`backups.status <> 'purged'`);
  if (page.after !== undefined) query = query.where('backups.id', '<', page.after);
  if (environmentId !== undefined) query = query.where('backups.environment_id', '=', environmentId);
  if (databaseId !== undefined) query = query.where('backups.database_id', '=', databaseId);
  if (kind !== undefined) query = query.where('backups.kind', '=', kind);
  if (verification !== undefined) query = query.where('backups.verification', '=', verification);
  if (orphaned !== undefined)
    query = query.where(orphaned ? sql<boolean>`backups.orphaned` : sql<boolean>`NOT backups.orphaned`);
  return query.execute();
};
