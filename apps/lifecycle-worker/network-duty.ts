import type { ContainerEngine } from '#engine/ports/container-engine.js';
import type { Control } from '#operations/control.js';
import { environmentIds } from '#persistence/environments.js';
import type { Duty } from './upkeep.js';

/**
 * Networks of deleted environments are removed. The networks are listed before the environments are read: a network is made only for an
 * environment that has a database, and such an environment cannot be deleted, so one without a row is not about to be used.
 */
export const networkDuty = ({ db, installation }: Control, containers: ContainerEngine): Duty => ({
  name: 'networks',
  work: async (signal) => {
    const { networks } = await containers.listOwned(installation, signal);
    const known = new Set(await environmentIds(db));
    for (const { name, subject } of networks) {
      if (!known.has(subject)) await containers.ensureNetworkAbsent(name, { installation, subject }, signal);
    }
  },
});
