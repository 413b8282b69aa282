import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { backupOfOperation } from '#persistence/backups.js';
import { FakeUpgrades } from '../../support/fake-upgrades.js';
import { cancel, databaseRow, request } from '../../support/requests.js';

/** What an upgrade that has not succeeded leaves, and what a retry makes of it; with fakes. */

jest.setTimeout(30_000);

let upgrades: FakeUpgrades;
beforeAll(async () => {
  upgrades = await FakeUpgrades.open();
}, 60_000);
afterAll(() => upgrades.close());

describe('a cancelled upgrade', () => {
  it('names its safety backup, which stays, beside what was left', async () => {
    const { db } = upgrades.installation.control;
    const id = await upgrades.upgrade(await upgrades.ready());
    expect(await upgrades.run(id)).toMatchObject({ kind: 'retry' });
    const receipt = JSON.stringify({ noted: 'before' });
    await db.updateTable('operations').set({ receipt }).where('id', '=', id).execute();
    await cancel(upgrades.installation, id);
    expect(await upgrades.run(id)).toEqual({ kind: 'cancelled' });
    const backup = await backupOfOperation(db, id);
    expect(backup?.status).toBe('complete');
    expect((await upgrades.operation(id)).receipt).toEqual({
      ...{ backupId: backup?.id, backupDataAt: backup?.snapshot_at?.toISOString() },
      ...{ noted: 'before', leftBehind: [] },
    });
  });
});

const failure = new HoldfastError('name_taken_by_stranger', 'over');

/** Fails with its version in the record, and no container of the subject. Returns the operation's id. */
const failed = async (databaseId: string): Promise<string> => {
  const id = await upgrades.upgrade(databaseId, { method: 'in-place' });
  await upgrades.tried(id);
  upgrades.installation.host.faults.failNext('createContainer', failure);
  expect(await upgrades.run(id)).toMatchObject({ kind: 'fail' });
  expect(await databaseRow(upgrades.installation, databaseId)).toMatchObject({ version: '8.0', health: 'down' });
  return id;
};

const imagesOf = (...ids: string[]) => Promise.all(ids.map(async (id) => (await upgrades.containerOf(id))?.image));

describe('the retry of an upgrade that failed after its record', () => {
  it('may fail and be retried itself, and tells in the end since when the new version is there', async () => {
    const databaseId = await upgrades.ready();
    const first = await failed(databaseId);
    const { recordedAt, backupId } = (await upgrades.operation(first)).receipt ?? {};
    const { id: second } = await upgrades.retry(first);
    await expect(upgrades.retry(first)).rejects.toMatchObject({ code: 'database_not_ready' });
    upgrades.installation.host.faults.failNext('createContainer', failure);
    expect(await upgrades.run(second)).toMatchObject({ kind: 'fail' });
    const { id: third } = await upgrades.retry(second);
    expect(await upgrades.run(third)).toEqual({ kind: 'done' });
    expect(await databaseRow(upgrades.installation, databaseId)).toMatchObject({ version: '8.0', health: 'healthy' });
    expect([recordedAt, backupId]).toEqual([expect.any(String), expect.any(String)]);
    expect((await upgrades.operation(third)).receipt).toMatchObject({ recordedAt, backupId, fromVersion: '7.0' });
  });

  it('carries the way back of a swap over', async () => {
    const databaseId = await upgrades.ready();
    const id = await upgrades.upgrade(databaseId);
    const receipt = { recordedAt: '2026-11-27T10:00:00.000Z', wayBackUntil: '2026-11-28T10:00:00.000Z', lostBytes: 0 };
    const { db } = upgrades.installation.control;
    await db
      .updateTable('operations')
      .set({ receipt: JSON.stringify(receipt) })
      .where('id', '=', id)
      .execute();
    await cancel(upgrades.installation, id);
    await upgrades.become(databaseId, '8.0');
    expect((await upgrades.operation((await upgrades.retry(id)).id)).receipt).toEqual(receipt);
  });

  it('takes the tree of today when somebody has gone back since', async () => {
    const databaseId = await upgrades.ready();
    const id = await failed(databaseId);
    await upgrades.become(databaseId, '7.0');
    expect(await upgrades.run(await request(upgrades.installation, databaseId, 'reload'))).toEqual({ kind: 'done' });
    const replica = await upgrades.follower(databaseId);
    const { id: again, parameters } = await upgrades.retry(id);
    expect(parameters).toMatchObject({ replicas: [replica] });
    await upgrades.tried(again);
    expect(await upgrades.run(again)).toEqual({ kind: 'done' });
    expect(await imagesOf(databaseId, replica)).toEqual(['holdfast/redis:8.0', 'holdfast/redis:8.0']);
  });
});

describe('a replica whose record has the new version and whose server has not', () => {
  const halfway = async () => {
    const tree = await upgrades.pair();
    const id = await upgrades.upgrade(tree.primary, { method: 'in-place' });
    await upgrades.tried(id);
    upgrades.installation.host.faults.failNext('stopContainer', failure);
    expect(await upgrades.run(id)).toMatchObject({ kind: 'fail' });
    expect(await databaseRow(upgrades.installation, tree.replica)).toMatchObject({ version: '8.0' });
    expect(await imagesOf(tree.replica)).toEqual(['holdfast/redis:7.0']);
    return { ...tree, id };
  };

  it('is upgraded by a retry', async () => {
    const { primary, replica, id } = await halfway();
    const again = await upgrades.retry(id);
    expect(again.parameters).toMatchObject({ replicas: [replica] });
    await upgrades.tried(again.id);
    expect(await upgrades.run(again.id)).toEqual({ kind: 'done' });
    expect(await imagesOf(primary, replica)).toEqual(['holdfast/redis:8.0', 'holdfast/redis:8.0']);
  });

  it('is upgraded by another request, which leaves one alone that has both', async () => {
    const { primary, replica } = await halfway();
    const sound = await upgrades.follower(primary);
    await upgrades.become(sound, '8.0');
    expect(await upgrades.run(await request(upgrades.installation, sound, 'reload'))).toEqual({ kind: 'done' });
    const before = (await upgrades.containerOf(sound))?.labels;
    const id = await upgrades.upgrade(primary, { method: 'in-place' });
    await upgrades.tried(id);
    expect(await upgrades.run(id)).toEqual({ kind: 'done' });
    expect(await imagesOf(primary, replica)).toEqual(['holdfast/redis:8.0', 'holdfast/redis:8.0']);
    expect((await upgrades.containerOf(sound))?.labels).toEqual(before);
  });
});
