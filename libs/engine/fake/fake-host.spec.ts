import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ContainerSpec } from '../ports/container-engine.js';
import type { RedisNode } from '../ports/redis-node.js';
import { FakeContainerEngine } from './fake-container-engine.js';
import { FakeRedisConnector } from './fake-redis-connector.js';

const signal = new AbortController().signal;
const owner = { installation: 'test', subject: 'db-1' };
const image = 'holdfast/redis:8.0';
const address = (name: string): string => ({ source: '10.0.0.10', replica: '10.0.0.11', other: '10.0.0.12' })[name]!;

const container = (name: string, restartPolicy: ContainerSpec['restartPolicy']): ContainerSpec => ({
  name,
  owner,
  image,
  restartPolicy,
  command: ['redis-server', '/server/redis.conf'],
  user: '1:1',
  labels: {},
  network: { kind: 'network', name: 'net', aliases: [], ipv4: address(name) },
  volume: { name, mountPath: '/server' },
  binds: [],
  temporaryDirectories: [],
  addCapabilities: [],
  memoryBytes: 1,
  cpuShares: 1,
  pidsLimit: 1,
  openFilesLimit: null,
  healthCheck: null,
  stopGraceSeconds: 1,
});

/** What a test can let happen to servers. What they do by themselves is in test/contract/replication.suite.ts. */
describe('FakeHost', () => {
  let host: FakeContainerEngine;
  const connect = (name: string): Promise<RedisNode> =>
    new FakeRedisConnector(host).connect(
      { host: address(name), port: 6379, username: 'default', password: '', tls: null },
      signal,
    );
  const run = async (name: string, ...command: string[]): Promise<unknown> =>
    (await connect(name)).command(command, signal);
  const field = async (name: string, what: string): Promise<string | undefined> =>
    (await (await connect(name)).info('replication', signal))[what];
  const serve = async (name: string, settings = '', restartPolicy: ContainerSpec['restartPolicy'] = 'no') => {
    await host.createContainer(container(name, restartPolicy), signal);
    const files = [
      { path: 'redis.conf', content: `dir /server/data\nsave ""\n${settings}`, mode: 0o644, uid: 0, gid: 0 },
      { path: 'data', content: null, mode: 0o700, uid: 1, gid: 1 },
    ];
    await host.writeFiles(name, '/server', files, signal);
    await host.startContainer(name, signal);
  };
  const follow = (name: string) => serve(name, `replicaof ${address('source')} 6379\n`);

  beforeEach(async () => {
    host = new FakeContainerEngine({ images: [image] });
    await host.ensureNetwork({ name: 'net', owner, subnet: '10.0.0.0/24', labels: {} }, signal);
  });

  it('lets a replica fall behind and catch up', async () => {
    await serve('source');
    await follow('replica');
    await run('source', 'SET', 'a', '1');
    host.holdReplication('replica');
    await run('source', 'SET', 'b', '2');
    expect(await field('replica', 'master_link_status')).toBe('up');
    expect(await run('replica', 'GET', 'b')).toBeNull();
    const behind =
      Number(await field('source', 'master_repl_offset')) - Number(await field('replica', 'slave_repl_offset'));
    expect(behind).toBe('*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2\r\n'.length);
    host.releaseReplication('replica');
    expect(await run('replica', 'GET', 'b')).toBe('2');
  });

  it('cuts the line between two servers, and mends it', async () => {
    await serve('source');
    await follow('replica');
    await follow('other');
    expect(await field('source', 'connected_slaves')).toBe('2');
    host.cut('source', 'replica');
    await run('source', 'SET', 'a', '1');
    expect(await field('replica', 'master_link_status')).toBe('down');
    expect(await field('source', 'connected_slaves')).toBe('1');
    expect(await run('replica', 'GET', 'a')).toBeNull();
    expect(await run('other', 'GET', 'a')).toBe('1');
    host.mend();
    expect(await field('replica', 'master_link_status')).toBe('up');
    expect(await run('replica', 'GET', 'a')).toBe('1');
  });

  it('isolates a server from everybody, open connections included', async () => {
    await serve('source');
    await follow('replica');
    const node = await connect('source');
    host.isolate('source');
    await expect(node.ping(signal)).rejects.toMatchObject({ code: 'server_not_ready' });
    await expect(connect('source')).rejects.toMatchObject({ code: 'server_not_ready' });
    expect(await field('replica', 'master_link_status')).toBe('down');
    host.mend();
    await node.ping(signal);
  });

  it('freezes a process: it answers nobody and loses nothing', async () => {
    await serve('source');
    const node = await connect('source');
    host.freeze('source');
    await expect(node.ping(signal)).rejects.toMatchObject({ code: 'server_not_ready' });
    expect(await host.inspectContainer('source', owner, signal)).toMatchObject({ state: 'paused' });
    host.thaw('source');
    await node.ping(signal);
  });

  it('kills a process, which comes back as its restart policy says at that moment', async () => {
    await serve('source', 'appendonly yes\n', 'unless-stopped');
    await run('source', 'SET', 'a', '1');
    host.killProcess('source');
    expect(await run('source', 'GET', 'a')).toBe('1');
    await host.setRestartPolicy('source', 'no', signal);
    host.killProcess('source');
    expect(await host.inspectContainer('source', owner, signal)).toMatchObject({ state: 'exited', exitCode: 137 });
  });

  it('restarts as a whole', async () => {
    await serve('source', 'appendonly yes\n', 'unless-stopped');
    await follow('replica');
    await run('source', 'SET', 'a', '1');
    host.restart();
    expect(await run('source', 'GET', 'a')).toBe('1');
    expect(await host.inspectContainer('replica', owner, signal)).toMatchObject({ state: 'exited' });
  });
});
