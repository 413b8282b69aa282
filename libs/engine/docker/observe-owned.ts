import { labels } from '#domain/server/names.js';
import type { ContainerObservation } from '../ports/container-engine.js';
import { inspect } from './containers.js';
import type { EngineClient } from './engine-client.js';
import { observation } from './observation.js';
import { ownedBy } from './owned.js';

/** More at once do not make the engine faster, and would keep the operations' own calls waiting. */
const inspectionsAtOnce = 8;

/** The engine's list knows neither restart policy nor limits nor exit code, so each container is inspected too. */
export const observeOwned = async (
  client: EngineClient,
  installation: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ContainerObservation>> => {
  const listed = await client.call('list containers', signal, (docker, abortSignal) =>
    docker.listContainers({ all: true, filters: ownedBy(installation), abortSignal }),
  );
  const observed = new Map<string, ContainerObservation>();
  const queue = listed.values();
  const inspectNext = async (): Promise<void> => {
    for (const { Id, Labels } of queue) {
      // By id: a container that took the name in between is not the one that was listed.
      const found = await inspect(client, Id, signal);
      if (found === null) continue;
      const owner = { installation, subject: Labels[labels.subject] ?? '' };
      const seen = observation(found, owner);
      observed.set(seen.name, { ...seen, owned: true });
    }
  };
  await Promise.all(Array.from({ length: inspectionsAtOnce }, inspectNext));
  return observed;
};
