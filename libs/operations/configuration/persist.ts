import type { PersistenceMode } from '#domain/database/persistence.js';
import { serverPaths } from '#domain/server/names.js';
import type { AttemptContext } from '../run/context.js';
import { configurationFile } from '../server/files.js';
import { recordedRole } from '../server/role.js';
import { serverOf } from '../server/server.js';
import { abandoned } from './mode.js';

/** The file that the context's server starts with next; one that becomes memory-only starts without data from then on. */
export const persistConfiguration = async (context: AttemptContext, mode: PersistenceMode | null): Promise<void> => {
  const { engines, control, database, environment, signal } = context;
  const server = serverOf(control, database, environment);
  const file = configurationFile(server, await recordedRole(control, database, environment));
  const files = [file, ...(mode === 'none' ? abandoned(database.version) : [])];
  await engines.containers.writeFiles(server.name, serverPaths.root, files, signal);
};
