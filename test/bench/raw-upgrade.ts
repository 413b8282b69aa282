import { randomBytes } from 'node:crypto';
import { checkedPromotion, type CheckedPromotion } from '../support/checker/checked-promotion.js';
import { DoorLink, type OrdinaryOptions } from '../support/checker/door-link.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-ports.js';
import { docker } from '../support/host.js';
import { redisImage } from '../support/images.js';
import { uniqueName } from '../support/names.js';
import { openOnce } from '../support/checker/direct-link.js';

type Version = Parameters<typeof redisImage>[0];

/** By hand, as most do it: the container is stopped, removed, and started from the newer image on the same volume. */
export const rawUpgrade = async (
  from: Version,
  to: Version,
  load: { readonly clients: number; readonly thinkMs: number; readonly link: OrdinaryOptions },
): Promise<CheckedPromotion> => {
  const name = uniqueName('raw-upgrade');
  const password = randomBytes(16).toString('hex');
  const address = { host: '127.0.0.1', port: await freePort() };
  const login = { username: 'default', password };
  const start = async (version: Version): Promise<void> => {
    await docker(
      ...[
        'run',
        '--detach',
        '--name',
        name,
        '--publish',
        `127.0.0.1:${address.port}:6379`,
        '--volume',
        `${name}:/data`,
      ],
      ...[redisImage(version), 'redis-server', '--dir', '/data', '--appendonly', 'yes', '--requirepass', password],
    );
    await eventually(async () => (await openOnce(address, login)).disconnect(), { withinMs: 20_000 });
  };
  try {
    await start(from);
    return await checkedPromotion(
      { ...load, servers: [address], primary: address, login, link: () => new DoorLink(address, login, load.link) },
      async () => {
        await docker('stop', name);
        await docker('rm', name);
        await start(to);
        return address;
      },
    );
  } finally {
    await docker('rm', '--force', name).catch(() => undefined);
    await docker('volume', 'rm', '--force', name).catch(() => undefined);
  }
};
