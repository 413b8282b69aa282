import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Operation } from '#contracts/http/operations.js';
import type { PersistenceMode } from '#domain/database/persistence.js';
import { serverPaths } from '#domain/server/names.js';
import { crash, filesIn } from '../support/host.js';
import { Live, type LiveDatabase } from '../support/live.js';
import { asTenant, dial, doorOf, whenBack } from '../support/tenant.js';

/** Another persistence mode, and no plain port any more and one again, on real servers. A kill right afterwards loses nothing that the mode keeps. */

let live: Live;
beforeAll(async () => {
  live = await Live.start();
}, 60_000);
afterAll(() => live.close(), 60_000);
jest.setTimeout(120_000);

const configure = async (one: LiveDatabase, more: Readonly<Record<string, unknown>>): Promise<Operation> => {
  const request = { type: 'configure', confirm: one.handle, ...more };
  const { id } = await live.ask<Operation>('POST', `/v1/databases/${one.id}/operations`, request);
  return live.succeeded(id);
};

const put = (one: LiveDatabase, key: string): Promise<unknown> => asTenant(one, (client) => client.set(key, 'kept'));
const keysOf = (one: LiveDatabase): Promise<string[]> =>
  whenBack(one, async (client) => (await client.keys('*')).sort());

const changeAndCrash = async (one: LiveDatabase, persistence: PersistenceMode): Promise<string[]> => {
  await configure(one, { persistence });
  expect(await live.show(one.id)).toMatchObject({ persistence });
  await crash(one.container);
  return keysOf(one);
};

describe.each(['6.0', '7.0', '8.0'])('on %s', (version) => {
  it('each change of mode keeps the data, also when the server is killed right after', async () => {
    const one = await live.provision(`mode-${version}`, { version: `${version}-aof` });
    await put(one, 'a');
    expect(await changeAndCrash(one, 'rdb')).toEqual(['a']);
    const data = await filesIn(one.container, serverPaths.data);
    expect(data.filter((path) => /\.aof/.test(path) && path !== 'appendonly.aof')).toEqual([]);
    await put(one, 'b');
    expect(await changeAndCrash(one, 'aof')).toEqual(['a', 'b']);
    await put(one, 'c');
    await configure(one, { persistence: 'none' });
    expect(await keysOf(one)).toEqual(['a', 'b', 'c']);
    await crash(one.container);
    expect(await keysOf(one)).toEqual([]);
    await put(one, 'd');
    expect(await changeAndCrash(one, 'aof')).toEqual(['d']);
    await configure(one, { persistence: 'none' });
    expect(await changeAndCrash(one, 'rdb')).toEqual(['d']);
    await live.operate(one, 'reload');
    expect(await keysOf(one)).toEqual(['d']);
  });

  it('the plain port is closed, with its doors, and opened again', async () => {
    const one = await live.provision(`tls-${version}`, { version: `${version}-aof` });
    await put(one, 'a');
    const authorityPem = await live.authorityPem();
    const plain = await dial(one);
    await configure(one, { tlsOnly: true });
    await expect(plain.call('PING')).rejects.toThrow();
    await expect(asTenant(one, (client) => client.call('PING'))).rejects.toThrow();
    const closed = await live.reveal(one.id);
    expect(closed.shown.tlsOnly).toBe(true);
    expect(closed.doors.map(({ type }) => type)).toEqual(['redis+ssl', 'redis+ssl']);
    expect(await asTenant(one, (client) => client.get('a'), { authorityPem })).toBe('kept');
    await live.operate(one, 'reload');
    await configure(one, { tlsOnly: false });
    const open = await live.reveal(one.id);
    expect(open.doors.map(({ type, follows }) => `${type} ${follows}`).sort()).toEqual(
      ['redis database', 'redis primary', 'redis+ssl database', 'redis+ssl primary'].sort(),
    );
    expect(doorOf(open, 'redis+ssl').port).toBe(doorOf(one, 'redis+ssl').port);
    expect(await asTenant(open, (client) => client.get('a'))).toBe('kept');
    await live.operate(one, 'restart');
    expect(await whenBack(open, (client) => client.get('a'))).toBe('kept');
  });
});

it('giving up persistence, and a restart of a memory-only database, need the handle', async () => {
  const one = await live.provision('careful');
  expect(await live.refusedOperation(one.id, { type: 'configure', persistence: 'none' })).toMatchObject({
    code: 'confirmation_required',
  });
  await configure(one, { persistence: 'none' });
  expect(await live.refusedOperation(one.id, { type: 'configure', settings: { databases: 20 } })).toMatchObject({
    code: 'confirmation_required',
  });
  await put(one, 'a');
  await configure(one, { settings: { timeout: 100 } });
  expect(await keysOf(one)).toEqual(['a']);
});
