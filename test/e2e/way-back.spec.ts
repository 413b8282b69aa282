import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Database } from '#contracts/http/databases.js';
import { upgraded } from '../support/checker/checked-upgrade.js';
import { docker, inspect, namedLike } from '../support/host.js';
import { Live, type LiveDatabase } from '../support/live.js';
import { replicate } from '../support/live-tree.js';
import { asTenant } from '../support/tenant.js';

/** Back to the server that an upgrade by swap has kept: its data of its last moment, in what the database is today. */

jest.setTimeout(300_000);

let live: Live;

beforeAll(async () => {
  live = await Live.start({ HOLDFAST_UPGRADE_GRACE_SECONDS: '3600' });
}, 60_000);

afterAll(() => live.close(), 60_000);

const run = (
  database: LiveDatabase,
  [name = '', ...args]: string[],
  login: { username?: string; password?: string } = {},
): Promise<unknown> => asTenant(database, (client) => client.call(name, ...args), login);

const goBack = async ({ id }: Pick<LiveDatabase, 'id'>, more: object = {}) => {
  const { handle } = await live.show(id);
  const { id: operationId } = await live.requestOperation(id, { type: 'go-back', confirm: handle, ...more });
  return live.succeeded(operationId);
};

const rename = async (id: string, handle: string): Promise<void> => {
  await live.ask<Database>('PATCH', `/v1/databases/${id}`, { handle });
  const path = `/v1/operations?database=${id}&type=rename&limit=1`;
  const { items } = await live.ask<{ items: { id: string }[] }>('GET', path);
  await live.succeeded(items[0]?.id ?? '');
};

interface Container {
  readonly State: { readonly Running: boolean };
  readonly HostConfig: { readonly RestartPolicy: { readonly Name: string } };
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly Aliases: readonly string[] }>> };
}

const stopped = { State: { Running: false }, HostConfig: { RestartPolicy: { Name: 'no' } } };

describe('7.0 to 8.0 and back', () => {
  let old: LiveDatabase;
  let recordedAt: string;

  beforeAll(async () => {
    old = await live.provision('orders', { version: '7.0', persistence: 'aof' });
    await run(old, ['SET', 'before', 'yes']);
    recordedAt = String((await upgraded(live, old, '8.0')).receipt?.['recordedAt']);
    await run(old, ['SET', 'since', 'yes']);
    await run(old, ['ACL', 'SETUSER', 'reader', 'on', '>canary-of-the-reader', '~*', '+get']);
    await rename(old.id, 'sales');
    const rotation = { type: 'rotate-credentials', now: true, confirm: 'sales' } as const;
    await live.succeeded((await live.requestOperation(old.id, rotation)).id);
    const settings = { type: 'configure', settings: { 'maxmemory-samples': 7 } } as const;
    await live.succeeded((await live.requestOperation(old.id, settings)).id);
  }, 180_000);

  it('says beforehand what is lost, and does it only when the handle is typed', async () => {
    const refusal = await live.refusedOperation(old.id, { type: 'go-back' });
    expect(refusal).toMatchObject({ code: 'confirmation_required' });
    expect(refusal.detail).toContain(`version 7.0 loses everything that was written since ${recordedAt}`);
    expect((await live.show(old.id)).keptServers).toMatchObject([{ version: '7.0', since: recordedAt }]);
  });

  it('brings back the data of the last moment, with what the database is today', async () => {
    const { receipt } = await goBack(old);
    expect(receipt).toMatchObject({
      ...{ fromVersion: '8.0', version: '7.0', lostSince: recordedAt, writePauseMs: expect.any(Number) },
      ...{ backupId: expect.any(String), wayBackUntil: expect.any(String) },
    });
    const now = await live.reveal(old.id);
    expect(now.shown).toMatchObject({ version: '7.0', handle: 'sales', health: 'healthy', role: 'primary' });
    expect(now.doors).toEqual(old.doors);
    expect(await run(now, ['GET', 'before'])).toBe('yes');
    expect(await run(now, ['GET', 'since'])).toBeNull();
    expect(await run(now, ['SET', 'after', 'yes'])).toBe('OK');
    expect(await run(now, ['INFO', 'server'])).toContain('redis_version:7.0');
    // What was changed since the upgrade is as it is today.
    await expect(run(now, ['PING'], { password: old.password })).rejects.toThrow('WRONGPASS');
    expect(await run(now, ['GET', 'after'], { username: 'reader', password: 'canary-of-the-reader' })).toBe('yes');
    expect(await run(now, ['CONFIG', 'GET', 'maxmemory-samples'])).toEqual(['maxmemory-samples', '7']);
    await asTenant(now, (client) => client.ping(), { authorityPem: await live.authorityPem(), serverName: 'sales' });
    const { NetworkSettings } = await inspect<Container>(now.container);
    expect(Object.values(NetworkSettings.Networks)[0]?.Aliases).toContain('sales');
  });

  it('keeps the newer server, stopped, and a backup that has what was written since', async () => {
    expect(await inspect<Container>(`${old.container}-2`)).toMatchObject(stopped);
    const [kept] = (await live.show(old.id)).keptServers;
    expect(kept).toMatchObject({ version: '8.0' });
    const { receipt } = await live.ask<{ receipt: { backupId: string } }>('GET', `/v1/operations/${kept?.upgrade}`);
    const restore = await live.ask<{ id: string }>('POST', `/v1/backups/${receipt.backupId}/operations`, {
      ...{ type: 'restore', handle: 'rescued', memoryMb: 64 },
    });
    const rescued = await live.reveal(String((await live.succeeded(restore.id)).receipt?.['databaseId']));
    expect(await run(rescued, ['GET', 'since'])).toBe('yes');
    await live.operate(rescued, 'deprovision');
  });

  it('is restarted as it is, and leads back to the newer one in the same way', async () => {
    await live.operate({ id: old.id, handle: 'sales' }, 'restart');
    const now = await live.reveal(old.id);
    expect(await run(now, ['GET', 'after'])).toBe('yes');
    expect((await goBack(old)).receipt).toMatchObject({ fromVersion: '7.0', version: '8.0' });
    expect(await run(now, ['GET', 'since'])).toBe('yes');
    expect(await run(now, ['GET', 'after'])).toBeNull();
    expect(await inspect<Container>(old.container)).toMatchObject(stopped);
    // And the upgrade after a way back knows which server is which.
    await goBack(old);
    await upgraded(live, now, '8.0');
    expect(await inspect<Container>(old.container)).toMatchObject(stopped);
    expect(await run(now, ['GET', 'after'])).toBe('yes');
    await live.operate({ id: old.id, handle: 'sales' }, 'deprovision');
    expect(await namedLike(old.container)).toEqual([]);
  });
});

describe('a newer server that does not answer any more', () => {
  it('is left for the old one, without a backup of what it has', async () => {
    const database = await live.provision('broken', { version: '7.0', persistence: 'rdb' });
    await run(database, ['SET', 'before', 'yes']);
    await upgraded(live, database, '8.0');
    await docker('pause', `${database.container}-2`);
    const { receipt } = await goBack(database, { skipSafetyBackup: true });
    expect(receipt).toMatchObject({ version: '7.0' });
    expect(receipt).not.toHaveProperty('backupId');
    expect(await run(database, ['GET', 'before'])).toBe('yes');
    expect(await run(database, ['SET', 'after', 'yes'])).toBe('OK');
    expect(await inspect<Container>(`${database.container}-2`)).toMatchObject(stopped);
    await live.operate(database, 'deprovision');
  });
});

describe('what there is no way back of', () => {
  const refused = async ({ id, handle }: LiveDatabase) =>
    live.refusedOperation(id, { type: 'go-back', confirm: handle });

  it('is a database that was not upgraded, or has nothing left there', async () => {
    const database = await live.provision('forgetful', { version: '7.0', persistence: 'none' });
    expect(await refused(database)).toMatchObject({ code: 'way_back_missing' });
    await upgraded(live, database, '8.0');
    const refusal = await refused(database);
    expect(refusal).toMatchObject({ code: 'way_back_missing', detail: expect.stringContaining('memory only') });
    await live.operate(database, 'deprovision');
  });

  it('is one that others follow, or that has other files today; when that is mended there is', async () => {
    const database = await live.provision('trunk', { version: '7.0', persistence: 'aof' });
    await run(database, ['SET', 'before', 'yes']);
    await upgraded(live, database, '8.0');
    const replica = await replicate(live, database, 'branch');
    expect(await refused(database)).toMatchObject({
      ...{ code: 'database_has_replicas', detail: expect.stringContaining('branch') },
      remedy: expect.stringContaining('holdfast db:replicate trunk'),
    });
    await live.operate(replica, 'deprovision');
    const change = async (persistence: 'aof' | 'rdb') =>
      live.succeeded((await live.requestOperation(database.id, { type: 'configure', persistence })).id);
    await change('rdb');
    expect(await refused(database)).toMatchObject({ code: 'way_back_blocked' });
    await change('aof');
    // A command that 7.0 does not have yet.
    await run(database, ['ACL', 'SETUSER', 'modern', 'on', '>canary-of-the-modern', '~*', '+hgetex']);
    await run(database, ['ACL', 'SAVE']);
    const asked = await live.requestOperation(database.id, { type: 'go-back', confirm: database.handle });
    const { status, error } = await live.finished(asked.id);
    expect({ status, error }).toMatchObject({
      ...{ status: 'failed' },
      error: { code: 'way_back_blocked', detail: expect.stringContaining('hgetex'), leftBehind: [] },
    });
    expect(await live.show(database.id)).toMatchObject({ version: '8.0', health: 'healthy' });
    expect(await inspect<Container>(database.container)).toMatchObject(stopped);
    await run(database, ['ACL', 'DELUSER', 'modern']);
    await run(database, ['ACL', 'SAVE']);
    await goBack(database);
    expect(await run(database, ['GET', 'before'])).toBe('yes');
    await live.operate(database, 'deprovision');
  });
});
