import { z } from 'zod';
import { persistenceModes } from '#domain/database/persistence.js';
import { changed, fitting } from '#domain/settings/change.js';
import { asRow, fromRow, type Configuration } from '#domain/settings/settings.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Db, Tx } from '#persistence/connection.js';
import type { OperationParameters } from '#persistence/operation-documents.js';
import { findSettingsEntry } from '#persistence/settings-history.js';
import type { DatabaseRow } from '#persistence/tables.js';

/** What a `configure` was asked for, as it is recorded with the operation: names and values in their one form. */
const parametersSchema = z.looseObject({
  settings: z.record(z.string(), z.string().nullable()).optional(),
  revertTo: z.uuid().optional(),
  persistence: z.enum(persistenceModes).optional(),
  tlsOnly: z.boolean().optional(),
});

export const configurationOf = ({ maxmemory_policy, settings, persistence, tls_only }: DatabaseRow): Configuration => ({
  settings: fromRow(maxmemory_policy, settings),
  persistence,
  tlsOnly: tls_only,
});

/** The columns of a row that has this configuration. */
export const columnsOf = ({ settings, persistence, tlsOnly }: Configuration) => {
  const { policy, others } = asRow(settings);
  return { maxmemory_policy: policy, settings: others, persistence, tls_only: tlsOnly };
};

/** What the database has after the operation, by what it has now: others may have changed it since the request. Errors: `settings_entry_not_found`. */
export const wantedConfiguration = async (
  db: Db | Tx,
  database: DatabaseRow,
  parameters: OperationParameters,
): Promise<Configuration> => {
  const wanted = parametersSchema.parse(parameters);
  const now = configurationOf(database);
  const persistence = wanted.persistence ?? now.persistence;
  const base = wanted.revertTo === undefined ? now.settings : await entrySettings(db, database, wanted.revertTo);
  const settings = changed(base, wanted.settings ?? {});
  const explicit = wanted.settings?.['save'] !== undefined;
  return {
    // What was chosen for another mode does not go with this one, unless it was asked for just now.
    settings: persistence === now.persistence || explicit ? settings : fitting(settings, database.version, persistence),
    persistence,
    tlsOnly: wanted.tlsOnly ?? now.tlsOnly,
  };
};

const entrySettings = async (db: Db | Tx, { id, handle, version, persistence }: DatabaseRow, entryId: string) => {
  const entry = await findSettingsEntry(db, id, entryId);
  if (!entry)
    throw new HoldfastError('settings_entry_not_found', `The history of "${handle}" has no entry ${entryId}.`);
  return fitting(entry.settings, version, persistence);
};
