import type { PersistenceMode } from '#domain/database/persistence.js';
import type { Configuration } from '#domain/settings/settings.js';
import type { DatabaseRow } from '#persistence/tables.js';
import type { AttemptContext } from '../run/context.js';
import { columnsOf, configurationOf, wantedConfiguration } from './wanted.js';

/** Where a `configure` leads. */
export interface Target {
  readonly before: Configuration;
  readonly after: Configuration;
  /** The database as it is to be. */
  readonly database: DatabaseRow;
  /** The wanted mode, when it is another one. */
  readonly mode: PersistenceMode | null;
  readonly plainDoors: 'open' | 'close' | 'same';
}

export const targetOf = async ({ control, database, operation }: AttemptContext): Promise<Target> => {
  const before = configurationOf(database);
  const after = await wantedConfiguration(control.db, database, operation.parameters);
  return {
    before,
    after,
    database: { ...database, ...columnsOf(after) },
    mode: after.persistence === before.persistence ? null : after.persistence,
    plainDoors: after.tlsOnly === before.tlsOnly ? 'same' : after.tlsOnly ? 'close' : 'open',
  };
};
