import type { PersistenceMode } from '../database/persistence.js';
import type { RdbDatabase } from '../rdb/summary.js';
import { maximumDatabases } from '../settings/allow-list.js';
import { fitting } from '../settings/change.js';
import { findSetting, type Settings } from '../settings/settings.js';
import { canonicalValue } from '../settings/value-types.js';

/** What of a backup tells how many logical databases its data need. */
type Contents = { readonly databases: readonly Pick<RdbDatabase, 'index'>[] } | { readonly unreadable: string };

export interface RestoredSettings {
  readonly settings: Settings;
  /** Names of those that the new database cannot have. */
  readonly leftOut: readonly string[];
}

/** The settings of a backup as far as a database of this version and mode can have them; the allow-list of today decides. */
export const restoredSettings = (
  recorded: Settings,
  { version, persistence }: { readonly version: string; readonly persistence: PersistenceMode },
): RestoredSettings => {
  const fit = fitting(recorded, version, persistence);
  const settings = Object.fromEntries(Object.entries(fit).filter(([name, value]) => isTaken(name, value)));
  return { settings, leftOut: Object.keys(recorded).filter((name) => !(name in settings)) };
};

/** Another Holdfast, whose backup was discovered, may have known other bounds. */
const isTaken = (name: string, value: string): boolean => {
  const definition = findSetting(name);
  return definition !== undefined && 'value' in canonicalValue(definition.type, value);
};

/** With as many logical databases as the data lie in: a server with fewer ends over them. */
export const roomyFor = (contents: Contents | undefined, settings: Settings): Settings => {
  const needed = databasesOf(contents);
  const given = Number(settings['databases'] ?? findSetting('databases')?.default);
  return needed <= given ? settings : { ...settings, databases: String(needed) };
};

/** Whether any server can have as many logical databases as the data lie in. */
export const isRoomFor = (contents: Contents): boolean => databasesOf(contents) <= maximumDatabases;

const databasesOf = (contents: Contents | undefined): number =>
  contents && 'databases' in contents ? Math.max(0, ...contents.databases.map(({ index }) => index + 1)) : 0;
