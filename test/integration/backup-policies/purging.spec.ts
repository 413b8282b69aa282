import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { findBackup } from '#persistence/backups.js';
import { findOperation } from '#persistence/operations/read.js';
import type { BackupRow } from '#persistence/tables.js';
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
