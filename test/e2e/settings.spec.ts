import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Operation } from '#contracts/http/operations.js';
import { allSettings } from '#domain/settings/settings.js';
import { serverPaths } from '#domain/server/names.js';
import { docker, filesIn, namedLike } from '../support/host.js';
import { Live, type LiveDatabase } from '../support/live.js';
import { replicate } from '../support/live-tree.js';
import { SteadyClients } from '../support/steady-clients.js';
import { asTenant, settingsOf, whenBack } from '../support/tenant.js';

/** Settings on real servers of every version: in force at once, kept by whatever starts a server again, refused when Redis would not take them. */

const versions = ['6.0', '7.0', '8.0'] as const;

let live: Live;
const databases = new Map<string, LiveDatabase>();
const database = (version: string): LiveDatabase => databases.get(version)!;

beforeAll(async () => {
  live = await Live.start();
  await Promise.all(
    versions.map(async (version) => {
      const handle = `db-${version}`;
      databases.set(version, await live.provision(handle, { version: `${version}-aof` }));
    }),
  );
}, 120_000);
afterAll(() => live.close(), 60_000);
jest.setTimeout(90_000);

const configure = async (one: LiveDatabase, more: Readonly<Record<string, unknown>>): Promise<Operation> => {
  const { id } = await live.ask<Operation>('POST', `/v1/databases/${one.id}/operations`, {
    type: 'configure',
    ...more,
  });
  return live.succeeded(id);
};

const found = (one: LiveDatabase, ...names: string[]): Promise<Record<string, string>> =>
  whenBack(one, (client) => settingsOf(client, ...names));

describe.each(versions)('on %s', (version) => {
  const listpack = version === '6.0' ? 'hash-max-ziplist-entries' : 'hash-max-listpack-entries';
  const chosen = {
    timeout: '600',
    'maxmemory-policy': 'allkeys-lfu',
    'notify-keyspace-events': 'AKE',
    [listpack]: '256',
    'client-output-buffer-limit': 'normal 0 0 0 slave 16777216 8388608 60 pubsub 67108864 16777216 90',
  };
  const wished = { ...chosen, 'client-output-buffer-limit': 'pubsub 64mb 16mb 90', 'notify-keyspace-events': 'KEA' };

  it('the allow-list has the names, and the defaults, of a server that nobody configured', async () => {
    const all = allSettings(version, { settings: {}, persistence: 'aof' });
    const { 'client-output-buffer-limit': _, ...shown } = all;
    expect(await found(database(version), ...Object.keys(shown))).toEqual(shown);
  });

  it('are in force at once, while 64 clients notice nothing', async () => {
    const clients = await SteadyClients.connect(database(version), 64, await live.authorityPem());
    const operation = await configure(database(version), { settings: wished });
    expect(await clients.stop()).toEqual([]);
    expect(operation.steps.map(({ name }) => name)).toEqual(['look', 'dry-start', 'apply', 'persist']);
    expect(operation.parameters).toMatchObject({ plan: { restart: [] } });
    expect(await found(database(version), ...Object.keys(chosen))).toEqual(chosen);
  });

  it('survive a restart, a reload and a restart by Docker alone', async () => {
    const one = database(version);
    await live.operate(one, 'restart');
    expect(await found(one, ...Object.keys(chosen))).toEqual(chosen);
    await live.operate(one, 'reload');
    expect(await found(one, ...Object.keys(chosen))).toEqual(chosen);
    await docker('restart', '--time', '10', one.container);
    expect(await found(one, ...Object.keys(chosen))).toEqual(chosen);
  });

  it('that need a restart say so beforehand and get one, and the data are kept', async () => {
    const one = database(version);
    await asTenant(one, (client) => client.set('kept', version));
    const operation = await configure(one, { settings: { databases: 32, timeout: 300 } });
    expect(operation.parameters).toMatchObject({ plan: { hot: ['timeout'], restart: ['databases'] } });
    expect(await found(one, 'databases', 'timeout')).toEqual({ databases: '32', timeout: '300' });
    expect(await asTenant(one, (client) => client.get('kept'))).toBe(version);
  });

  it('that leave no place for data are refused, and nothing is touched', async () => {
    const one = database(version);
    await asTenant(one, async (client) => {
      await client.select(20);
      await client.set('far', 'away');
    });
    const { id } = await live.requestOperation(one.id, { type: 'configure', settings: { databases: 16 } });
    expect(await live.finished(id)).toMatchObject({ status: 'failed', error: { code: 'setting_conflict' } });
    expect(await found(one, 'databases')).toEqual({ databases: '32' });
  });

  it('that Redis would not start with are found by a throw-away server, and nothing is left of it', async () => {
    const one = database(version);
    const before = await fileOf(one);
    const { id } = await live.requestOperation(one.id, {
      type: 'configure',
      settings: { activedefrag: true, timeout: 77 },
    });
    const operation = await live.finished(id);
    expect(operation).toMatchObject({ status: 'failed', error: { code: 'setting_refused', leftBehind: [] } });
    expect(operation.steps.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'look succeeded',
      'dry-start failed',
    ]);
    expect(await found(one, 'timeout')).toEqual({ timeout: '300' });
    expect(await namedLike(`${live.installation.name}-try`)).toEqual([]);
    expect(await fileOf(one)).toBe(before);
  });

  it('go back to their defaults, or to an earlier state', async () => {
    const one = database(version);
    await asTenant(one, async (client) => {
      await client.select(20);
      // The append-only file tells of this, and a server with fewer databases would do it to the keys that it has.
      await client.set('kept', 'elsewhere');
      await client.del('kept', 'far');
    });
    await configure(one, { settings: { timeout: null, 'maxmemory-policy': null } });
    expect(await found(one, 'timeout', 'maxmemory-policy')).toEqual({ timeout: '0', 'maxmemory-policy': 'noeviction' });
    const { items } = await live.ask<History>('GET', `/v1/databases/${one.id}/settings/history`);
    const entry = items.find(({ changes }) => changes.some(({ after }) => after === 'allkeys-lfu'));
    await configure(one, { revertTo: entry?.id });
    expect(await found(one, 'timeout', 'maxmemory-policy')).toEqual({
      timeout: '600',
      'maxmemory-policy': 'allkeys-lfu',
    });
    expect(await found(one, 'databases')).toEqual({ databases: '16' });
    expect(await asTenant(one, (client) => client.get('kept'))).toBe(version);
  });
});

const fileOf = (one: LiveDatabase): Promise<string> =>
  filesIn(one.container, dirname(serverPaths.configuration), (root) => readFile(join(root, 'redis.conf'), 'utf8'));

interface History {
  readonly items: readonly {
    readonly id: string;
    readonly actor: string;
    readonly changes: readonly { readonly name: string; readonly before: string; readonly after: string }[];
  }[];
}

it('stay with their database in a promotion, with its mode, and are copied by a replication', async () => {
  const source = await live.provision('source');
  await configure(source, { settings: { timeout: 120 } });
  const replica = await replicate(live, source, 'replica');
  expect(await found(replica, 'timeout')).toEqual({ timeout: '120' });
  await configure(replica, { settings: { timeout: 240 }, persistence: 'rdb' });
  const { id } = await live.requestOperation(replica.id, { type: 'promote', mode: 'strict' });
  await live.succeeded(id);
  for (const [one, timeout, appendonly] of [
    [source, '120', 'yes'],
    [replica, '240', 'no'],
  ] as const) {
    expect(await found(one, 'timeout', 'appendonly')).toEqual({ timeout, appendonly });
    await docker('restart', '--time', '10', one.container);
    expect(await found(one, 'timeout', 'appendonly')).toEqual({ timeout, appendonly });
  }
});
