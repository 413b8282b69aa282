import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { edgeName } from '#engine/edge/edge-container.js';
import { crash, docker, stateOf } from '../support/host.js';
import { Live, type LiveDatabase } from '../support/live.js';
import { asTenant, dial, whenBack } from '../support/tenant.js';

/** The doors of the edge: addresses that outlive what is behind them. */

jest.setTimeout(60_000);

let live: Live;
let first: LiveDatabase;
let second: LiveDatabase;
let authorityPem: string;

beforeAll(async () => {
  live = await Live.start();
  [first, second, authorityPem] = await Promise.all([
    live.provision('first'),
    live.provision('second'),
    live.authorityPem(),
  ]);
}, 120_000);

afterAll(() => live.close(), 60_000);

const edge = (): string => edgeName(live.installation.name);

/** Through every door of the database, as its clients go. */
const expectAllDoorsOpen = async (database: LiveDatabase): Promise<void> => {
  expect(database.doors).toHaveLength(4);
  for (const { type, port } of database.doors) {
    const options = { port, ...(type === 'redis' ? {} : { authorityPem }) };
    expect(await whenBack(database, (client) => client.ping(), options)).toBe('PONG');
  }
};

describe('the doors of a database', () => {
  it('are its own two and two that follow the primary, on different ports of loopback', () => {
    expect(first.doors.map(({ type, follows, host }) => ({ type, follows, host }))).toEqual([
      { type: 'redis', follows: 'database', host: '127.0.0.1' },
      { type: 'redis+ssl', follows: 'database', host: '127.0.0.1' },
      { type: 'redis', follows: 'primary', host: '127.0.0.1' },
      { type: 'redis+ssl', follows: 'primary', host: '127.0.0.1' },
    ]);
    expect(new Set([...first.doors, ...second.doors].map(({ port }) => port)).size).toBe(8);
  });

  it('all lead to it, and to no other database', async () => {
    await expectAllDoorsOpen(first);
    await expectAllDoorsOpen(second);
    await asTenant(first, (client) => client.set('whose', 'first'));
    for (const { type, port } of first.doors) {
      const options = { port, ...(type === 'redis' ? {} : { authorityPem }) };
      expect(await asTenant(first, (client) => client.get('whose'), options)).toBe('first');
    }
  });

  it.each(['restart', 'reload'] as const)('stay the same over a %s', async (type) => {
    await live.operate(first, type);
    expect((await live.show(first.id)).endpoints).toEqual(first.doors);
    await expectAllDoorsOpen(first);
  });
});

describe('the edge', () => {
  it('comes back by itself when it crashed, with all doors', async () => {
    const { StartedAt } = await stateOf(edge());
    await crash(edge());
    await expectAllDoorsOpen(first);
    await expectAllDoorsOpen(second);
    expect((await stateOf(edge())).StartedAt).not.toBe(StartedAt);
  });

  it('is made again when somebody removed it, with all doors', async () => {
    await docker('rm', '--force', edge());
    await expectAllDoorsOpen(first);
    await expectAllDoorsOpen(second);
  });
});

describe('a deprovision', () => {
  it('resets the connections, and the ports lead nowhere', async () => {
    const clients = await Promise.all([dial(first), dial(first, { authorityPem })]);
    const closed = clients.map((client) => once(client, 'close', { signal: AbortSignal.timeout(30_000) }));
    await live.operate(first, 'deprovision');
    await Promise.all(closed);
    for (const { port } of first.doors)
      await expect(dial(second, { port }).then((client) => client.ping())).rejects.toThrow();
    expect((await live.show(first.id)).endpoints).toEqual([]);
  });

  it('leaves the others alone', () => expectAllDoorsOpen(second));

  it('frees the ports, but the next database gets others', async () => {
    const third = await live.provision('third');
    const old = new Set(first.doors.map(({ port }) => port));
    expect(third.doors.filter(({ port }) => old.has(port))).toEqual([]);
    await expectAllDoorsOpen(third);
  });
});
