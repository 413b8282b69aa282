import { toPage, type Page } from '#contracts/http/page.js';
import type { Setting, SettingsEntry } from '#contracts/http/settings.js';
import type { SettingDefinition } from '#domain/settings/allow-list.js';
import { nameIn, settingsOf, valueOf, type Configuration } from '#domain/settings/settings.js';
import { describeType } from '#domain/settings/value-types.js';
import { configurationOf } from '#operations/configuration/wanted.js';
import type { Control } from '#operations/control.js';
import { findDatabase } from '#persistence/databases.js';
import { pageSettingsHistory } from '#persistence/settings-history.js';
import type { SettingsEntryRow } from '#persistence/settings-table.js';
import type { DatabaseRow } from '#persistence/tables.js';
import { databaseId, noSuchDatabase } from '../http/references.js';

export class SettingsService {
  constructor(private readonly control: Control) {}

  /** Errors: `database_not_found`. */
  async show(reference: string) {
    const database = await this.find(reference);
    const configuration = configurationOf(database);
    const items = settingsOf(database.version).map((one) => toSetting(one, database.version, configuration));
    return { items, nextCursor: null, persistence: configuration.persistence, tlsOnly: configuration.tlsOnly };
  }

  /** Errors: `database_not_found`. */
  async history(reference: string, limit: number, after: string | undefined): Promise<Page<SettingsEntry>> {
    const { id } = await this.find(reference);
    const rows = await pageSettingsHistory(this.control.db, id, { limit: limit + 1, after });
    return toPage(rows, limit, (row) => row.id, toEntry);
  }

  private async find(reference: string): Promise<DatabaseRow> {
    const row = await findDatabase(this.control.db, await databaseId(this.control.db, reference));
    if (!row) throw noSuchDatabase(reference);
    return row;
  }
}

const toSetting = (definition: SettingDefinition, version: string, configuration: Configuration): Setting => {
  const { type, apply } = definition;
  const value = valueOf(definition, configuration);
  const isBounded = type.kind === 'integer' || type.kind === 'bytes';
  // A memory-only database saves nothing unless it gets another mode.
  const usual = valueOf(definition, { ...configuration, settings: {} });
  return {
    name: nameIn(definition, version),
    type: type.kind,
    takes: describeType(type),
    minimum: isBounded ? type.minimum : null,
    maximum: isBounded ? type.maximum : null,
    choices: type.kind === 'choice' ? [...type.values] : null,
    ...{ value, default: usual, isDefault: value === usual, apply },
  };
};

const toEntry = (row: SettingsEntryRow): SettingsEntry => ({
  id: row.id,
  at: row.at.toISOString(),
  actor: row.actor,
  operation: row.operation_id,
  changes: [...row.changes],
  settings: row.settings,
});
