import type { Endpoint } from '../ports/container-engine.js';
import { inspect } from './containers.js';
import type { EngineClient } from './engine-client.js';
import { whenStatus } from './errors.js';
import { resourceName } from './names.js';

// dockerode aborts neither call; the client's deadline holds all the same.

/** The engine cannot change an endpoint, only make another one. One that died in between finds the container on no network at all. */
export const setAliases = async (
  client: EngineClient,
  name: string,
  { network, aliases, ipv4 }: Endpoint,
  signal: AbortSignal,
): Promise<void> => {
  const found = await inspect(client, name, signal);
  const endpoint = found?.NetworkSettings.Networks[network];
  const known: readonly string[] = (endpoint as { Aliases?: string[] | null } | undefined)?.Aliases ?? [];
  if (endpoint && aliases.every((alias) => known.includes(alias))) return;
  if (endpoint) {
    await client
      .call(`take container ${name} from its network`, signal, (docker) =>
        docker.getNetwork(resourceName(network)).disconnect({ Container: resourceName(name), Force: true }),
      )
      .catch(whenStatus(404, () => undefined));
  }
  await client.call(`put container ${name} on its network`, signal, (docker) =>
    docker.getNetwork(resourceName(network)).connect({
      Container: resourceName(name),
      EndpointConfig: { Aliases: [...aliases], IPAMConfig: { IPv4Address: ipv4 } },
    }),
  );
};
