import type Docker from 'dockerode';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type {
  ContainerObservation,
  ContainerResources,
  ContainerSpec,
  Owner,
  StopOutcome,
} from '../ports/container-engine.js';
import { containerConfig } from './container-config.js';
import type { EngineClient } from './engine-client.js';
import { strangerError, whenStatus } from './errors.js';
import { hasImage } from './images.js';
import { containerDigest, containerDigestLabel, isOwnedBy } from './labels.js';
import { resourceName } from './names.js';
import { observation } from './observation.js';

/** Exit code of a process that SIGKILL ended. */
const killedExitCode = 137;

export const inspectContainer = async (
  client: EngineClient,
  name: string,
  owner: Owner,
  signal: AbortSignal,
): Promise<ContainerObservation | null> => {
  const found = await inspect(client, name, signal);
  return found && observation(found, owner);
};

export const createContainer = async (
  client: EngineClient,
  spec: ContainerSpec,
  signal: AbortSignal,
): Promise<void> => {
  const config = containerConfig({ ...spec, name: resourceName(spec.name) });
  await client
    .call(`create container ${spec.name}`, signal, (docker, abortSignal) =>
      docker.createContainer({ ...config, abortSignal }),
    )
    .catch(whenStatus(409, (error) => acceptExisting(client, spec, error, signal)))
    .catch(whenStatus(404, (error) => refuseMissing(client, spec, error, signal)));
};

export const startContainer = async (client: EngineClient, name: string, signal: AbortSignal): Promise<void> => {
  await client
    .call(`start container ${name}`, signal, (docker, abortSignal) => container(docker, name).start({ abortSignal }))
    .catch(whenStatus(304, () => undefined));
};

export const stopContainer = async (
  client: EngineClient,
  name: string,
  graceSeconds: number,
  signal: AbortSignal,
): Promise<StopOutcome> => {
  const stop = (docker: Docker, abortSignal: AbortSignal) =>
    container(docker, name).stop({ t: graceSeconds, abortSignal });
  return client
    .call(`stop container ${name}`, signal, stop, graceSeconds * 1000)
    .then(() => howItEnded(client, name, signal))
    .catch(whenStatus(304, () => 'already-stopped' as const))
    .catch(whenStatus(404, () => 'absent' as const));
};

export const ensureContainerAbsent = async (
  client: EngineClient,
  name: string,
  owner: Owner,
  signal: AbortSignal,
): Promise<void> => {
  const found = await inspect(client, name, signal);
  if (found === null) return;
  if (!isOwnedBy(found.Config.Labels, owner)) throw strangerError('container', name);
  // By id: a container that takes the name in between is not touched. `v` removes anonymous volumes only.
  await client
    .call(`remove container ${name}`, signal, (docker, abortSignal) =>
      container(docker, found.Id).remove({ force: true, v: true, abortSignal }),
    )
    .catch(whenStatus(409, () => awaitRemoval(client, found.Id, signal)))
    .catch(whenStatus(404, () => undefined));
};

export const setRestartPolicy = async (
  client: EngineClient,
  name: string,
  policy: ContainerSpec['restartPolicy'],
  signal: AbortSignal,
): Promise<boolean> =>
  client
    .call(`set restart policy of container ${name}`, signal, (docker, abortSignal) =>
      container(docker, name).update({ RestartPolicy: { Name: policy }, abortSignal }),
    )
    .then(() => true)
    .catch(whenStatus(404, () => false));

export const updateResources = async (
  client: EngineClient,
  name: string,
  { memoryBytes, cpuShares }: ContainerResources,
  signal: AbortSignal,
): Promise<boolean> =>
  client
    .call(`update resources of container ${name}`, signal, (docker, abortSignal) =>
      // Swap is counted with the memory, as at its creation.
      container(docker, name).update({
        Memory: memoryBytes,
        MemorySwap: memoryBytes,
        CpuShares: cpuShares,
        abortSignal,
      }),
    )
    .then(() => true)
    .catch(whenStatus(404, () => false));

const container = (docker: Docker, name: string): Docker.Container => docker.getContainer(resourceName(name));

export const inspect = (
  client: EngineClient,
  name: string,
  signal: AbortSignal,
): Promise<Docker.ContainerInspectInfo | null> =>
  client
    .call(`inspect container ${name}`, signal, (docker, abortSignal) =>
      container(docker, name).inspect({ abortSignal }),
    )
    .catch(whenStatus(404, () => null));

/** The name is taken: fine when it is the very container that was asked for. */
const acceptExisting = async (
  client: EngineClient,
  spec: ContainerSpec,
  conflict: HoldfastError,
  signal: AbortSignal,
): Promise<void> => {
  const found = await inspect(client, spec.name, signal);
  if (found === null) throw conflict;
  if (!isOwnedBy(found.Config.Labels, spec.owner)) throw strangerError('container', spec.name);
  if (found.Config.Labels[containerDigestLabel] === containerDigest(spec)) return;
  throw new HoldfastError('engine_error', `container ${spec.name} exists with another specification`, {
    cause: conflict.cause,
  });
};

/** The engine's answer does not say reliably what is missing, so ask for the image. */
const refuseMissing = async (
  client: EngineClient,
  spec: ContainerSpec,
  missing: HoldfastError,
  signal: AbortSignal,
): Promise<never> => {
  if (await hasImage(client, spec.image, signal)) throw missing;
  throw new HoldfastError('image_unavailable', `the host has no image ${spec.image}`, { cause: missing.cause });
};

const howItEnded = async (client: EngineClient, name: string, signal: AbortSignal): Promise<StopOutcome> => {
  const found = await inspect(client, name, signal);
  return found?.State.ExitCode === killedExitCode ? 'killed' : 'stopped';
};

/** Somebody else's removal is under way. */
const awaitRemoval = (client: EngineClient, id: string, signal: AbortSignal): Promise<void> =>
  client.call(`await removal of container ${id}`, signal, async (docker, abortSignal) => {
    await container(docker, id).wait({ condition: 'removed', abortSignal });
  });
