import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { defaultPolicy } from '#domain/backup/policy.js';
import { letBackupsGo } from '#operations/backup/retention/let-go.js';
import { writePolicy } from '#persistence/backup-policies.js';
import { BackupFamily } from '../../support/backup-family.js';
import { databaseRow } from '../../support/requests.js';

const dayMs = 86_400_000;
let family: BackupFamily;
let [old, copy] = ['', ''];

beforeAll(async () => {
  family = await BackupFamily.open();
  const { control } = family.installation;
  const { environment_id: environmentId } = await databaseRow(family.installation, family.databaseId);
  const policy = { ...defaultPolicy, daily: 1, monthly: 0, yearly: 0 };
  await control.db.transaction().execute((tx) => writePolicy(tx, environmentId, policy));
  await aged(1);
});
afterAll(() => family.close());
beforeEach(async () => {
  old = await aged(10);
  copy = await family.copied(old);
});
afterEach(async () => expect(await family.settle()).toEqual([]));

/** A verified automatic backup of so many days ago. */
const aged = async (days: number): Promise<string> => {
  const id = await family.taken();
  const at = new Date(Date.now() - days * dayMs);
  const proven = { verification: 'verified', verified_at: at, checked_at: at } as const;
  await family.change(id, { kind: 'automatic', snapshot_at: at, ...proven });
  return id;
};
const sweep = () => letBackupsGo(family.installation.control, () => Promise.resolve());
const purgesOf = async (id: string): Promise<readonly string[]> => {
  const { db } = family.installation.control;
  const purges = db.selectFrom('operations').select('id').where('kind', '=', 'purge-backup').orderBy('id');
  return (await purges.where(sql`parameters ->> 'backupId'`, '=', id).execute()).map((row) => row.id);
};
const passADay = async (): Promise<void> => {
  const { db } = family.installation.control;
  await sql`UPDATE operations SET created_at = created_at - interval '25 hours'`.execute(db);
};
const runAll = async (): Promise<string> => family.run((await purgesOf(old)).at(-1) ?? '');

describe('retention', () => {
  it('asks again for a purge that failed a day later, and then all of it goes', async () => {
    const { refused } = family.stores.open('default');
    refused.set('remove', '.data');
    expect(await sweep()).toMatchObject({ requested: 1, skipped: 0 });
    expect(await runAll()).toBe('backup_store_refused');
    for (let hours = 0; hours < 3; hours++) expect(await sweep()).toMatchObject({ requested: 0 });
    await passADay();
    expect(await sweep()).toMatchObject({ requested: 1 });
    expect(await purgesOf(copy)).toEqual([]);
    refused.clear();
    expect(await runAll()).toBe('done');
    expect(await family.statuses(old, copy)).toEqual(['purged', 'purged']);
    expect(await purgesOf(old)).toHaveLength(2);
    await passADay();
    expect(await sweep()).toMatchObject({ requested: 0, skipped: 0 });
  });

  it('asks again a day later also for one that failed before it began', async () => {
    expect(await sweep()).toMatchObject({ requested: 1 });
    await family.change(copy, { hold_reason: 'found', held_by: 'test', held_at: new Date() });
    expect(await runAll()).toBe('backup_held');
    await family.change(copy, { hold_reason: null });
    expect(await sweep()).toMatchObject({ requested: 0, skipped: 1 });
    await passADay();
    expect(await sweep()).toMatchObject({ requested: 1, skipped: 0 });
    expect(await runAll()).toBe('done');
  });

  it.each(['the original', 'the copy'])('passes over what lies in a store that is named no more: %s', async (which) => {
    const id = which === 'the copy' ? copy : old;
    const { store } = await family.row(id);
    await family.change(id, { store: 'gone' });
    expect(await sweep()).toMatchObject({ requested: 0, skipped: 1 });
    expect(await purgesOf(old)).toEqual([]);
    await family.change(id, { store });
    expect(await sweep()).toMatchObject({ requested: 1, skipped: 0 });
    expect(await runAll()).toBe('done');
  });
});
