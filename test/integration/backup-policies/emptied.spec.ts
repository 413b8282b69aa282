import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { askForBackups } from '#operations/backup/schedule/ask-for-backups.js';
import { createApiOn, type ApiClient } from '../../support/api.js';
import { BackupFamily } from '../../support/backup-family.js';
import { makeToken } from '../../support/control.js';

/** A server that keeps its data in memory only comes back empty, answers, and its backups restore. */

let family: BackupFamily;
let api: ApiClient;

beforeAll(async () => {
  family = await BackupFamily.open();
  const { control, databaseUrl } = family.installation;
  api = await createApiOn(control, databaseUrl, await makeToken(control, 'tester', ['owner']));
  await askForBackups(control, () => Promise.resolve());
});
afterAll(async () => {
  await api.close();
  expect(await family.settle()).toEqual([]);
  await family.close();
});

const noted = async (): Promise<unknown[]> => {
  const { body } = await api.send('GET', '/v1/audit/events?action=backup.emptied');
  return body.items.map(({ detail }: { readonly detail: unknown }) => detail);
};
const emptied = async (): Promise<string | undefined> =>
  /holdfast_backup_emptied\{environment="default",database="orders",app="api"\} (\d)/.exec(
    (await api.send('GET', '/metrics')).text,
  )?.[1];

describe('a backup that holds no key', () => {
  it('is nothing to note while no other one does', async () => {
    await family.taken();
    await family.taken();
    expect([await noted(), await emptied()]).toEqual([[], '0']);
  });

  it('is noted once when the one before held some, and counts as emptied until one holds some again', async () => {
    const full = await family.taken();
    await family.change(full, { keys: '50000' });
    expect(await emptied()).toBe('0');
    const empty = await family.taken();
    const last = await family.taken();
    expect([await noted(), await emptied()]).toEqual([[{ backupId: empty, before: full, keysBefore: 50_000 }], '1']);
    const { db } = family.installation.control;
    const warned = await db.selectFrom('operation_log').select('message').where('level', '=', 'warn').execute();
    expect(warned).toEqual([{ message: `It holds no key; the backup before it, ${full}, holds 50000.` }]);
    await family.change(last, { keys: '1' });
    expect(await emptied()).toBe('0');
  });
});
