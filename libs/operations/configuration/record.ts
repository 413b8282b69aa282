import { differences, fitting, unfitting } from '#domain/settings/change.js';
import type { Configuration } from '#domain/settings/settings.js';
import type { Tx } from '#persistence/connection.js';
import { updateDatabase } from '#persistence/databases.js';
import { releasePlainDoors } from '#persistence/doors.js';
import { hasSettingsHistory, insertSettingsEntry } from '#persistence/settings-history.js';
import type { SettingChange } from '#persistence/settings-table.js';
import type { DatabaseRow } from '#persistence/tables.js';
import { newId } from '../control.js';
import type { AttemptContext } from '../run/context.js';
import { targetOf, type Target } from './target.js';
import { columnsOf, configurationOf } from './wanted.js';

/** Writes down what is in force, in the transaction that ends the operation; the ports of closed doors go to the end of the line. */
export const recordConfiguration = async (context: AttemptContext, tx: Tx): Promise<void> => {
  const { database } = context;
  const target = await targetOf(context);
  const { settings, maxmemory_policy, persistence, tls_only } = target.database;
  await updateDatabase(tx, database.id, {
    ...{ maxmemory_policy, persistence, tls_only },
    settings: JSON.stringify(settings),
  });
  if (tls_only) await releasePlainDoors(tx, database.id);
  const changes = changesIn(target);
  if (changes.length > 0) await recordChanges(context, tx, database, { ...target, changes });
};

interface Changed {
  readonly before: Configuration;
  readonly after: Configuration;
  readonly changes: readonly SettingChange[];
}

/** The first entry of a database says what it had before. */
const recordChanges = async (
  { operation, control }: AttemptContext,
  tx: Tx,
  database: DatabaseRow,
  { before, after, changes }: Changed,
): Promise<void> => {
  const entry = { database_id: database.id, actor: operation.requested_by };
  if (!(await hasSettingsHistory(tx, database.id))) {
    const at = database.provisioned_at ?? database.created_at;
    const first = { id: newId(), operation_id: null, at, changes: [], settings: before.settings };
    await insertSettingsEntry(tx, { ...entry, ...first, actor: 'provision' });
  }
  const now = { id: newId(), operation_id: operation.id, at: control.now(), changes, settings: after.settings };
  await insertSettingsEntry(tx, { ...entry, ...now });
};

/**
 * Settings that the version does not have leave the row with the record of the version: there nobody could change or reset them, and they would
 * stand in the way of any other change. The history has them. Returns their names.
 */
export const leaveOutSettings = async (
  context: AttemptContext,
  tx: Tx,
  former: DatabaseRow,
  version: string,
): Promise<readonly string[]> => {
  const before = configurationOf(former);
  const names = unfitting(before.settings, version, former.persistence);
  if (names.length === 0) return names;
  const after = { ...before, settings: fitting(before.settings, version, former.persistence) };
  const { maxmemory_policy, settings } = columnsOf(after);
  await updateDatabase(tx, former.id, { maxmemory_policy, settings: JSON.stringify(settings) });
  const changes = differences(former.version, before, after).map(asChange);
  await recordChanges(context, tx, former, { before, after, changes });
  return names;
};

const asChange = ({ name, before, after }: SettingChange): SettingChange => ({ name, before, after });

const changesIn = ({ before, after, database: { version } }: Target): SettingChange[] => [
  ...differences(version, before, after).map(asChange),
  ...(before.persistence === after.persistence
    ? []
    : [{ name: 'persistence', before: before.persistence, after: after.persistence }]),
  ...(before.tlsOnly === after.tlsOnly
    ? []
    : [{ name: 'tlsOnly', before: String(before.tlsOnly), after: String(after.tlsOnly) }]),
];
