import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Db, Tx } from '#persistence/connection.js';
import { findDatabaseByHandle } from '#persistence/databases.js';
import { findEnvironment, type EnvironmentReference } from '#persistence/environments.js';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const isUuid = (text: string): boolean => uuid.test(text);

export const environmentReference = (text: string): EnvironmentReference =>
  isUuid(text) ? { id: text.toLowerCase() } : { name: text };

export const noSuchEnvironment = (text: string): HoldfastError =>
  new HoldfastError('environment_not_found', `No environment has the id or name ${JSON.stringify(text)}.`);

export const noSuchDatabase = (text: string): HoldfastError =>
  new HoldfastError('database_not_found', `No database has the id or environment/handle ${JSON.stringify(text)}.`);

/** The id that a path or a filter means. An id is not looked up. Errors: `database_not_found`. */
export const databaseId = async (db: Db | Tx, text: string): Promise<string> => {
  if (isUuid(text)) return text.toLowerCase();
  const [environment = '', handle = '', ...rest] = text.split('/');
  const row = rest.length === 0 && handle !== '' ? await findDatabaseByHandle(db, environment, handle) : undefined;
  if (!row) throw noSuchDatabase(text);
  return row.id;
};

/** Errors: `environment_not_found`. */
export const environmentId = async (db: Db | Tx, text: string): Promise<string> => {
  const reference = environmentReference(text);
  if ('id' in reference) return reference.id;
  const row = await findEnvironment(db, reference);
  if (!row) throw noSuchEnvironment(text);
  return row.id;
};

/** The ids that the filters of a list mean. Errors: `environment_not_found`, `database_not_found`. */
export const filterIds = async (
  db: Db,
  filter: { readonly environment?: string | undefined; readonly database?: string | undefined },
): Promise<{ environmentId?: string; databaseId?: string }> => ({
  ...(filter.environment === undefined ? {} : { environmentId: await environmentId(db, filter.environment) }),
  ...(filter.database === undefined ? {} : { databaseId: await databaseId(db, filter.database) }),
});
