import type Docker from 'dockerode';
import { HoldfastError, isHoldfastError } from '#domain/errors/holdfast-error.js';
import type { NetworkSpec, Owner } from '../ports/container-engine.js';
import { waitUntil } from '../wait/wait-until.js';
import type { EngineClient } from './engine-client.js';
import { strangerError, whenStatus } from './errors.js';
import { isOwnedBy, ownerLabels } from './labels.js';
import { resourceName } from './names.js';

/** Looks before it creates: nearly always the network is there, because its environment has databases already. */
export const ensureNetwork = async (client: EngineClient, spec: NetworkSpec, signal: AbortSignal): Promise<void> => {
  if (await isThere(client, spec, signal)) return;
  await client
    .call(`create network ${spec.name}`, signal, (docker, abortSignal) =>
      docker.createNetwork({ ...config(spec), abortSignal }),
    )
    .catch(whenStatus(409, (error) => acceptConcurrent(client, spec, error, signal)))
    .catch(whenStatus(403, (error) => acceptConcurrent(client, spec, overlap(spec, error), signal)));
};

export const ensureNetworkAbsent = async (
  client: EngineClient,
  name: string,
  owner: Owner,
  signal: AbortSignal,
): Promise<void> => {
  const found = await inspect(client, name, signal);
  if (found === null) return;
  if (!isOwnedBy(found.Labels, owner)) throw strangerError('network', name);
  await client
    .call(`remove network ${name}`, signal, (docker, abortSignal) =>
      docker.getNetwork(found.Id).remove({ abortSignal }),
    )
    .catch(whenStatus(404, () => undefined));
};

const config = (spec: NetworkSpec): Docker.NetworkCreateOptions => ({
  Name: resourceName(spec.name),
  // Without it the engine makes a second network of the same name.
  CheckDuplicate: true,
  Driver: 'bridge',
  IPAM: { Driver: 'default', Config: [{ Subnet: spec.subnet }] },
  Labels: { ...spec.labels, ...ownerLabels(spec.owner) },
});

const isThere = async (client: EngineClient, spec: NetworkSpec, signal: AbortSignal): Promise<boolean> => {
  const found = await inspect(client, spec.name, signal);
  if (found === null) return false;
  if (!isOwnedBy(found.Labels, spec.owner)) throw strangerError('network', spec.name);
  const subnet = found.IPAM?.Config?.[0]?.Subnet;
  if (subnet === spec.subnet) return true;
  throw new HoldfastError(
    'engine_error',
    `network ${spec.name} exists with the range ${String(subnet)}, not ${spec.subnet}`,
  );
};

/**
 * Two may create the same network at once. The later one is told of a conflict, or of an overlap with the earlier one,
 * and this before the earlier one can be seen: so look for a while before believing it.
 */
const acceptConcurrent = async (
  client: EngineClient,
  spec: NetworkSpec,
  refusal: HoldfastError,
  signal: AbortSignal,
): Promise<void> => {
  const seen = async (within: AbortSignal) => (await isThere(client, spec, within)) || undefined;
  await waitUntil(seen, { describe: `network ${spec.name}`, deadlineMs: concurrentCreationMs }, signal).catch(
    (error: unknown) => {
      throw isHoldfastError(error, 'server_not_ready') ? refusal : error;
    },
  );
};

/** Creating a bridge takes 60 to 200 ms. */
const concurrentCreationMs = 1_000;

const overlap = (spec: NetworkSpec, error: HoldfastError): HoldfastError =>
  new HoldfastError('network_overlap', `network ${spec.name} cannot have the range ${spec.subnet}: it is in use`, {
    cause: error.cause,
  });

// dockerode does not abort this call; the client's deadline holds all the same.
const inspect = (client: EngineClient, name: string, signal: AbortSignal): Promise<Docker.NetworkInspectInfo | null> =>
  client
    .call(`inspect network ${name}`, signal, (docker): Promise<Docker.NetworkInspectInfo> =>
      docker.getNetwork(resourceName(name)).inspect(),
    )
    .catch(whenStatus(404, () => null));
