import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Attachment, ContainerNetwork } from '../ports/container-engine.js';
import { inspect } from './containers.js';
import type { EngineClient } from './engine-client.js';
import { whenStatus } from './errors.js';
import { resourceName } from './names.js';
import { attachmentOf } from './observation.js';

type Wanted = Extract<ContainerNetwork, { kind: 'network' }>;

/** An attachment cannot be changed, only made anew; who was parted and not joined again, by whoever died in between, is joined. */
export const ensureAttached = async (
  client: EngineClient,
  name: string,
  { name: networkName, aliases, ipv4 }: Wanted,
  signal: AbortSignal,
): Promise<void> => {
  const found = await inspect(client, name, signal);
  if (found === null) throw new HoldfastError('engine_error', `there is no container ${name}`);
  const attached = Object.hasOwn(found.NetworkSettings.Networks, networkName);
  if (attached && isSame(attachmentOf(found, networkName), { aliases, ipv4 })) return;
  const doing = `attach container ${name} to network ${networkName}`;
  if (attached) {
    await client
      .call(doing, signal, (docker) =>
        docker.getNetwork(resourceName(networkName)).disconnect({ Container: found.Id, Force: false }),
      )
      // Parted by another one meanwhile.
      .catch(whenStatus(404, () => undefined));
  }
  await client.call(doing, signal, (docker) =>
    docker.getNetwork(resourceName(networkName)).connect({
      Container: found.Id,
      EndpointConfig: {
        Aliases: [...aliases],
        ...(ipv4 === null ? {} : { IPAMConfig: { IPv4Address: ipv4 } }),
      },
    }),
  );
};

const isSame = (found: Attachment, wanted: Attachment): boolean =>
  found.aliases.length === wanted.aliases.length &&
  wanted.aliases.every((alias) => found.aliases.includes(alias)) &&
  (wanted.ipv4 === null || found.ipv4 === wanted.ipv4);
