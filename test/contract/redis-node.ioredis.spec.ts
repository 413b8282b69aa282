import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DockerEngine } from '#engine/docker/docker-engine.js';
import { IoredisConnector } from '#engine/redis/ioredis-connector.js';
import type { RedisTarget } from '#engine/ports/redis-node.js';
import { redisImage } from '../support/images.js';
import { describeRedisConnector } from './redis-node.suite.js';

jest.setTimeout(60_000);

describeRedisConnector('ioredis', () => ({
  engine: new DockerEngine({ socketPath: '/var/run/docker.sock' }),
  connector: new IoredisConnector({ connectMs: 1_000 }),
  image: redisImage('7.0'),
  version: '7.0',
}));

describe('a server that accepts connections and never answers', () => {
  const signal = AbortSignal.timeout(60_000);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(
      socket
        .on('close', () => sockets.delete(socket))
        .on('error', () => undefined)
        .resume(),
    );
  });
  let target: RedisTarget;

  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    target = { host: '127.0.0.1', port, username: 'u', password: 'p', tls: null };
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  const tls = { caPem: '', serverName: 'x' };

  it.each(['plain', 'tls'])('is given up at the deadline (%s)', async (kind) => {
    const connector = new IoredisConnector({ connectMs: 100 });
    const connecting = connector.connect(kind === 'tls' ? { ...target, tls } : target, signal);
    await expect(connecting).rejects.toMatchObject({
      code: 'server_not_ready',
      detail: expect.stringContaining('does not answer within 100 ms'),
    });
  });

  it('is given up at once when the caller cancels, and the connection is dropped', async () => {
    const controller = new AbortController();
    const reason = new Error('shutdown');
    const connecting = new IoredisConnector().connect(target, controller.signal);
    const [socket] = (await once(server, 'connection')) as [Socket];
    const closed = once(socket, 'close');
    controller.abort(reason);
    await expect(connecting).rejects.toBe(reason);
    await closed;
  });
});
