import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile, stat } from 'node:fs/promises';
import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { defaultDoorSettings } from '#domain/database/door-settings.js';
import { HaproxyEdge } from '#engine/edge/haproxy-edge.js';
import { RuntimeSocket } from '#engine/edge/runtime-socket.js';
import type { DoorTarget } from '#engine/ports/edge.js';
import { waitUntil } from '#engine/wait/wait-until.js';
import { faultPoints } from '#observability/fault-points.js';
import { docker, makeTestEdge, type TestEdge } from '../support/test-edge.js';

/** A server that answers each line with its own name. */
const startServer = async (name: string): Promise<Server> => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write(name));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

describe('The edge', () => {
  const signal = AbortSignal.timeout(120_000);
  let test: TestEdge;
  let port: number;
  let [left, right]: Server[] = [];
  const sockets: Socket[] = [];

  const doorTo = (server: Server | undefined, offset = 0): DoorTarget => ({
    port: port + offset,
    address: '127.0.0.1',
    targetPort: portOf(server!),
    settings: defaultDoorSettings,
  });
  const connect = async (to = port): Promise<Socket> => {
    const socket = createConnection({ host: '127.0.0.1', port: to });
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  };
  const ask = async (socket: Socket): Promise<string> => {
    const answer = once(socket, 'data', { signal: AbortSignal.timeout(2_000) });
    socket.write('?');
    return String((await answer)[0]);
  };
  const askAt = async (to = port): Promise<string> => ask(await connect(to));
  const answersAgain = (): Promise<string> =>
    waitUntil(() => askAt(), { describe: 'the edge to come back', deadlineMs: 20_000 }, signal);
  const processes = async (): Promise<number[]> =>
    (await docker('top', test.containerName, '-o', 'pid')).split('\n').slice(1).map(Number);

  const recordedDoors = async (): Promise<string[]> =>
    (await readFile(join(test.options.directory, 'conf/doors.map'), 'utf8')).trim().split('\n');

  beforeAll(async () => {
    test = await makeTestEdge();
    port = test.options.ports.first;
    [left, right] = await Promise.all([startServer('left'), startServer('right')]);
    await test.edge.ensureRunning(signal);
  }, 60_000);

  afterEach(() => {
    faultPoints.disarmAll();
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  afterAll(async () => {
    await test.cleanUp();
    left?.close();
    right?.close();
  }, 60_000);

  it('leads new connections the new way and leaves those that are open alone', async () => {
    await test.edge.replaceDoors([doorTo(left)], signal);
    const early = await connect();
    expect(await ask(early)).toBe('left');
    await test.edge.openDoors([doorTo(right)], signal);
    expect(await askAt()).toBe('right');
    expect(await ask(early)).toBe('left');
  });

  it('resets connections to a port that leads nowhere, at once', async () => {
    await test.edge.replaceDoors([doorTo(left), doorTo(left, 1)], signal);
    await test.edge.closeDoors([port + 1], signal);
    for (const closed of [port + 1, port + 2, test.options.ports.last]) {
      const started = performance.now();
      await expect(askAt(closed)).rejects.toMatchObject({ code: 'ECONNRESET' });
      expect(performance.now() - started).toBeLessThan(1_000);
    }
  });

  it('leads the old way after a switch whose work failed', async () => {
    await test.edge.replaceDoors([doorTo(left)], signal);
    const failure = new Error('the source did not answer');
    await expect(test.edge.switchDoors([doorTo(right)], () => Promise.reject(failure), signal)).rejects.toBe(failure);
    expect(await askAt()).toBe('left');
    expect(await recordedDoors()).toEqual([`${String(port)} 127.0.0.1:${String(portOf(left!))}`]);
  });

  it('leads the new way when the edge came back with the old one in the middle of a switch', async () => {
    await test.edge.replaceDoors([doorTo(left)], signal);
    const crash = async (shut: () => Promise<void>) => {
      await shut();
      const [master] = await processes();
      process.kill(master!, 'SIGKILL');
      expect(await answersAgain()).toBe('left');
    };
    await test.edge.switchDoors([doorTo(right)], crash, signal);
    expect(await askAt()).toBe('right');
    expect(await test.edge.listDoors(signal)).toEqual([doorTo(right)]);
  }, 40_000);

  it('lets a writer in another process wait for the end of a switch', async () => {
    await test.edge.replaceDoors([doorTo(left)], signal);
    const other = new HaproxyEdge(test.options);
    const changes: Promise<void>[] = [];
    const work = async (shut: () => Promise<void>) => {
      await shut();
      changes.push(other.openDoors([doorTo(left, 1)], signal));
      await expect(askAt()).rejects.toMatchObject({ code: 'ECONNRESET' });
    };
    await test.edge.switchDoors([doorTo(right)], work, signal);
    await Promise.all(changes);
    expect(await test.edge.listDoors(signal)).toEqual([doorTo(right), doorTo(left, 1)]);
  });

  it.each(['master', 'worker'])(
    'comes back by itself with its doors when its %s crashes',
    async (which) => {
      await test.edge.replaceDoors([doorTo(left)], signal);
      const [master, worker] = await processes();
      process.kill(which === 'master' ? master! : worker!, 'SIGKILL');
      await waitUntil(
        async () => ((await processes()).includes(master!) ? undefined : true),
        {
          describe: 'the crash',
          deadlineMs: 10_000,
        },
        signal,
      );
      expect(await answersAgain()).toBe('left');
    },
    40_000,
  );

  it('heals a change that a crash cut between disk and HAProxy', async () => {
    await test.edge.replaceDoors([doorTo(left)], signal);
    const crash = new Error('crash');
    faultPoints.arm('edge:doors-written', () => Promise.reject(crash));
    await expect(test.edge.openDoors([doorTo(right)], signal)).rejects.toBe(crash);
    expect(await askAt()).toBe('left');
    faultPoints.disarmAll();
    await new HaproxyEdge(test.options).ensureRunning(signal);
    expect(await askAt()).toBe('right');
  });

  it('heals a running map that differs from the recorded one, and half a version that a crash left', async () => {
    await test.edge.replaceDoors([doorTo(left)], signal);
    const socket = new RuntimeSocket(join(test.options.directory, 'run/admin.sock'));
    await socket.ask('prepare map /etc/holdfast/doors.map', signal);
    await socket.ask('clear map /etc/holdfast/doors.map', signal);
    await socket.ask(`add map /etc/holdfast/doors.map ${String(port + 1)} 127.0.0.1:1`, signal);
    await test.edge.ensureRunning(signal);
    expect(await test.edge.listDoors(signal)).toEqual([doorTo(left)]);
    expect(await askAt()).toBe('left');
  });

  it('loses no change of several writers that share its directory', async () => {
    await test.edge.replaceDoors([], signal);
    const writers = Array.from({ length: 4 }, () => new HaproxyEdge(test.options));
    const doors = Array.from({ length: 40 }, (_, offset) => doorTo(left, offset));
    await Promise.all(doors.map((door, index) => writers[index % writers.length]!.openDoors([door], signal)));
    expect(await test.edge.listDoors(signal)).toEqual(doors);
    expect(await recordedDoors()).toHaveLength(doors.length);
  });

  it('holds thousands of doors', async () => {
    const doors = Array.from({ length: 4_000 }, (_, at) => ({ ...doorTo(left), port: at === 0 ? port : 40_000 + at }));
    await test.edge.replaceDoors(doors, signal);
    expect(await test.edge.listDoors(signal)).toHaveLength(4_000);
    expect(await askAt()).toBe('left');
  });

  it('runs unprivileged, and only its user can reach its socket', async () => {
    const [main] = await processes();
    const status = await readFile(`/proc/${String(main)}/status`, 'utf8');
    expect(status).toMatch(/^CapEff:\s+0+$/m);
    expect(status).not.toMatch(/^Uid:\s+0\s/m);
    const mode = async (path: string) => (await stat(join(test.options.directory, path))).mode & 0o777;
    expect([await mode('run'), await mode('run/admin.sock')]).toEqual([0o700, 0o600]);
  });

  it('takes up other settings with its doors', async () => {
    await test.edge.replaceDoors([doorTo(left)], signal);
    const before = await processes();
    await test.edge.ensureRunning(signal);
    expect(await processes()).toEqual(before);
    await new HaproxyEdge({ ...test.options, maxConnections: 2_000 }).ensureRunning(signal);
    expect(await processes()).not.toEqual(before);
    expect(await askAt()).toBe('left');
  });
});

describe('An edge that cannot start', () => {
  const signal = AbortSignal.timeout(60_000);
  let test: TestEdge;

  beforeAll(async () => {
    test = await makeTestEdge();
  });
  afterAll(() => test.cleanUp(), 60_000);

  const containers = () => docker('ps', '-aq', '--filter', `name=${test.containerName}`);

  it('names the port and the process that holds it, and leaves no container behind', async () => {
    const stranger = createServer().listen(test.options.ports.first + 7, '127.0.0.1');
    await once(stranger, 'listening');
    await expect(test.edge.ensureRunning(signal)).rejects.toMatchObject({
      code: 'edge_ports_taken',
      detail: expect.stringMatching(
        new RegExp(`\\(pid ${String(process.pid)}\\) listens on port ${String(test.options.ports.first + 7)} `),
      ),
    });
    expect(await containers()).toBe('');
    stranger.close();
    await once(stranger, 'close');
    await test.edge.ensureRunning(signal);
    await test.edge.listDoors(signal);
  });

  it("says HAProxy's own words about an address that the host does not have", async () => {
    const away = new HaproxyEdge({ ...test.options, bindAddress: '203.0.113.7' });
    await expect(away.ensureRunning(signal)).rejects.toMatchObject({
      code: 'edge_unreachable',
      detail: expect.stringContaining('203.0.113.7'),
    });
    await test.edge.ensureRunning(signal);
  });

  it('keeps the edge that runs when its new image does not exist', async () => {
    const other = new HaproxyEdge({ ...test.options, image: 'holdfast/no-such-image:1' });
    await expect(other.ensureRunning(signal)).rejects.toMatchObject({ code: 'image_unavailable' });
    expect(await test.edge.listDoors(signal)).toEqual([]);
  });
});
