import type { ColumnType, Selectable } from 'kysely';
import type { Settings } from '#domain/settings/settings.js';

/** One entry for each change; the first of a database says what it had before. */
export interface SettingsHistoryTable {
  id: string;
  database_id: string;
  operation_id: string | null;
  actor: string;
  at: Date;
  changes: ColumnType<readonly SettingChange[], string, never>;
  /** In force from then on. */
  settings: ColumnType<Settings, string, never>;
}

export interface SettingChange {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

export type SettingsEntryRow = Selectable<SettingsHistoryTable>;
