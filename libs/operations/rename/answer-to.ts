import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { AttemptContext } from '../run/context.js';
import { uninterrupted } from '../run/uninterrupted.js';
import { reachOf } from '../server/reach.js';
import { containerNetwork, serverOf } from '../server/server.js';

/**
 * The container answers to the database's handles on its network. Docker gives a name only with a new attachment, so it is off the network
 * for some hundred milliseconds and comes back with its address: connections that are open wait and go on. Errors: `database_not_ready`.
 */
export const answerToHandles = async (context: AttemptContext): Promise<void> => {
  const { engines, control, database, environment } = context;
  if ((await reachOf(context)) === 'gone') {
    throw new HoldfastError('database_not_ready', `The container of "${database.handle}" is missing; reload it.`);
  }
  const server = serverOf(control, database, environment);
  const network = containerNetwork(control, server, database, environment);
  // Half of it would leave the server without a network.
  await engines.containers.ensureAttached(server.name, network, uninterrupted());
};
