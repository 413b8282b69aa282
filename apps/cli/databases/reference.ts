import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { answer } from '../api/client.js';
import type { Database } from '../api/documents.js';
import { itemsOf } from '../api/pages.js';
import type { EnvironmentOptions } from '../options.js';
import type { Session } from '../session.js';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What a path of the API takes for a database: an id, or environment/handle. Errors: `wrong_usage`. */
export const databasePath = async (session: Session, name: string, options: EnvironmentOptions): Promise<string> =>
  uuid.test(name) || name.includes('/') ? name : `${await environmentName(session, options)}/${name}`;

/** Errors: `wrong_usage`, and `Refusal` when there is no such database. */
export const findDatabase = async (session: Session, name: string, options: EnvironmentOptions): Promise<Database> =>
  databaseAt(session, await databasePath(session, name, options));

export const databaseAt = (session: Session, id: string): Promise<Database> =>
  answer(session.api.GET('/v1/databases/{id}', { params: { path: { id } } }));

export const givenEnvironment = (options: EnvironmentOptions): string | undefined => options.environment ?? options.env;

/**
 * The environment that was named, else the only one, else `default`.
 * Errors: `wrong_usage` when that leaves a choice.
 */
export const environmentName = async (session: Session, options: EnvironmentOptions): Promise<string> => {
  const name = givenEnvironment(options);
  if (name !== undefined) return name;
  const environments = await itemsOf((query) => answer(session.api.GET('/v1/environments', { params: { query } })));
  return chooseEnvironment(environments.map((environment) => environment.name));
};

export const chooseEnvironment = (names: readonly string[]): string => {
  const [only] = names;
  if (only === undefined) throw new HoldfastError('wrong_usage', 'There is no environment; make one with env:create.');
  if (names.length === 1) return only;
  if (names.includes('default')) return 'default';
  throw new HoldfastError('wrong_usage', `Choose one of the environments with --environment: ${names.join(', ')}.`);
};
