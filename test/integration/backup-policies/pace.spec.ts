import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { isBeingBackedUp } from '#persistence/backup-schedules.js';
import { BackupFamily } from '../../support/backup-family.js';
import { cancel, onBackup } from '../../support/requests.js';

let family: BackupFamily;

beforeAll(async () => {
  family = await BackupFamily.open();
});
afterAll(async () => {
  expect(await family.settle()).toEqual([]);
  await family.close();
});

const isBusy = (): Promise<boolean> =>
  family.installation.control.db.transaction().execute((tx) => isBeingBackedUp(tx, family.databaseId));

it('a schedule waits while two verifications of the database do, and not for one that may hang', async () => {
  const backupId = await family.taken();
  expect(await isBusy()).toBe(false);
  await onBackup(family.installation, backupId, { type: 'verify' });
  expect(await isBusy()).toBe(false);
  const second = await onBackup(family.installation, backupId, { type: 'verify' });
  expect(await isBusy()).toBe(true);
  await cancel(family.installation, second);
  expect(await isBusy()).toBe(false);
});
