import type { AttemptContext } from '../run/context.js';
import { serverOf } from './server.js';

/** What the container of a server allows: commands, or files that it finds when it starts. */
export type Reach = 'runs' | 'stopped' | 'gone';

export const reachOf = async ({ engines, control, database, environment, signal }: AttemptContext): Promise<Reach> => {
  const { name, owner } = serverOf(control, database, environment);
  const container = await engines.containers.inspectContainer(name, owner, signal);
  // One that is made again gets its files then.
  if (!container?.owned) return 'gone';
  return container.state === 'running' || container.state === 'restarting' ? 'runs' : 'stopped';
};
