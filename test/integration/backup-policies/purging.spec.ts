import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import type { BackupOperationRequest } from '#contracts/backup-requests.js';
import { verifyAgain } from '#operations/backup/verification/verify-again.js';
import { retryOperation } from '#operations/requests/cancel-and-retry.js';
import { holdBackup } from '#operations/requests/request-on-backup.js';
import { requestPurge } from '#operations/requests/request-backup.js';
import { findBackup, lockBackup, purgesOfFamily, updateBackup } from '#persistence/backups.js';
import type { Db, Tx } from '#persistence/connection.js';
import { findOperation } from '#persistence/operations/read.js';
import type { BackupRow, NewBackupRow } from '#persistence/tables.js';
import { eventually } from '../../support/eventually.js';
import { createFakeInstallation, type FakeInstallation } from '../../support/fake-installation.js';
import { backup, cancel, create, onBackup } from '../../support/requests.js';
import { storeComplaints } from '../../support/store-soundness.js';
import { storesOfFolders, type StoresOfFolders } from '../../support/stores-of-folders.js';

const signal = new AbortController().signal;
let stores: StoresOfFolders;
let installation: FakeInstallation;
let databaseId = '';

beforeAll(async () => {
  stores = await storesOfFolders();
  installation = await createFakeInstallation({}, stores);
  const created = await create(installation, 'orders');
  expect(await installation.runner().run(created.operationId)).toEqual({ kind: 'done' });
  databaseId = created.databaseId;
});
afterAll(async () => {
  await installation.close();
  await stores.close();
});
/** What is on its way is cancelled; what there is lies in the stores, and nothing else. */
afterEach(async () => {
  const { control } = installation;
  const queued = control.db.selectFrom('operations').select('id').where('status', '=', 'queued');
  for (const { id } of await queued.execute()) await cancel(installation, id);
  expect(await storeComplaints({ control, stores })).toEqual([]);
});

/** The code of the error, or `done`. */
const run = async (operationId: string): Promise<string> => {
  const outcome = await installation.runner().run(operationId);
  return outcome.kind === 'fail' ? outcome.code : outcome.kind;
};
const rowOf = async (id: string): Promise<BackupRow> => {
  const row = await findBackup(installation.control.db, id);
  if (!row) throw new Error(`There is no backup ${id}`);
  return row;
};
const statusesOf = async (...ids: string[]) => (await Promise.all(ids.map(rowOf))).map(({ status }) => status);
const endVerifications = async (id: string): Promise<void> => {
  const { db } = installation.control;
  const open = db
    .selectFrom('operations')
    .select('id')
    .where('kind', '=', 'verify-backup')
    .where('status', '=', 'queued');
  for (const one of await open.execute())
    if ((await findOperation(db, one.id))?.parameters['backupId'] === id) await cancel(installation, one.id);
};
const taken = async (): Promise<string> => {
  const { backupId, operationId } = await backup(installation, databaseId);
  expect(await run(operationId)).toBe('done');
  await endVerifications(backupId);
  return backupId;
};
const askCopy = async (id: string): Promise<{ readonly copyId: string; readonly operationId: string }> => {
  const operationId = await onBackup(installation, id, { type: 'copy', store: 'second' });
  const operation = await findOperation(installation.control.db, operationId);
  return { copyId: String(operation?.parameters['copyId']), operationId };
};
const copied = async (id: string): Promise<string> => {
  const { copyId, operationId } = await askCopy(id);
  expect(await run(operationId)).toBe('done');
  return copyId;
};
const failedCopy = async (id: string): Promise<string> => {
  const { copyId, operationId } = await askCopy(id);
  stores.open('second').refused.set('put', '');
  expect(await run(operationId)).toBe('backup_store_refused');
  stores.open('second').refused.clear();
  return copyId;
};
const askPurge = (id: string): Promise<string> => onBackup(installation, id, { type: 'purge', confirm: id });
const purged = async (id: string): Promise<void> => expect(await run(await askPurge(id))).toBe('done');
const objectsOf = async (id: string): Promise<number> => {
  const { store, prefix } = await rowOf(id);
  let count = 0;
  for await (const _ of stores.open(store).list(prefix, signal)) count++;
  return count;
};
const change = (id: string, patch: Partial<NewBackupRow>): Promise<void> =>
  installation.control.db.transaction().execute((tx) => updateBackup(tx, id, patch));
const locked = async (tx: Tx, id: string): Promise<BackupRow> => {
  const row = await lockBackup(tx, id, 'no key update');
  if (!row) throw new Error(`There is no backup ${id}`);
  return row;
};
const holdIn = async (tx: Tx, id: string): Promise<void> =>
  holdBackup(installation.control, tx, 'test', await locked(tx, id), 'audit');
const hold = (id: string): Promise<void> => installation.control.db.transaction().execute((tx) => holdIn(tx, id));
const askPurgeIn = async (tx: Tx, id: string): Promise<unknown> =>
  requestPurge(installation.control, tx, 'test', await locked(tx, id));
const purgesOpen = async (id: string) => {
  const row = await rowOf(id);
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
    const original = await taken();
    const failed = await failedCopy(original);
    const good = await copied(original);
    await purged(failed);
    expect(await statusesOf(original, failed, good)).toEqual(['complete', 'purged', 'complete']);
    expect(await objectsOf(good)).toBe(2);
    await purged(original);
    expect(await statusesOf(original, good)).toEqual(['purged', 'purged']);
    expect(await objectsOf(good)).toBe(0);
  });
});

describe('a hold', () => {
  it('on a copy, its original or both is refused while a purge takes what it would keep', async () => {
    const original = await taken();
    const copy = await copied(original);
    const ofCopy = await askPurge(copy);
    for (const id of [copy, original]) await expect(hold(id)).rejects.toMatchObject({ code: 'backup_in_use' });
    await cancel(installation, ofCopy);
    const ofOriginal = await askPurge(original);
    for (const id of [copy, original]) await expect(hold(id)).rejects.toMatchObject({ code: 'backup_in_use' });
    await cancel(installation, ofOriginal);
    await hold(original);
    for (const id of [copy, original]) await expect(askPurge(id)).rejects.toMatchObject({ code: 'backup_held' });
  });

  it.each([
    ['the copy', 'the original'],
    ['the original', 'the copy'],
  ])('on %s waits for a request that purges %s, and that for a hold', async (held, gone) => {
    const original = await taken();
    const ids = new Map([
      ['the original', original],
      ['the copy', await copied(original)],
    ]);
    const [heldId, goneId] = [ids.get(held) ?? '', ids.get(gone) ?? ''];
    const holding = await waitsFor(
      (tx) => askPurgeIn(tx, goneId),
      () => hold(heldId),
    );
    expect(await holding).toMatchObject({ code: 'backup_in_use' });
    for (const { id } of await purgesOpen(goneId)) await cancel(installation, id);
    const asking = await waitsFor(
      (tx) => holdIn(tx, heldId),
      () => askPurge(goneId),
    );
    expect(await asking).toMatchObject({ code: 'backup_held' });
  });

  it('that was there before a purge begins ends it before anything is removed', async () => {
    const original = await taken();
    const copy = await copied(original);
    for (const [held, gone] of [
      [copy, original],
      [original, copy],
    ] as const) {
      const purge = await askPurge(gone);
      await change(held, { hold_reason: 'found', held_by: 'test', held_at: new Date() });
      expect(await run(purge)).toBe('backup_held');
      await change(held, { hold_reason: null });
    }
    expect(await statusesOf(original, copy)).toEqual(['complete', 'complete']);
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
    const original = await taken();
    const copy = await copied(original);
    const before = [await onBackup(installation, original, restore), await onBackup(installation, copy, restore)];
    await letFail(before);
    const purge = await askPurge(original);
    for (const id of [original, copy])
      for (const request of [restore, { type: 'verify' }] as const)
        await expect(onBackup(installation, id, request)).rejects.toMatchObject(inUse);
    await expect(askCopy(original)).rejects.toMatchObject(inUse);
    const { control } = installation;
    for (const id of before)
      await expect(
        control.db.transaction().execute((tx) => retryOperation(control, tx, 'test', id)),
      ).rejects.toMatchObject(inUse);
    await cancel(installation, purge);
    expect(await copied(await taken())).toBeTruthy();
  });

  it('of a copy, its original serves whoever needs it, but is not copied into the place that is emptied', async () => {
    const original = await taken();
    const failed = await failedCopy(original);
    await askPurge(failed);
    await expect(askCopy(original)).rejects.toMatchObject(inUse);
    await onBackup(installation, original, restore);
    await onBackup(installation, original, { type: 'verify' });
  });

  it('the sweep of verifications passes over the copies of what goes', async () => {
    const original = await taken();
    const copy = await copied(original);
    await askPurge(original);
    const { db } = installation.control;
    await db.updateTable('backups').set({ checked_at: new Date() }).where('id', '!=', copy).execute();
    expect(await verifyAgain(installation.control, 3_600_000, () => Promise.resolve())).toEqual({ requested: 0 });
  });

  it('a copy that is gone before it was made has failed', async () => {
    const original = await taken();
    const { copyId, operationId } = await askCopy(original);
    await change(copyId, { status: 'purged', purged_at: new Date() });
    expect(await run(operationId)).toBe('backup_not_found');
  });
});
