import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Redis } from 'ioredis';
import { Live, type LiveDatabase } from '../support/live.js';
import { asTenant, dial, whenBack } from '../support/tenant.js';

/** What a tenant may do on its own server, and what nobody may. */

jest.setTimeout(30_000);

let live: Live;
let databases: LiveDatabase[];

beforeAll(async () => {
  live = await Live.start();
  databases = await Promise.all([
    live.provision('six', { version: '6.0-aof' }),
    live.provision('seven', { version: '7.0-aof' }),
    live.provision('eight', { version: '8.0-aof' }),
  ]);
}, 120_000);

afterAll(() => live.close(), 60_000);

const database = (handle: string): LiveDatabase => {
  const found = databases.find((candidate) => candidate.handle === handle);
  if (!found) throw new Error(`There is no database ${handle}`);
  return found;
};

/** Refused by the server whoever asks: unknown, forbidden by a rule, or switched off for good. */
const refused = /NOPERM|unknown command|not allowed|protected config|disabled/i;

const expectRefused = async (client: Redis, command: readonly string[]): Promise<void> => {
  const [name = '', ...rest] = command;
  await expect(client.call(name, ...rest)).rejects.toThrow(refused);
};

/** Wherever the server is told to write, its configuration, its keys and the container's system stay as they are. */
const expectConfined = async (client: Redis): Promise<void> => {
  for (const directory of ['/holdfast/conf', '/holdfast/conf/tls', '/etc', '/usr/bin', '/']) {
    await client.config('SET', 'dir', directory).catch(() => undefined);
    await expect(client.save()).rejects.toThrow('ERR');
  }
  await client.config('SET', 'dir', '/holdfast/data');
  expect(await client.save()).toBe('OK');
};

/** What would take the server over or cut Holdfast off (product.md, section 4). */
const forbiddenToTenants = [
  ['CONFIG', 'SET', 'dir', '/tmp'],
  ['CONFIG', 'SET', 'maxmemory', '0'],
  ['CONFIG', 'REWRITE'],
  ['CONFIG', 'RESETSTAT'],
  ['MODULE', 'LIST'],
  ['MODULE', 'LOAD', '/tmp/module.so'],
  ['DEBUG', 'SLEEP', '0'],
  ['DEBUG', 'SEGFAULT'],
  ['SHUTDOWN', 'NOSAVE'],
  ['REPLICAOF', '10.0.0.1', '6379'],
  ['SLAVEOF', 'NO', 'ONE'],
  ['SYNC'],
  ['PSYNC', '?', '-1'],
  ['REPLCONF', 'listening-port', '1'],
  ['MIGRATE', '10.0.0.1', '6379', 'key', '0', '10'],
  ['CLUSTER', 'INFO'],
];

/** Redis 6 has no protected settings; what is left there, the container confines. */
const protectedSettings = [
  ['CONFIG', 'SET', 'dir', '/tmp'],
  ['CONFIG', 'SET', 'dbfilename', 'other.rdb'],
];

/** What not even a user may run to whom the tenant gave everything. */
const forbiddenToAll = [
  ['MODULE', 'LOAD', '/tmp/module.so'],
  ['DEBUG', 'SLEEP', '0'],
  ['SHUTDOWN', 'NOSAVE'],
];

describe.each(['six', 'seven', 'eight'])('on version %s', (handle) => {
  it('has no users but the tenant, the manager and the switched-off default (2.9, defects 5 and 9)', async () => {
    const users = await asTenant(database(handle), (client) => client.call('ACL', 'USERS'));
    expect([...(users as string[])].sort()).toEqual(['default', 'holdfast-manager', 'tenant']);
    const list = (await asTenant(database(handle), (client) => client.call('ACL', 'LIST'))) as string[];
    const defaultUser = list.find((line) => line.startsWith('user default '));
    expect(defaultUser).toMatch(/^user default off\b/);
    expect(defaultUser).not.toMatch(/nopass|#/);
  });

  it.each(forbiddenToTenants)('a tenant cannot run %s %s', async (...command) => {
    await asTenant(database(handle), (client) => expectRefused(client, command));
  });

  it('a tenant can look at its settings, and keep its data as it likes', async () => {
    await asTenant(database(handle), async (client) => {
      expect(await client.call('CONFIG', 'GET', 'appendonly')).toEqual(['appendonly', 'yes']);
      expect(await client.bgrewriteaof()).toContain('rewriting');
      expect(await client.flushall()).toBe('OK');
      expect(await client.call('ACL', 'WHOAMI')).toBe('tenant');
    });
  });

  it('nobody can take the server over, not even a user to whom the tenant gave everything', async () => {
    const options = { username: 'root', password: 'rootroot' };
    await asTenant(database(handle), (client) =>
      client.call('ACL', 'SETUSER', 'root', 'on', '>rootroot', '~*', '+@all'),
    );
    await asTenant(
      database(handle),
      async (client) => {
        for (const command of forbiddenToAll) await expectRefused(client, command);
        if (handle === 'six') await expectConfined(client);
        else for (const command of protectedSettings) await expectRefused(client, command);
        expect(await client.ping()).toBe('PONG');
      },
      options,
    );
    await asTenant(database(handle), (client) => client.call('ACL', 'DELUSER', 'root'));
  });
});

describe.each(['six', 'seven', 'eight'])('a user that the tenant made and saved, on version %s', (handle) => {
  const reader = { username: 'reader', password: 'pass:word@#1' };
  const asReader = <Result>(work: (client: Redis) => Promise<Result>): Promise<Result> =>
    whenBack(database(handle), work, reader);

  it('works at once, within what it was given', async () => {
    await asTenant(database(handle), async (client) => {
      await client.call('ACL', 'SETUSER', 'reader', 'on', `>${reader.password}`, '~app:*', '+get');
      await client.call('ACL', 'SAVE');
      await client.set('app:1', 'one');
    });
    expect(await asReader((client) => client.get('app:1'))).toBe('one');
    await expect(asTenant(database(handle), (client) => client.get('other'), reader)).rejects.toThrow('NOPERM');
    await expect(asTenant(database(handle), (client) => client.set('app:1', 'x'), reader)).rejects.toThrow('NOPERM');
  });

  it('works after a restart (T1)', async () => {
    await live.operate(database(handle), 'restart');
    expect(await asReader((client) => client.get('app:1'))).toBe('one');
  });

  it('works after a reload, and another reload', async () => {
    await live.operate(database(handle), 'reload');
    await live.operate(database(handle), 'reload');
    expect(await asReader((client) => client.get('app:1'))).toBe('one');
  });

  it('is gone for good once the tenant removed and saved it', async () => {
    await asTenant(database(handle), async (client) => {
      await client.call('ACL', 'DELUSER', 'reader');
      await client.call('ACL', 'SAVE');
    });
    await live.operate(database(handle), 'reload');
    await expect(asTenant(database(handle), (client) => client.ping(), reader)).rejects.toThrow('WRONGPASS');
  });
});

describe('a tenant that meddles with the users of Holdfast', () => {
  it('finds them mended after a reload, its own password included', async () => {
    const eight = database('eight');
    await asTenant(eight, async (client) => {
      await client.call('ACL', 'SETUSER', 'default', 'on', 'nopass', '~*', '+@all');
      await client.call('ACL', 'SETUSER', 'holdfast-manager', 'resetpass', '>taken-over');
      await client.call('ACL', 'SETUSER', 'tenant', '+@all', '>another');
      await client.call('ACL', 'SAVE');
    });
    await live.operate(eight, 'reload');
    const client = await dial(eight);
    await expect(client.ping()).rejects.toThrow('NOAUTH');
    client.disconnect();
    for (const wrong of [{ username: 'holdfast-manager', password: 'taken-over' }, { password: 'another' }])
      await expect(asTenant(eight, (other) => other.ping(), wrong)).rejects.toThrow('WRONGPASS');
    await asTenant(eight, (other) => expectRefused(other, ['CONFIG', 'SET', 'maxmemory', '0']));
  });
});
