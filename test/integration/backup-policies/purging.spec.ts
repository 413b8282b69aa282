import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import type { BackupOperationRequest } from '#contracts/backup-requests.js';
import { verifyAgain } from '#operations/backup/verification/verify-again.js';
import { retryOperation } from '#operations/requests/cancel-and-retry.js';
import { purgesOfFamily } from '#persistence/backups.js';
import type { Db, Tx } from '#persistence/connection.js';
import { BackupFamily } from '../../support/backup-family.js';
import { eventually } from '../../support/eventually.js';
import type { FakeInstallation } from '../../support/fake-installation.js';
import { cancel, onBackup } from '../../support/requests.js';

let family: BackupFamily;
let installation: FakeInstallation;

beforeAll(async () => {
  family = await BackupFamily.open();
  installation = family.installation;
});
afterAll(() => family.close());
afterEach(async () => expect(await family.settle()).toEqual([]));

const purgesOpen = async (id: string) => {
  const row = await family.row(id);
  return installation.control.db.transaction().execute((tx) => purgesOfFamily(tx, row));
};
/** What the second is told, which begins while the first is not committed and cannot come to its end before it is. */
const waitsFor = async (first: (tx: Tx) => Promise<unknown>, second: () => Promise<unknown>): Promise<unknown> => {
  const { db } = installation.control;
  let told: Promise<unknown> = Promise.resolve();
  await db.transaction().execute(async (tx) => {
    await first(tx);
    told = second().catch((error: unknown) => error);
    await eventually(async () => expect(await lockedOut(db)).toBe(1), { withinMs: 10_000 });
  });
  return told;
};
const lockedOut = async (db: Db): Promise<number> => {
  const { rows } = await sql`
    SELECT DISTINCT pid FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE NOT granted AND datname = current_database()`.execute(db);
  return rows.length;
};

describe('a purge', () => {
  it('of a copy that failed leaves the one that was made in its stead', async () => {
    const original = await family.taken();
    const failed = await family.failedCopy(original);
    const good = await family.copied(original);
    await family.purge(failed);
    expect(await family.statuses(original, failed, good)).toEqual(['complete', 'purged', 'complete']);
    expect(await family.objects(good)).toBe(2);
    await family.purge(original);
    expect(await family.statuses(original, good)).toEqual(['purged', 'purged']);
    expect(await family.objects(good)).toBe(0);
  });
});

describe('a hold', () => {
  it('on a copy, its original or both is refused while a purge takes what it would keep', async () => {
    const original = await family.taken();
    const copy = await family.copied(original);
    const ofCopy = await family.askPurge(copy);
    for (const id of [copy, original]) await expect(family.hold(id)).rejects.toMatchObject({ code: 'backup_in_use' });
    await cancel(installation, ofCopy);
    const ofOriginal = await family.askPurge(original);
    for (const id of [copy, original]) await expect(family.hold(id)).rejects.toMatchObject({ code: 'backup_in_use' });
    await cancel(installation, ofOriginal);
    await family.hold(original);
    for (const id of [copy, original]) await expect(family.askPurge(id)).rejects.toMatchObject({ code: 'backup_held' });
  });

  it.each([
    ['the copy', 'the original'],
    ['the original', 'the copy'],
  ])('on %s waits for a request that purges %s, and that for a hold', async (held, gone) => {
    const original = await family.taken();
    const ids = new Map([
      ['the original', original],
      ['the copy', await family.copied(original)],
    ]);
    const [heldId, goneId] = [ids.get(held) ?? '', ids.get(gone) ?? ''];
    const holding = await waitsFor(
      (tx) => family.askPurgeIn(tx, goneId),
      () => family.hold(heldId),
    );
    expect(await holding).toMatchObject({ code: 'backup_in_use' });
    for (const { id } of await purgesOpen(goneId)) await cancel(installation, id);
    const asking = await waitsFor(
      (tx) => family.holdIn(tx, heldId),
      () => family.askPurge(goneId),
    );
    expect(await asking).toMatchObject({ code: 'backup_held' });
  });

  it('that was there before a purge begins ends it before anything is removed', async () => {
    const original = await family.taken();
    const copy = await family.copied(original);
    for (const [held, gone] of [
      [copy, original],
      [original, copy],
    ] as const) {
      const purge = await family.askPurge(gone);
      await family.change(held, { hold_reason: 'found', held_by: 'test', held_at: new Date() });
      expect(await family.run(purge)).toBe('backup_held');
      await family.change(held, { hold_reason: null });
    }
    expect(await family.statuses(original, copy)).toEqual(['complete', 'complete']);
  });
});

describe('while a purge has not ended', () => {
  const inUse = { code: 'backup_in_use' };
  const restore: BackupOperationRequest = { type: 'restore', keepCredentials: false };

  const letFail = async (ids: readonly string[]): Promise<void> => {
    const { db } = installation.control;
    await db.updateTable('operations').set({ status: 'failed' }).where('id', 'in', ids).execute();
    await db.updateTable('operation_targets').set({ finished: true }).where('operation_id', 'in', ids).execute();
  };

  it('what it takes is not restored, verified or copied, by a retry neither', async () => {
    const original = await family.taken();
    const copy = await family.copied(original);
    const before = [await onBackup(installation, original, restore), await onBackup(installation, copy, restore)];
    await letFail(before);
    const purge = await family.askPurge(original);
    for (const id of [original, copy])
      for (const request of [restore, { type: 'verify' }] as const)
        await expect(onBackup(installation, id, request)).rejects.toMatchObject(inUse);
    await expect(family.askCopy(original)).rejects.toMatchObject(inUse);
    const { control } = installation;
    for (const id of before)
      await expect(
        control.db.transaction().execute((tx) => retryOperation(control, tx, 'test', id)),
      ).rejects.toMatchObject(inUse);
    await cancel(installation, purge);
    expect(await family.copied(await family.taken())).toBeTruthy();
  });

  it('of a copy, its original serves whoever needs it, but is not copied into the place that is emptied', async () => {
    const original = await family.taken();
    const failed = await family.failedCopy(original);
    await family.askPurge(failed);
    await expect(family.askCopy(original)).rejects.toMatchObject(inUse);
    await onBackup(installation, original, restore);
    await onBackup(installation, original, { type: 'verify' });
  });

  it('the sweep of verifications passes over the copies of what goes', async () => {
    const original = await family.taken();
    const copy = await family.copied(original);
    await family.askPurge(original);
    const { db } = installation.control;
    await db.updateTable('backups').set({ checked_at: new Date() }).where('id', '!=', copy).execute();
    expect(await verifyAgain(installation.control, 3_600_000, () => Promise.resolve())).toEqual({ requested: 0 });
  });

  it('a copy that is gone before it was made has failed', async () => {
    const original = await family.taken();
    const { copyId, operationId } = await family.askCopy(original);
    await family.change(copyId, { status: 'purged', purged_at: new Date() });
    expect(await family.run(operationId)).toBe('backup_not_found');
  });
});
