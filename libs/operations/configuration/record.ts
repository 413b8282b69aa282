import { differences } from '#domain/settings/change.js';
import type { Tx } from '#persistence/connection.js';
import { updateDatabase } from '#persistence/databases.js';
import { releasePlainDoors } from '#persistence/doors.js';
import { hasSettingsHistory, insertSettingsEntry } from '#persistence/settings-history.js';
import type { SettingChange } from '#persistence/settings-table.js';
import { newId } from '../control.js';
import type { AttemptContext } from '../run/context.js';
import { targetOf, type Target } from './target.js';

/** Writes down what is in force, in the transaction that ends the operation; the ports of closed doors go to the end of the line. */
export const recordConfiguration = async (context: AttemptContext, tx: Tx): Promise<void> => {
  const { database, operation, control } = context;
  const target = await targetOf(context);
  const { settings, maxmemory_policy, persistence, tls_only } = target.database;
  await updateDatabase(tx, database.id, {
    ...{ maxmemory_policy, persistence, tls_only },
    settings: JSON.stringify(settings),
  });
  if (tls_only) await releasePlainDoors(tx, database.id);
  const changes = changesIn(target);
  if (changes.length === 0) return;
  const entry = { database_id: database.id, actor: operation.requested_by };
  if (!(await hasSettingsHistory(tx, database.id))) {
    const at = database.provisioned_at ?? database.created_at;
    const first = { id: newId(), operation_id: null, at, changes: [], settings: target.before.settings };
    await insertSettingsEntry(tx, { ...entry, ...first, actor: 'provision' });
  }
  const now = { id: newId(), operation_id: operation.id, at: control.now(), changes, settings: target.after.settings };
  await insertSettingsEntry(tx, { ...entry, ...now });
};

const changesIn = ({ before, after, database: { version } }: Target): SettingChange[] => [
  ...differences(version, before, after).map((one) => ({ name: one.name, before: one.before, after: one.after })),
  ...(before.persistence === after.persistence
    ? []
    : [{ name: 'persistence', before: before.persistence, after: after.persistence }]),
  ...(before.tlsOnly === after.tlsOnly
    ? []
    : [{ name: 'tlsOnly', before: String(before.tlsOnly), after: String(after.tlsOnly) }]),
];
