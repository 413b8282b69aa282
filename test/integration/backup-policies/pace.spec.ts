import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { requestBackup } from '#operations/requests/request-backup.js';
import { verifyAgain } from '#operations/backup/verification/verify-again.js';
import { openVerifications } from '#persistence/backups.js';
import { BackupFamily } from '../../support/backup-family.js';
import { backup, databaseRow } from '../../support/requests.js';

let family: BackupFamily;

beforeAll(async () => {
  family = await BackupFamily.open();
});
afterAll(async () => {
  expect(await family.settle()).toEqual([]);
  await family.close();
});

const open = (): Promise<number> =>
  family.installation.control.db.transaction().execute((tx) => openVerifications(tx, family.databaseId));
const automatic = async (): Promise<void> => {
  const { control } = family.installation;
  const database = await databaseRow(family.installation, family.databaseId);
  const { operation } = await control.db
    .transaction()
    .execute((tx) => requestBackup(control, tx, 'test', database, 'automatic'));
  expect(await family.run(operation.id)).toBe('done');
};

it('of automatic backups that are taken faster than they can be verified, two wait for it, and the sweep asks for the others', async () => {
  for (const expected of [1, 2, 2, 2]) {
    await automatic();
    expect(await open()).toBe(expected);
  }
  const { operationId } = await backup(family.installation, family.databaseId);
  expect(await family.run(operationId)).toBe('done');
  expect(await open()).toBe(3);
  await family.settle();
  expect(await open()).toBe(0);
  const later = { ...family.installation.control, now: () => new Date(Date.now() + 3_600_000) };
  expect(await verifyAgain(later, 3_600_000, () => Promise.resolve())).toMatchObject({ requested: 1 });
});
