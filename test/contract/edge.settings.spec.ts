import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { defaultDoorSettings, type DoorSettings } from '#domain/database/door-settings.js';
import { HaproxyEdge } from '#engine/edge/haproxy-edge.js';
import { RuntimeSocket } from '#engine/edge/runtime-socket.js';
import type { DoorTarget } from '#engine/ports/edge.js';
import { faultPoints } from '#observability/fault-points.js';
import { docker, makeTestEdge, type TestEdge } from '../support/test-edge.js';
import { eventually } from '../support/eventually.js';

/** What settings of doors do to connections, on a real HAProxy that listens on every address of either family. */

const signal = AbortSignal.timeout(120_000);
const reset = { code: 'ECONNRESET' };
let test: TestEdge;
let edge: HaproxyEdge;
let port: number;
let server: Server;
const sockets: Socket[] = [];

const door = (settings: Partial<DoorSettings> = {}, offset = 0): DoorTarget => ({
  port: port + offset,
  address: '127.0.0.1',
  targetPort: (server.address() as AddressInfo).port,
  settings: { ...defaultDoorSettings, ...settings },
});

interface Way {
  readonly host?: string;
  readonly from?: string;
  readonly offset?: number;
}

const connect = async ({ host = '127.0.0.1', from, offset = 0 }: Way = {}): Promise<Socket> => {
  const socket = createConnection({ host, port: port + offset, ...(from !== undefined && { localAddress: from }) });
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
};
const ask = async (socket: Socket): Promise<string> => {
  const answer = once(socket, 'data', { signal: AbortSignal.timeout(15_000) });
  socket.write('?');
  return String((await answer)[0]);
};
const askAt = async (way: Way = {}): Promise<string> => ask(await connect(way));
/** Leaves nothing open: an edge has room for so many connections, and thousands are made. */
const askOnce = async (way: Way): Promise<string> => {
  const socket = await connect(way);
  return ask(socket).finally(() => socket.destroy());
};

beforeAll(async () => {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write('yes'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  test = await makeTestEdge();
  port = test.options.ports.first;
  edge = new HaproxyEdge({ ...test.options, bindAddress: '::' });
  await edge.ensureRunning(signal);
}, 60_000);

afterEach(() => {
  faultPoints.disarmAll();
  for (const socket of sockets.splice(0)) socket.destroy();
});

afterAll(async () => {
  await test.cleanUp();
  server.close();
}, 60_000);

describe('an allow list', () => {
  it.each([
    ['127.0.0.1/32', '127.0.0.1', '127.0.0.2'],
    ['127.0.2.0/23', '127.0.3.255', '127.0.1.255'],
    ['127.0.2.0/23', '127.0.2.0', '127.0.4.0'],
    ['127.128.0.0/9', '127.128.0.1', '127.127.255.255'],
  ])('of %s lets %s in and resets %s', async (block, inside, outside) => {
    await edge.replaceDoors([door({ allow: ['203.0.113.0/24', block] }), door({}, 1)], signal);
    expect(await askAt({ from: inside })).toBe('yes');
    await expect(askAt({ from: outside })).rejects.toMatchObject(reset);
    await expect(askAt({ host: '::1' })).rejects.toMatchObject(reset);
    expect(await askAt({ from: outside, offset: 1 })).toBe('yes');
  });

  it('of IPv6 lets no IPv4 in, and the other way round, not even when it is all of them', async () => {
    await edge.replaceDoors(
      [door({ allow: ['::1/128'] }), door({ allow: ['::/0'] }, 1), door({ allow: ['0.0.0.0/0'] }, 2)],
      signal,
    );
    expect(await askAt({ host: '::1' })).toBe('yes');
    expect(await askAt({ host: '::1', offset: 1 })).toBe('yes');
    expect(await askAt({ offset: 2 })).toBe('yes');
    await expect(askAt()).rejects.toMatchObject(reset);
    await expect(askAt({ offset: 1 })).rejects.toMatchObject(reset);
    await expect(askAt({ host: '::1', offset: 2 })).rejects.toMatchObject(reset);
  });

  it('of a hundred blocks fits', async () => {
    const allow = Array.from(
      { length: 99 },
      (_, index) => `2001:db8:1234:5678:9abc:def0:${(index + 4096).toString(16)}:0/105`,
    );
    const long = door({ allow: [...allow, '127.0.0.1/32'] });
    await edge.replaceDoors([long, door({ allow: ['127.0.0.1/32'] }, 1)], signal);
    expect(await edge.listDoors(signal)).toEqual([long, door({ allow: ['127.0.0.1/32'] }, 1)]);
    expect([await askAt(), await askAt({ offset: 1 })]).toEqual(['yes', 'yes']);
    await expect(askAt({ from: '127.0.0.2' })).rejects.toMatchObject(reset);
  });

  it('leaves connections alone that are open, and others’ doors', async () => {
    await edge.replaceDoors([door(), door({}, 1)], signal);
    const early = await Promise.all([connect(), connect({ offset: 1 })]);
    await edge.openDoors([door({ allow: ['192.0.2.1/32'] })], signal);
    await expect(askAt()).rejects.toMatchObject(reset);
    expect(await Promise.all(early.map(ask))).toEqual(['yes', 'yes']);
  });

  it('lets a stranger in at no moment of a change, and keeps out nobody who is on the list before and after', async () => {
    const lists = [['127.0.0.2/32'], ['127.0.0.2/32', '192.0.2.0/24'], ['127.0.0.2/31']];
    const listed = (turn: number) => [door({ allow: lists[turn % lists.length]! })];
    await edge.replaceDoors(listed(0), signal);
    const ended = new AbortController();
    const knock = async (from: string): Promise<Set<string>> => {
      const answers = new Set<string>();
      while (!ended.signal.aborted)
        answers.add(await askOnce({ from }).catch(({ code }: NodeJS.ErrnoException) => code!));
      return answers;
    };
    const answers = Promise.all(['127.0.0.1', '127.0.0.2'].map(knock));
    for (let turn = 0; turn < 12; turn += 1) await edge.openDoors(listed(turn), signal);
    ended.abort();
    expect((await answers).map((each) => [...each])).toEqual([['ECONNRESET'], ['yes']]);
  }, 30_000);

  it('that no door has any more is forgotten', async () => {
    await edge.replaceDoors([door({ allow: ['127.0.0.1/32'] })], signal);
    await edge.openDoors([door()], signal);
    const socket = new RuntimeSocket(join(test.options.directory, 'run/admin.sock'));
    expect((await socket.ask('show map /etc/holdfast/allowed.map', signal)).trim()).toBe('');
    expect(await readFile(join(test.options.directory, 'conf/allowed.map'), 'utf8')).toBe('');
  });

  it('is in force after a crash between disk and HAProxy', async () => {
    await edge.replaceDoors([door()], signal);
    const crash = new Error('crash');
    faultPoints.arm('edge:doors-written', () => Promise.reject(crash));
    await expect(edge.openDoors([door({ allow: ['127.0.0.2/32'] })], signal)).rejects.toBe(crash);
    faultPoints.disarmAll();
    await edge.openDoors([door({}, 1)], signal);
    expect(await askAt({ from: '127.0.0.2' })).toBe('yes');
    await expect(askAt()).rejects.toMatchObject(reset);
  });

  it('is in force from the first connection to an edge that was killed', async () => {
    await edge.replaceDoors([door({ allow: ['127.0.0.2/32'] })], signal);
    await docker('kill', test.containerName);
    await edge.ensureRunning(signal);
    expect(await askAt({ from: '127.0.0.2' })).toBe('yes');
    await expect(askAt()).rejects.toMatchObject(reset);
  });

  it('goes over with the door in a switch', async () => {
    await edge.replaceDoors([door({ allow: ['127.0.0.2/32'] })], signal);
    await edge.switchDoors([door({ allow: ['127.0.0.3/32'] })], (shut) => shut(), signal);
    expect(await askAt({ from: '127.0.0.3' })).toBe('yes');
    await expect(askAt({ from: '127.0.0.2' })).rejects.toMatchObject(reset);
  });
});

describe('a connection limit', () => {
  it('resets what comes too much, until somebody leaves', async () => {
    await edge.replaceDoors([door({ connectionLimit: 2 }), door({}, 1)], signal);
    const [first, second] = [await connect(), await connect()];
    expect([await ask(first), await ask(second)]).toEqual(['yes', 'yes']);
    await expect(askAt()).rejects.toMatchObject(reset);
    expect(await askAt({ offset: 1 })).toBe('yes');
    first.destroy();
    await eventually(async () => expect(await askAt()).toBe('yes'), { withinMs: 5_000 });
    expect(await ask(second)).toBe('yes');
  });

  it('counts those who came before it was set', async () => {
    await edge.replaceDoors([door()], signal);
    const early = [await connect(), await connect()];
    expect(await Promise.all(early.map(ask))).toEqual(['yes', 'yes']);
    await edge.openDoors([door({ connectionLimit: 2 })], signal);
    await expect(askAt()).rejects.toMatchObject(reset);
    await edge.openDoors([door({ connectionLimit: 3 })], signal);
    expect(await askAt()).toBe('yes');
  });
});

describe('an idle timeout', () => {
  it('ends connections that are silent so long, and only at its door', async () => {
    await edge.replaceDoors([door({ idleTimeoutSeconds: 2 }), door({}, 1)], signal);
    const [silent, busy, other] = [await connect(), await connect(), await connect({ offset: 1 })];
    expect(await Promise.all([silent, busy, other].map(ask))).toEqual(['yes', 'yes', 'yes']);
    const started = performance.now();
    const ended = once(silent.resume(), 'close', { signal: AbortSignal.timeout(10_000) });
    const talk = setInterval(() => busy.write('?'), 500);
    await ended;
    clearInterval(talk);
    expect(performance.now() - started).toBeGreaterThan(1_500);
    // An answer to what was said last may come together with this one's.
    expect(await Promise.all([busy, other].map(ask))).toEqual([expect.stringMatching(/^(yes)+$/), 'yes']);
  });
});

describe('a bind address', () => {
  it.each([
    ['127.0.0.2', '127.0.0.1'],
    ['127.0.0.1', '::1'],
    ['::1', '127.0.0.1'],
  ])('of %s takes no connections to %s', async (bindAddress, other) => {
    await edge.replaceDoors([door({ bindAddress }), door({}, 1)], signal);
    expect(await askAt({ host: bindAddress })).toBe('yes');
    await expect(askAt({ host: other })).rejects.toMatchObject(reset);
    expect(await askAt({ host: other, offset: 1 })).toBe('yes');
  });
});

describe('a connection that was held at a shut door', () => {
  /** Connections that are made while the door is shut, which then opens with these settings. */
  const held = async <T>(
    settings: Partial<DoorSettings>,
    knock: () => Promise<T>[],
  ): Promise<PromiseSettledResult<T>[]> => {
    const knocking: Promise<PromiseSettledResult<T>[]>[] = [];
    const work = async (shut: () => Promise<void>) => {
      await shut();
      knocking.push(Promise.allSettled(knock()));
    };
    await edge.switchDoors([door(settings)], work, signal);
    return (await Promise.all(knocking)).flat();
  };
  const yes = { status: 'fulfilled', value: 'yes' };
  const refused = { status: 'rejected', reason: expect.objectContaining(reset) };

  it('is let in by the allow list that the door has afterwards', async () => {
    await edge.replaceDoors([door({ allow: ['127.0.0.2/32'] })], signal);
    const knock = () => ['127.0.0.2', '127.0.0.3'].map((from) => askAt({ from })).concat(askAt({ host: '::1' }));
    expect(await held({ allow: ['127.0.0.3/32'] }, knock)).toEqual([refused, yes, refused]);
    expect(await held({ allow: ['::1/128'] }, knock)).toEqual([refused, refused, yes]);
  });

  it('is let in only at the bind address', async () => {
    const knock = () => ['127.0.0.1', '127.0.0.2', '::1'].map((host) => askAt({ host }));
    await edge.replaceDoors([door()], signal);
    expect(await held({ bindAddress: '127.0.0.2' }, knock)).toEqual([refused, yes, refused]);
    expect(await held({ bindAddress: '::1' }, knock)).toEqual([refused, refused, yes]);
  });

  it('counts for the connection limit', async () => {
    await edge.replaceDoors([door({ connectionLimit: 2 })], signal);
    expect(await ask(await connect())).toBe('yes');
    const answers = await held({ connectionLimit: 2 }, () => [askAt(), askAt(), askAt()]);
    expect(answers.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1);
    expect(answers).toContainEqual(refused);
  });

  it('is ended when it is idle too long', async () => {
    await edge.replaceDoors([door({ idleTimeoutSeconds: 2 })], signal);
    expect(await held({ idleTimeoutSeconds: 2 }, () => [askAt()])).toEqual([yes]);
    const [silent] = sockets;
    const started = performance.now();
    await once(silent!.resume(), 'close', { signal: AbortSignal.timeout(10_000) });
    expect(performance.now() - started).toBeGreaterThan(1_500);
  });
});
