import type { Db, Tx } from './connection.js';
import type { SettingChange, SettingsEntryRow } from './settings-table.js';

export interface NewSettingsEntry extends Pick<
  SettingsEntryRow,
  'id' | 'database_id' | 'operation_id' | 'actor' | 'at' | 'settings'
> {
  readonly changes: readonly SettingChange[];
}

export const insertSettingsEntry = async (tx: Tx, { changes, settings, ...entry }: NewSettingsEntry): Promise<void> => {
  await tx
    .insertInto('settings_history')
    .values({ ...entry, changes: JSON.stringify(changes), settings: JSON.stringify(settings) })
    .execute();
};

export const hasSettingsHistory = async (tx: Tx, databaseId: string): Promise<boolean> =>
  (await tx.selectFrom('settings_history').select('id').where('database_id', '=', databaseId).limit(1).execute())
    .length > 0;

export const findSettingsEntry = (db: Db | Tx, databaseId: string, id: string): Promise<SettingsEntryRow | undefined> =>
  db
    .selectFrom('settings_history')
    .selectAll()
    .where('database_id', '=', databaseId)
    .where('id', '=', id)
    .executeTakeFirst();

/** What was in force at a moment; undefined when nothing was changed up to then. */
export const settingsEntryAt = (db: Db | Tx, databaseId: string, at: Date): Promise<SettingsEntryRow | undefined> =>
  db
    .selectFrom('settings_history')
    .selectAll()
    .where('database_id', '=', databaseId)
    .where('at', '<=', at)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();

/** The newest first. */
export const pageSettingsHistory = (
  db: Db,
  databaseId: string,
  { limit, after }: { readonly limit: number; readonly after: string | undefined },
): Promise<SettingsEntryRow[]> => {
  const query = db
    .selectFrom('settings_history')
    .selectAll()
    .where('database_id', '=', databaseId)
    .orderBy('id', 'desc')
    .limit(limit);
  return (after === undefined ? query : query.where('id', '<', after)).execute();
};
