import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { compare } from '../support/checker/compare.js';
import { openOnce } from '../support/checker/direct-link.js';
import { Log } from '../support/checker/journal.js';
import { sendOver, type Command } from '../support/checker/link.js';
import { eventually } from '../support/eventually.js';
import { LiveTree } from '../support/live-tree.js';
import { Live } from '../support/live.js';

/** Promotions of a source whose clients are in the middle of something that a server cannot just stop. */

jest.setTimeout(120_000);

let live: Live;

beforeAll(async () => {
  live = await Live.start();
}, 60_000);

afterAll(() => live.close(), 60_000);

describe.each(['6.0', '8.0'])('a promotion on version %s', (version) => {
  let tree: LiveTree;
  const clients: { disconnect(): void }[] = [];

  beforeAll(async () => {
    tree = await LiveTree.make(live, `busy-${version}`, { version });
  }, 60_000);

  afterEach(() => {
    for (const client of clients.splice(0)) client.disconnect();
  });

  const atPrimary = async (): Promise<Redis> => {
    const client = await openOnce(tree.primary.address, tree.login);
    clients.push(client);
    return client;
  };

  /** With a limit of none for what takes long, or is to wait. */
  const patientAtPrimary = async (): Promise<Redis> => {
    const { host, port } = tree.primary.address;
    const client = new Redis({
      host,
      port,
      ...credentials(),
      protocol: 2,
      replyMapping: 'legacy',
      retryStrategy: null,
    });
    client.on('error', () => undefined);
    clients.push(client);
    await once(client, 'ready');
    return client;
  };

  const credentials = () => ({ username: tree.login.username, password: tree.login.password });

  it('drops a transaction that was begun, and nothing of it happens', async () => {
    const client = await atPrimary();
    await client.call('MULTI');
    expect(await client.call('SET', 'begun', 'yes')).toBe('QUEUED');
    await tree.promote();
    await expect(client.call('EXEC')).rejects.toThrow();
    expect(await (await atPrimary()).exists('begun')).toBe(0);
  });

  it('drops clients that wait for an element, and those of the door get theirs from the new primary', async () => {
    const waiting = (await patientAtPrimary()).blpop('nothing', 0);
    const dropped = expect(waiting).rejects.toThrow();
    const { host, port } = tree.door();
    const door = new Redis({ host, port, ...credentials(), replyMapping: 'legacy' });
    door.on('error', () => undefined);
    clients.push(door);
    const element = door.blpop('something', 0);
    await blocked(2);
    await tree.promote();
    await dropped;
    await blocked(1);
    await (await atPrimary()).rpush('something', 'an element');
    expect(await element).toEqual(['something', 'an element']);
  });

  const blocked = (count: number): Promise<void> =>
    eventually(
      async () => {
        const client = await openOnce(tree.primary.address, tree.login);
        const info = await client.info('clients');
        client.disconnect();
        if (!info.includes(`blocked_clients:${count}`)) throw new Error(info);
      },
      { withinMs: 10_000 },
    );

  it('lets a script end that writes, or nothing of it happens', async () => {
    const increments = 20_000;
    // About a second, most of it without a write: what it wrote has to reach the replica within the time that a promotion has.
    const script = `for i = 1, ${increments} do redis.call('INCR', KEYS[1]) for j = 1, 3000 do end end return 'ended'`;
    const answer = (await patientAtPrimary()).eval(script, 1, 'counted').catch(() => null);
    await tree.promote();
    const count = Number(await (await atPrimary()).get('counted'));
    expect([0, increments]).toContain(count);
    if ((await answer) === 'ended') expect(count).toBe(increments);
  });

  it('keeps what was acknowledged of pipelines far larger than a buffer', async () => {
    const payload = 'x'.repeat(500);
    const [log, length] = [new Log('pipelines', 'sequence'), 5_000];
    const client = await patientAtPrimary();
    let value = 0;
    let broken = false;
    const pipeline = async (): Promise<void> => {
      const values = Array.from({ length }, () => ++value);
      const commands = values.map((each): Command => ['RPUSH', 'pipelines', `${each} ${payload}`]);
      const answers = await sendOver(client, commands, 'pipeline');
      answers.forEach(({ outcome }, index) => log.note(values[index]!, outcome));
      broken = answers.some(({ outcome }) => outcome !== 'acknowledged');
    };
    const work = (async () => {
      // Until the connection is dropped, or the server's memory would not do for more.
      while (!broken && value < 30_000) await pipeline();
    })();
    await tree.promote();
    await work;
    const reader = await atPrimary();
    const found = (await reader.lrange('pipelines', 0, -1)).map((text) => Number(text.split(' ')[0]));
    await reader.del('pipelines');
    expect(compare(log, { shape: 'sequence', values: found })).toEqual([]);
    expect(found.length).toBeGreaterThan(0);
  });

  it('does not wait for clients that never read what they are answered', async () => {
    await (await atPrimary()).set('large', 'x'.repeat(10_000));
    const deaf = await Promise.all([1, 2, 3].map(() => askWithoutReading()));
    // Little by little: what the server keeps for them counts as memory, and writes are refused when that is full.
    await eventually(
      async () => {
        for (const socket of deaf) socket.write('GET large\r\n'.repeat(50));
        expect(await unread()).toBeGreaterThan(0);
      },
      { withinMs: 20_000 },
    );
    const { complaints, overlaps, longest } = await tree.checked({ clients: 16, thinkMs: 2 });
    expect({ complaints, overlaps }).toEqual({ complaints: [], overlaps: [] });
    expect(Math.max(...longest.map(({ waitMs }) => waitMs))).toBeLessThan(4_000);
    for (const socket of deaf) socket.destroy();
  });

  const askWithoutReading = async (): Promise<Socket> => {
    const { host, port } = tree.primary.address;
    const socket = connect({ host, port }).pause();
    socket.on('error', () => undefined);
    const { username, password } = tree.login;
    socket.write(`AUTH ${username} ${password}\r\n`);
    await once(socket, 'connect');
    return socket;
  };

  /** Bytes that the primary keeps for clients which do not read them. */
  const unread = (): Promise<number> =>
    tree.asManager(tree.primary, async (client) => {
      const list = (await client.call('CLIENT', 'LIST', 'TYPE', 'normal')) as string;
      return Math.max(...[...list.matchAll(/ omem=(\d+)/g)].map(([, bytes]) => Number(bytes)));
    });
});
