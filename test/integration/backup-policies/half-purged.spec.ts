import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { faultPoints } from '#observability/fault-points.js';
import { backupAges } from '#persistence/backup-ages.js';
import { retainableBackups } from '#persistence/backup-retention.js';
import { BackupFamily } from '../../support/backup-family.js';
import { onBackup } from '../../support/requests.js';
import { sweepStores } from '../../support/store-soundness.js';

let family: BackupFamily;
let [original, copy] = ['', ''];

beforeAll(async () => {
  family = await BackupFamily.open();
});
afterAll(() => family.close());
beforeEach(async () => {
  original = await family.taken();
  copy = await family.copied(original);
  const proven = { verification: 'verified', verified_at: new Date(), checked_at: new Date() } as const;
  for (const id of [original, copy]) await family.change(id, proven);
});
afterEach(async () => {
  faultPoints.disarmAll();
  for (const store of ['default', 'second']) family.stores.open(store).refused.clear();
  expect(await family.settle()).toEqual([]);
});

/** A purge that ends when the copy is gone, and of the original the manifest. */
const halfPurge = async (): Promise<void> => {
  family.stores.open('default').refused.set('remove', '.data');
  expect(await family.run(await family.askPurge(original))).toBe('backup_store_refused');
  expect([await family.objects(copy), await family.objects(original)]).toEqual([0, 1]);
};

describe('what a purge has left half removed', () => {
  it('is no backup any more, the copies that are gone neither', async () => {
    await halfPurge();
    const failed = { status: 'failed', error: 'Its purge has begun.', verification: 'unverified' };
    for (const id of [original, copy]) {
      expect(await family.row(id)).toMatchObject(failed);
      for (const request of [{ type: 'restore', keepCredentials: false }, { type: 'verify' }] as const)
        await expect(onBackup(family.installation, id, request)).rejects.toMatchObject({
          code: 'backup_not_complete',
          detail: expect.stringContaining('Its purge has begun.'),
        });
      await expect(family.hold(id)).rejects.toMatchObject({ code: 'backup_not_complete' });
      await family.hold(id, null);
    }
    const { db } = family.installation.control;
    await db.insertInto('backup_schedules').values({ database_id: family.databaseId, served_at: new Date() }).execute();
    expect(await backupAges(db, family.databaseId)).toMatchObject([{ verified_at: null }]);
    expect(await retainableBackups(db, family.databaseId)).toEqual([]);
    family.stores.open('default').refused.clear();
    await family.purge(original);
  });

  it('goes when it is asked for again, the copies with it', async () => {
    await halfPurge();
    family.stores.open('default').refused.clear();
    await family.purge(original);
    for (const id of [original, copy])
      expect(await family.row(id)).toMatchObject({ status: 'purged', envelope: null, error: null });
    expect(await family.objects(original)).toBe(0);
  });

  it('is swept up like anything else that belongs to no backup', async () => {
    await halfPurge();
    family.stores.open('default').refused.clear();
    const { control } = family.installation;
    await sweepStores({ control, stores: family.stores });
    expect(await family.objects(original)).toBe(0);
  });

  it('leaves its place to a new copy, which another purge of the old one does not touch', async () => {
    family.stores.open('second').refused.set('remove', '.data');
    expect(await family.run(await family.askPurge(copy))).toBe('backup_store_refused');
    family.stores.open('second').refused.clear();
    const good = await family.copied(original);
    await family.purge(copy);
    expect(await family.statuses(original, copy, good)).toEqual(['complete', 'purged', 'complete']);
    await family.purge(original);
    expect(await family.statuses(original, good)).toEqual(['purged', 'purged']);
  });
});

describe('a purge that is refused', () => {
  it('when it begins has marked nothing', async () => {
    const purge = await family.askPurge(original);
    // Between the look at the holds and the mark.
    faultPoints.arm('purge-backup:mark:begun', () =>
      family.change(copy, { hold_reason: 'found', held_by: 'test', held_at: new Date() }),
    );
    expect(await family.run(purge)).toBe('backup_held');
    expect(await family.statuses(original, copy)).toEqual(['complete', 'complete']);
  });
});
