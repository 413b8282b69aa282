import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { writeMarks } from '#persistence/lifecycle-marks.js';
import { checkedUpgrade, upgraded } from '../support/checker/checked-upgrade.js';
import { eventually } from '../support/eventually.js';
import { inspect, namedLike } from '../support/host.js';
import { Live, type LiveDatabase } from '../support/live.js';
import { replicate } from '../support/live-tree.js';
import { asTenant } from '../support/tenant.js';

/** Upgrades under load, by swap and in place: what was acknowledged is there, and the database is the same one to its clients. */

jest.setTimeout(300_000);

/** ioredis as it comes waits for a while before it connects again. */
const longestGapMs = 2_000;
const graceSeconds = 45;

let live: Live;

beforeAll(async () => {
  live = await Live.start({ HOLDFAST_UPGRADE_GRACE_SECONDS: String(graceSeconds) });
}, 60_000);

afterAll(() => live.close(), 60_000);

/** Runs the command as a user of the database, through its own door. */
const run = (
  database: LiveDatabase,
  [name = '', ...args]: string[],
  login: { username?: string; password?: string } = {},
): Promise<unknown> => asTenant(database, (client) => client.call(name, ...args), login);

/** As a sweep would have, if the catalogue had dates. */
const mark = async ({ id }: LiveDatabase): Promise<void> => {
  const { version } = await live.show(id);
  const marks = [{ databaseId: id, lifecycle: 'deprecated', version }] as const;
  await live.installation.control.db.transaction().execute((tx) => writeMarks(tx, marks, new Date()));
  expect(await live.show(id)).toMatchObject({ lifecycleMark: { lifecycle: 'deprecated' } });
};

describe('6.0 to 7.0 to 8.0 by swap', () => {
  let database: LiveDatabase;

  beforeAll(async () => {
    database = await live.provision('swapped', { version: '6.0' });
    await run(database, ['ACL', 'SETUSER', 'reader', 'on', '>canary-of-the-reader', '~*', '+get']);
    await run(database, ['ACL', 'SAVE']);
  }, 60_000);

  it.each(['7.0', '8.0'])('to %s loses nothing and has one writer at a time', async (version) => {
    await mark(database);
    const checked = await checkedUpgrade(live, database, version, { clients: 16 });
    expect(await live.show(database.id)).toMatchObject({ version, lifecycleMark: null });
    const { complaints, overlaps, errors, longest, operation, acknowledged } = checked;
    expect({ complaints, overlaps, errors }).toEqual({ complaints: [], overlaps: [], errors: [] });
    expect(acknowledged).toBeGreaterThan(160);
    expect(Math.max(...longest.map(({ gapMs }) => gapMs))).toBeLessThan(longestGapMs);
    expect(operation.receipt).toMatchObject({ method: 'swap', version, lostBytes: 0, replicas: [] });
    expect(operation.receipt?.['replicaOffset']).toBe(operation.receipt?.['sourceOffset']);
    const backup = await live.ask<object>('GET', `/v1/backups/${String(operation.receipt?.backupId)}`);
    const snapshotAt = operation.receipt?.['backupDataAt'];
    expect(backup).toMatchObject({ kind: 'manual', status: 'complete', verification: 'verified', snapshotAt });
    expect(operation.receipt).toMatchObject({ wayBackUntil: expect.any(String) });
  });

  it('leaves the doors, the credentials and the users that the tenant made', async () => {
    const now = await live.reveal(database.id);
    expect(now).toMatchObject({ doors: database.doors, password: database.password, handle: database.handle });
    const { NetworkSettings } = await inspect<Networked>(`${database.container}-3`);
    expect(Object.values(NetworkSettings.Networks)[0]?.Aliases).toContain('swapped');
    expect(now.shown).toMatchObject({ version: '8.0', status: 'provisioned', health: 'healthy', role: 'primary' });
    expect(await run(database, ['SET', 'after', 'yes'])).toBe('OK');
    expect(await run(database, ['GET', 'after'], { username: 'reader', password: 'canary-of-the-reader' })).toBe('yes');
  });

  it('keeps the old servers fenced for the grace time, then removes them', async () => {
    // The one before the last: the time of the first may be over on a slow machine.
    const kept = await inspect<Kept>(`${database.container}-2`);
    expect(kept).toMatchObject({ State: { Running: false }, HostConfig: { RestartPolicy: { Name: 'no' } } });
    const containers = () => namedLike(database.container);
    await eventually(
      async () =>
        expect(await containers()).toEqual(['container', 'volume'].map((what) => `${what} ${database.container}-3`)),
      {
        withinMs: (graceSeconds + 60) * 1000,
      },
    );
    expect(await run(database, ['GET', 'after'])).toBe('yes');
  });

  it('is restarted as it is, and goes without a trace', async () => {
    await live.operate(database, 'restart');
    expect(await run(database, ['GET', 'after'])).toBe('yes');
    await live.operate(database, 'deprovision');
    expect(await namedLike(database.container)).toEqual([]);
  });
});

interface Networked {
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly Aliases: readonly string[] }>> };
}

interface Kept {
  readonly State: object;
  readonly HostConfig: object;
}

describe('in place', () => {
  it.each(['aof', 'rdb'])('keeps the data of mode %s from 6.0 to 7.0 to 8.0', async (persistence) => {
    const database = await live.provision(`placed-${persistence}`, { version: '6.0', persistence });
    for (const version of ['7.0', '8.0']) {
      await run(database, ['SET', `before-${version}`, 'yes']);
      await mark(database);
      const { receipt } = await upgraded(live, database, version, { method: 'in-place' });
      expect(receipt).toMatchObject({ method: 'in-place', version, writePauseMs: expect.any(Number) });
      expect(String(receipt?.['backupDataAt']) < String(receipt?.['recordedAt'])).toBe(true);
      expect(await live.show(database.id)).toMatchObject({ version, lifecycleMark: null });
      for (const key of ['before-7.0', `before-${version}`]) expect(await run(database, ['GET', key])).toBe('yes');
    }
    expect(await namedLike(database.container)).toEqual(
      ['container', 'volume'].map((what) => `${what} ${database.container}`),
    );
    await live.operate(database, 'deprovision');
  });

  it('takes the data of a memory-only database only when the handle was typed', async () => {
    const database = await live.provision('forgetful', { version: '7.0', persistence: 'none' });
    const wanted = { type: 'upgrade', version: '8.0', method: 'in-place' } as const;
    expect(await live.refusedOperation(database.id, wanted)).toMatchObject({ code: 'confirmation_required' });
    await run(database, ['SET', 'before', 'yes']);
    await upgraded(live, database, '8.0', { method: 'in-place', confirm: 'forgetful' });
    expect(await run(database, ['GET', 'before'])).toBeNull();
    await live.operate(database, 'deprovision');
  });
});

describe('of a tree', () => {
  it('upgrades the replicas first, those furthest away before all, and keeps them following', async () => {
    const database = await live.provision('trunk', { version: '7.0', persistence: 'none' });
    const branch = await replicate(live, database, 'branch');
    const leaf = await replicate(live, branch, 'leaf');
    const { complaints, overlaps, errors, operation } = await checkedUpgrade(live, database, '8.0', { clients: 8 });
    expect({ complaints, overlaps, errors }).toEqual({ complaints: [], overlaps: [], errors: [] });
    expect(operation.receipt).toMatchObject({ replicas: [leaf.id, branch.id], lostBytes: 0 });
    expect(operation.receipt).not.toHaveProperty('wayBackUntil');
    await run(database, ['SET', 'through', 'all']);
    for (const follower of [branch, leaf]) {
      await eventually(async () => expect(await run(follower, ['GET', 'through'])).toBe('all'), { withinMs: 20_000 });
      expect((await live.show(follower.id)).version).toBe('8.0');
    }
    for (const one of [leaf, branch, database]) await live.operate(one, 'deprovision');
  });
});

describe('what the new version does not know', () => {
  it('is found by a throw-away server before anything is touched, and nothing is left of that', async () => {
    const database = await live.provision('former', { version: '6.0' });
    // A command that 7.0 does not have any more.
    await run(database, ['ACL', 'SETUSER', 'legacy', 'on', '>canary-of-the-legacy', '~*', '+stralgo']);
    await run(database, ['ACL', 'SAVE']);
    const { id } = await live.requestOperation(database.id, { type: 'upgrade', version: '7.0' });
    const { status, error, steps } = await live.finished(id);
    expect({ status, error }).toMatchObject({
      ...{ status: 'failed' },
      error: { code: 'upgrade_incompatible', detail: expect.stringContaining('stralgo'), leftBehind: [] },
    });
    expect(steps.at(-1)).toMatchObject({ name: 'try', status: 'failed' });
    expect(await namedLike(`${live.installation.name}-try`)).toEqual([]);
    expect(await live.show(database.id)).toMatchObject({ version: '6.0', health: 'healthy' });
    expect(await run(database, ['PING'])).toBe('PONG');
    await live.operate(database, 'deprovision');
  });
});

describe('a request that cannot be carried out', () => {
  let database: LiveDatabase;

  beforeAll(async () => {
    database = await live.provision('stays', { version: '7.0' });
  }, 60_000);

  it.each([
    [{ version: '9.9' }, 'version_unknown'],
    [{ version: '7.0' }, 'version_current'],
    [{ version: '6.0' }, 'downgrade_refused'],
    [{ version: '8.0-nordb' }, 'persistence_conflict'],
    [{ version: '8.0', method: 'magic' }, 'invalid_request'],
    [{}, 'invalid_request'],
  ])('%o is refused with %s', async (more, code) => {
    expect(await live.refusedOperation(database.id, { type: 'upgrade', ...more })).toMatchObject({ code });
  });
});
