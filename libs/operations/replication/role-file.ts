import type { ServerRole } from '#domain/server/server-role.js';
import { serverPaths } from '#domain/server/names.js';
import { on, type AttemptContext } from '../run/context.js';
import { configurationFile } from '../server/files.js';
import { recordedRole } from '../server/role.js';
import { serverOf } from '../server/server.js';

/**
 * Writes the role into the file of the context's server, running or not; it holds from the next start. A server without a container
 * gets its file when its container is made again. Errors: those of the engine.
 */
export const writeRole = async (context: AttemptContext, role: ServerRole): Promise<void> => {
  const { engines, control, database, environment, signal } = context;
  const server = serverOf(control, database, environment);
  const container = await engines.containers.inspectContainer(server.name, server.owner, signal);
  if (!container?.owned) return;
  await engines.containers.writeFiles(server.name, serverPaths.root, [configurationFile(server, role)], signal);
};

/** The role that Postgres records. */
export const writeRecordedRole = async (context: AttemptContext, database = context.database): Promise<void> =>
  writeRole(on(context, database), await recordedRole(context.control, database, context.environment));
