import { labels } from '#domain/server/names.js';
import type { OwnedResources } from '../ports/container-engine.js';
import type { EngineClient } from './engine-client.js';
import { ownedResource } from './labels.js';

/** The engine's filter for what carries the installation's label. */
export const ownedBy = (installation: string) => ({ label: [`${labels.installation}=${installation}`] });

export const listOwned = async (
  client: EngineClient,
  installation: string,
  signal: AbortSignal,
): Promise<OwnedResources> => {
  const filters = ownedBy(installation);
  const [containers, volumes, networks] = await Promise.all([
    client.call('list containers', signal, (docker, abortSignal) =>
      docker.listContainers({ all: true, filters, abortSignal }),
    ),
    client.call('list volumes', signal, (docker, abortSignal) => docker.listVolumes({ filters, abortSignal })),
    client.call('list networks', signal, (docker, abortSignal) => docker.listNetworks({ filters, abortSignal })),
  ]);
  return {
    containers: containers.map((found) => ownedResource(found.Names[0]?.replace(/^\//, '') ?? found.Id, found.Labels)),
    // The engine answers null instead of an empty list here.
    volumes: ((volumes.Volumes as typeof volumes.Volumes | null) ?? []).map((found) =>
      ownedResource(found.Name, found.Labels),
    ),
    networks: networks.map((found) => ownedResource(found.Name, found.Labels)),
  };
};
