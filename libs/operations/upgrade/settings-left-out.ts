import { unfitting } from '#domain/settings/change.js';
import type { Tx } from '#persistence/connection.js';
import type { DatabaseRow } from '#persistence/tables.js';
import { leaveOutSettings } from '../configuration/record.js';
import { configurationOf } from '../configuration/wanted.js';
import type { AttemptContext } from '../run/context.js';

/** What a database has chosen and cannot have in another version. */

export const settingsLeftOut = (database: DatabaseRow, version: string): string[] =>
  unfitting(configurationOf(database).settings, version, database.persistence);

/** As long as it can be cancelled. */
export const tellLeftOut = async (context: AttemptContext, database: DatabaseRow, version: string): Promise<void> => {
  const names = settingsLeftOut(database, version);
  if (names.length === 0) return;
  await context.log(
    'warn',
    `Redis ${version} lacks settings of "${database.handle}": ${names.join(', ')}. They are left out.`,
  );
};

/** In the transaction that records the version. Returns what of it the receipt and the history say. */
export const fitSettings = async (
  context: AttemptContext,
  tx: Tx,
  former: DatabaseRow,
  version: string,
): Promise<{ readonly settingsLeftOut?: readonly string[] }> => {
  const names = await leaveOutSettings(context, tx, former, version);
  return names.length === 0 ? {} : { settingsLeftOut: names };
};
