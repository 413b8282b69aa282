import { stopGraceSeconds } from '#domain/database/size.js';
import { on, type AttemptContext } from '../run/context.js';
import { writeRecordedRole } from '../replication/role-file.js';
import { awaitAnswer, open } from '../server/readiness.js';
import { serverOf } from '../server/server.js';
import { fileMode } from './file-mode.js';

/**
 * Gives a server that does not come up with its new settings the old ones, in the mode that its file has now: what another mode needs may not be on
 * the disk. The context's database is the one to go back to.
 */
export const revive = async (context: AttemptContext): Promise<void> => {
  const { engines, control, database, environment, signal } = context;
  const { name } = serverOf(control, database, environment);
  const persistence = (await fileMode(context)) ?? database.persistence;
  // The engine may start it again and again.
  await engines.containers.stopContainer(name, stopGraceSeconds(database.memory_mb), signal);
  await writeRecordedRole(on(context, { ...database, persistence }));
  await engines.containers.startContainer(name, signal);
  const node = await awaitAnswer(context, serverOf(control, database, environment));
  try {
    // One that others follow starts behind its gate.
    if (database.role === 'primary') await open(node, signal);
  } finally {
    node.close();
  }
};
