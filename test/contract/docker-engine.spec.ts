import { execFileSync } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import tar from 'tar-stream';
import { DockerEngine } from '#engine/docker/docker-engine.js';
import type { ContainerSpec, FileEntry, Owner } from '#engine/ports/container-engine.js';
import { eventually } from '../support/eventually.js';
import { redisImage } from '../support/images.js';
import { uniqueName, uniqueSubnet } from '../support/names.js';
import { redisContainer } from '../support/redis-server.js';
import { removeOwned } from '../support/remove-owned.js';

jest.setTimeout(60_000);

const signal = AbortSignal.timeout(300_000);
const socketPath = '/var/run/docker.sock';
const docker = (...args: string[]): Buffer => execFileSync('docker', args, { stdio: ['ignore', 'pipe', 'pipe'] });

/** What only the real engine can show; the rest is in container-engine.suite.ts. */
describe('DockerEngine on a host', () => {
  const engine = new DockerEngine({ socketPath });
  const installation = uniqueName('hft');
  const owner: Owner = { installation, subject: 'db-1' };
  const container = (name: string, changes: Partial<ContainerSpec> = {}): ContainerSpec => ({
    ...redisContainer({ name: `${installation}-${name}`, owner, image: redisImage('7.0'), network: { kind: 'none' } }),
    ...changes,
  });

  afterAll(() => removeOwned(engine, installation));

  it('runs containers hardened, with their limits', async () => {
    const spec = container('hard');
    await engine.createContainer(spec, signal);
    const [found] = JSON.parse(docker('inspect', spec.name).toString()) as [{ HostConfig: unknown; Config: unknown }];
    expect(found.HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      Privileged: false,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
      Memory: spec.memoryBytes,
      MemorySwap: spec.memoryBytes,
      CpuShares: 128,
      PidsLimit: 64,
      PublishAllPorts: false,
      NetworkMode: 'none',
    });
    expect(found.Config).toMatchObject({ User: '10999:10999', Entrypoint: spec.command, Cmd: null });
  });

  it('writes owners and modes as they were asked for', async () => {
    const spec = container('modes');
    const files: FileEntry[] = [
      { path: 'conf', content: null, mode: 0o750, uid: 0, gid: 10999 },
      { path: 'conf/a.conf', content: 'a', mode: 0o640, uid: 0, gid: 10999 },
      { path: 'data', content: null, mode: 0o700, uid: 10999, gid: 10999 },
    ];
    await engine.createContainer(spec, signal);
    await engine.writeFiles(spec.name, '/holdfast', files, signal);
    const found: unknown[] = [];
    const archive = tar.extract();
    archive.end(docker('cp', `${spec.name}:/holdfast/.`, '-'));
    for await (const entry of archive) {
      const { name, mode, uid, gid } = entry.header;
      found.push({ path: name.replace(/^\.\/|\/$/g, ''), mode: mode & 0o777, uid, gid });
      entry.resume();
    }
    for (const { path, mode, uid, gid } of files) expect(found).toContainEqual({ path, mode, uid, gid });
  });

  it('labels a volume that the engine itself created for a container', async () => {
    const spec = container('unplanned');
    await engine.createContainer(spec, signal);
    expect(await engine.volumeExists(spec.name, owner, signal)).toBe(true);
  });

  it('knows what is free where a volume lies, as long as it sees that disk', async () => {
    const owner = { installation, subject: 'db-1' };
    const name = `${installation}-free`;
    await engine.ensureVolume({ name, owner, labels: {} }, signal);
    const path = docker('volume', 'inspect', '--format', '{{.Mountpoint}}', name).toString().trim();
    const free = await statfs(path).then(
      ({ bavail, bsize }) => bavail * bsize,
      () => null,
    );
    const found = await engine.volumeFreeBytes(name, owner, signal);
    if (free === null) expect(found).toBeNull();
    else expect(Math.abs((found ?? 0) - free)).toBeLessThan(free / 2);
  });

  it('says that the disk is full', async () => {
    const spec = container('full');
    const labels = [`io.holdfast.installation=${installation}`, 'io.holdfast.subject=db-1'];
    const options = ['type=tmpfs', 'device=tmpfs', 'o=size=64k'];
    docker(
      'volume',
      'create',
      ...labels.flatMap((label) => ['--label', label]),
      ...options.flatMap((o) => ['-o', o]),
      spec.name,
    );
    await engine.createContainer(spec, signal);
    const large: FileEntry = { path: 'large', content: Buffer.alloc(1024 ** 2), mode: 0o600, uid: 0, gid: 0 };
    await expect(engine.writeFiles(spec.name, '/holdfast', [large], signal)).rejects.toMatchObject({
      code: 'disk_full',
    });
    const body = (async function* () {
      for (let sent = 0; sent < 100; sent += 1) yield Buffer.alloc(1024 ** 2);
    })();
    const stream = { sizeBytes: 100 * 1024 ** 2, mode: 0o600, uid: 0, gid: 0, body };
    await expect(engine.writeStream(spec.name, '/holdfast/stream', stream, signal)).rejects.toMatchObject({
      code: 'disk_full',
    });
  });

  it('leaves no program in a container whose stream was closed, and says why one could not run', async () => {
    const spec = container('programs', { command: ['redis-server', '--save', ''] });
    await engine.createContainer(spec, signal);
    await engine.startContainer(spec.name, signal);
    const programs = () => docker('top', spec.name, '-eo', 'pid,args').toString();
    const stream = await engine.runInside(spec.name, ['redis-cli', '--no-raw'], signal);
    await eventually(() => expect(programs()).toContain('redis-cli'), { withinMs: 10_000 });
    stream.destroy();
    await eventually(() => expect(programs()).not.toContain('redis-cli'), { withinMs: 10_000 });
    const missing = await engine.runInside(spec.name, ['no-such-program'], signal);
    const [error] = (await once(missing.resume(), 'error')) as [unknown];
    expect(error).toMatchObject({ code: 'server_not_ready', detail: expect.stringContaining('no-such-program') });
  });

  it('knows a resource without labels for a stranger', async () => {
    const name = `${installation}-bare`;
    const stranger = { code: 'name_taken_by_stranger', detail: expect.stringContaining(name) };
    docker('volume', 'create', name);
    docker('network', 'create', '--subnet', uniqueSubnet(), name);
    docker('create', '--name', name, redisImage('7.0'), 'redis-server');
    try {
      await expect(engine.ensureVolume({ name, owner, labels: {} }, signal)).rejects.toMatchObject(stranger);
      const network = { name, owner, subnet: uniqueSubnet(), labels: {} };
      await expect(engine.ensureNetwork(network, signal)).rejects.toMatchObject(stranger);
      await expect(engine.createContainer(container('bare'), signal)).rejects.toMatchObject(stranger);
      expect(await engine.inspectContainer(name, owner, signal)).toMatchObject({ owned: false });
      for (const remove of ['ensureVolumeAbsent', 'ensureNetworkAbsent', 'ensureContainerAbsent'] as const) {
        await expect(engine[remove](name, owner, signal)).rejects.toMatchObject(stranger);
      }
    } finally {
      docker('rm', '-f', name);
      docker('volume', 'rm', name);
      docker('network', 'rm', name);
    }
  });
});

describe('DockerEngine without an engine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-engine-'));
  const path = join(folder, 'docker.sock');
  const owner: Owner = { installation: 'x', subject: 'y' };
  const servers: Server[] = [];
  const sockets: Socket[] = [];
  const listen = async (onConnection: (socket: Socket) => void): Promise<Server> => {
    const server = createServer(onConnection).on('connection', (socket) => sockets.push(socket));
    servers.push(server);
    await once(server.listen(path), 'listening');
    return server;
  };

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) await once(server.close(), 'close');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('says so when there is no socket, and never that something is absent', async () => {
    const engine = new DockerEngine({ socketPath: path });
    const spec = { name: 'x', owner, labels: {} };
    for (const call of [
      engine.info(signal),
      engine.hasImage('a:1', signal),
      engine.pullImage('a:1', signal),
      engine.ensureNetwork({ ...spec, subnet: '10.1.0.0/24' }, signal),
      engine.ensureVolume(spec, signal),
      engine.volumeExists('x', owner, signal),
      engine.inspectContainer('x', owner, signal),
      engine.stopContainer('x', 1, signal),
      engine.ensureContainerAbsent('x', owner, signal),
      engine.readFile('x', '/a', signal),
      engine.listOwned('x', signal),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'engine_unreachable', cause: expect.anything() });
    }
  });

  it('gives an engine that never answers up at the deadline', async () => {
    await listen((socket) => socket.resume());
    const engine = new DockerEngine({ socketPath: path, callDeadlineMs: 50 });
    await expect(engine.info(signal)).rejects.toMatchObject({
      code: 'engine_unreachable',
      detail: expect.stringContaining('does not answer within 50 ms'),
    });
  });

  it('gives an engine up that takes nothing more of a stream, however long it took before', async () => {
    await listen((socket) => void socket.pause());
    const engine = new DockerEngine({ socketPath: path, callDeadlineMs: 200 });
    let released = false;
    const body = (async function* () {
      try {
        for (;;) yield Buffer.alloc(1024 ** 2);
      } finally {
        released = true;
      }
    })();
    const file = { sizeBytes: 10 ** 12, mode: 0o600, uid: 0, gid: 0, body };
    await expect(engine.writeStream('x', '/a/b', file, signal)).rejects.toMatchObject({
      code: 'engine_unreachable',
      detail: expect.stringContaining('does not answer within 200 ms'),
    });
    await eventually(() => expect(released).toBe(true), { withinMs: 5_000 });
  });

  it('passes a cancellation on at once, and drops the connection', async () => {
    const server = await listen((socket) => socket.resume());
    const controller = new AbortController();
    const asking = new DockerEngine({ socketPath: path }).startContainer('x', controller.signal);
    const [socket] = (await once(server, 'connection')) as [Socket];
    const closed = once(socket, 'close');
    const reason = new Error('shutdown');
    controller.abort(reason);
    await expect(asking).rejects.toBe(reason);
    await closed;
  });

  it('says so when the engine breaks off', async () => {
    await listen((socket) => socket.once('data', () => socket.destroy()));
    const engine = new DockerEngine({ socketPath: path });
    await expect(engine.info(signal)).rejects.toMatchObject({ code: 'engine_unreachable' });
    await expect(engine.readFile('x', '/a', signal)).rejects.toMatchObject({ code: 'engine_unreachable' });
  });

  it('says so when the engine breaks off in the middle of an answer', async () => {
    const half = 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nX-Docker-Container-Path-Stat: e30=\r\n\r\n{"a":';
    await listen((socket) => socket.once('data', () => socket.end(half)));
    const engine = new DockerEngine({ socketPath: path, callDeadlineMs: 500 });
    await expect(engine.info(signal)).rejects.toMatchObject({ code: 'engine_unreachable' });
    await expect(engine.readFile('x', '/a', signal)).rejects.toMatchObject({ code: 'engine_unreachable' });
  });

  describe('with a DOCKER_HOST in the environment', () => {
    const before = process.env.DOCKER_HOST;
    beforeAll(() => {
      process.env.DOCKER_HOST = 'tcp://127.0.0.1:1';
    });
    afterAll(() => {
      if (before === undefined) delete process.env.DOCKER_HOST;
      else process.env.DOCKER_HOST = before;
    });

    it('asks the engine that it was given', async () => {
      expect((await new DockerEngine({ socketPath }).info(signal)).version).not.toBe('');
    });
  });
});
