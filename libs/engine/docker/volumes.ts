import type Docker from 'dockerode';
import type { Owner, VolumeSpec } from '../ports/container-engine.js';
import type { EngineClient } from './engine-client.js';
import { strangerError, whenStatus } from './errors.js';
import { isOwnedBy, ownerLabels } from './labels.js';
import { resourceName } from './names.js';

/** Creating is no conflict when the volume exists: the engine leaves it, with its labels, as it is. So look at them. */
export const ensureVolume = async (client: EngineClient, spec: VolumeSpec, signal: AbortSignal): Promise<void> => {
  const config = {
    Name: resourceName(spec.name),
    Driver: 'local',
    Labels: { ...spec.labels, ...ownerLabels(spec.owner) },
  };
  await client.call(`create volume ${spec.name}`, signal, (docker, abortSignal) =>
    docker.createVolume({ ...config, abortSignal }),
  );
  if (!(await volumeExists(client, spec.name, spec.owner, signal))) throw strangerError('volume', spec.name);
};

export const ensureVolumeAbsent = async (
  client: EngineClient,
  name: string,
  owner: Owner,
  signal: AbortSignal,
): Promise<void> => {
  const found = await inspect(client, name, signal);
  if (found === null) return;
  if (!isOwnedBy(found.Labels, owner)) throw strangerError('volume', name);
  await client
    .call(`remove volume ${name}`, signal, (docker, abortSignal) => docker.getVolume(name).remove({ abortSignal }))
    .catch(whenStatus(404, () => undefined));
};

export const volumeExists = async (
  client: EngineClient,
  name: string,
  owner: Owner,
  signal: AbortSignal,
): Promise<boolean> => {
  const found = await inspect(client, name, signal);
  return isOwnedBy(found?.Labels, owner);
};

const inspect = (client: EngineClient, name: string, signal: AbortSignal): Promise<Docker.VolumeInspectInfo | null> =>
  client
    .call(`inspect volume ${name}`, signal, (docker, abortSignal) =>
      docker.getVolume(resourceName(name)).inspect({ abortSignal }),
    )
    .catch(whenStatus(404, () => null));
