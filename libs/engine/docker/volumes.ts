import { statfs } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { HoldfastError } from '#domain/errors/holdfast-error.js';
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

/** The engine lets go of a volume a moment after it has forgotten the container, longer on a busy host. */
const [letGoMs, askAgainMs] = [5_000, 50];

export const ensureVolumeAbsent = async (
  client: EngineClient,
  name: string,
  owner: Owner,
  signal: AbortSignal,
): Promise<void> => {
  const found = await inspect(client, name, signal);
  if (found === null) return;
  if (!isOwnedBy(found.Labels, owner)) throw strangerError('volume', name);
  const deadline = performance.now() + letGoMs;
  const tryAgain = async (inUse: HoldfastError): Promise<boolean> => {
    if (performance.now() > deadline) throw inUse;
    await pause(askAgainMs, undefined, { signal });
    return false;
  };
  const remove = (): Promise<boolean> =>
    client
      .call(`remove volume ${name}`, signal, (docker, abortSignal) => docker.getVolume(name).remove({ abortSignal }))
      .then(() => true)
      .catch(whenStatus(404, () => true))
      .catch(whenStatus(409, tryAgain));
  while (!(await remove()));
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

/** The engine does not tell. Where it runs on this host, the directory of the volume does; without the right to look there nobody knows. */
export const volumeFreeBytes = async (
  client: EngineClient,
  name: string,
  owner: Owner,
  signal: AbortSignal,
): Promise<number | null> => {
  const found = await inspect(client, name, signal);
  if (!found || !isOwnedBy(found.Labels, owner)) return null;
  const disk = await statfs(found.Mountpoint).catch(() => null);
  return disk && disk.bavail * disk.bsize;
};

const inspect = (client: EngineClient, name: string, signal: AbortSignal): Promise<Docker.VolumeInspectInfo | null> =>
  client
    .call(`inspect volume ${name}`, signal, (docker, abortSignal) =>
      docker.getVolume(resourceName(name)).inspect({ abortSignal }),
    )
    .catch(whenStatus(404, () => null));
