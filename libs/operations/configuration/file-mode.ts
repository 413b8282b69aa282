import { persistenceSettings, type PersistenceMode } from '#domain/database/persistence.js';
import { serverPaths } from '#domain/server/names.js';
import type { AttemptContext } from '../run/context.js';
import { serverOf } from '../server/server.js';

/** The mode that the file of the context's server was written for; undefined when there is none. */
export const fileMode = async (context: AttemptContext): Promise<PersistenceMode | undefined> => {
  const { engines, control, database, environment, signal } = context;
  const { name } = serverOf(control, database, environment);
  return modeOf((await engines.containers.readFile(name, serverPaths.configuration, signal))?.toString('utf8') ?? '');
};

/**
 * The mode that a start may rely on: the recorded one, or that of the file when the record promises an append-only file and the file does not. What lies
 * on the disk under that name then is empty or ended long ago, until the server has written it anew (docs/adr/0013).
 */
export const startableMode = async (context: AttemptContext): Promise<PersistenceMode> => {
  const { persistence } = context.database;
  return persistence === 'aof' ? ((await fileMode(context)) ?? persistence) : persistence;
};

const modeOf = (text: string): PersistenceMode | undefined => {
  const appendonly = /^appendonly (\w+)$/m.exec(text)?.[1];
  if (appendonly === undefined) return undefined;
  if (appendonly === persistenceSettings.aof['appendonly']) return 'aof';
  return /^save ""$/m.test(text) ? 'none' : 'rdb';
};
